// SPDX-License-Identifier: GPL-3.0-or-later
// The query and the result page of one round of search.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "search/explore.hpp"
#include "search/feedback/method.hpp"

namespace hone {

// An aspect of a photo that marks can refer to.
enum class Facet { kContent, kStyle, kPeople, kMoment };
inline constexpr std::array kFacets{Facet::kContent, Facet::kStyle, Facet::kPeople, Facet::kMoment};
std::string_view facet_name(Facet facet);  // "content"
// kUsage for an unknown name; the message lists the known ones.
Result<Facet> parse_facet(std::string_view name);

enum class Show { kNew, kSeen, kAll };
std::string_view show_name(Show show);  // "new"
Result<Show> parse_show(std::string_view name);

// Photos are named by id, unique prefix of an id, or path; like, unlike and from also by the name of an
// example image. docs/http.md describes each field.
struct SearchQuery {
    std::string text;
    std::vector<std::string> like, unlike, seen;
    std::map<std::string, double, std::less<>> weights;  // of marks, by the name used in the mark
    std::string from;                                    // an example instead of a query text
    std::string filter;                                  // selects the photos to search: docs/filters.md
    std::vector<ShownPage> rounds;   // results of the rounds so far; derived from `seen` when empty
    bool paths = true;               // text may match names of files and folders; not part of a request
    bool facts = true;               // text matches in name, folders, title, keywords or camera rank first
    std::map<Facet, double> facets;  // boost: factor on the learned weight, 0..kStrongestBoost
    std::optional<std::vector<std::string>> style_terms;  // style terms that may be applied; all when unset
    Show show = Show::kNew;
    std::string method{kDefaultMethod};
    bool collapse = true;  // near duplicates and bursts are shown as one group
    bool diverse = false;
    std::size_t limit = 60, offset = 0;

    // True when the text contains more than blanks and control characters.
    [[nodiscard]] bool has_text() const;
    // True when there is something to rank by; otherwise the filter alone selects the photos.
    [[nodiscard]] bool has_question() const {
        return has_text() || !from.empty() || !like.empty() || !unlike.empty();
    }

    static constexpr std::size_t kLongestText = 10'000;  // characters
    static constexpr std::size_t kLargestLimit = 1000, kMostRounds = 1000;
    static constexpr std::size_t kMostMarks = 200;  // of each kind
    static constexpr double kLightestMark = 0.1, kHeaviestMark = 10, kStrongestBoost = 10;
};

// kUsage for an invalid query: empty, too long, a photo both positive and negative, an unknown method, a
// wrong filter, or a weight without a mark or out of range. Pure function.
Result<> validate(const SearchQuery& query);

// Restricts a search for photos like query.from to one space. kUsage for a space other than content and
// style. Pure function.
Result<> rank_by_space(SearchQuery& query, std::string_view space);

// An image outside the library, as vectors.
struct Example {
    std::vector<float> content;  // unit vector
    std::vector<float> style;    // unit vector; empty when unknown
};
using ExamplePictures = std::map<std::string, Example, std::less<>>;

struct Reason {
    std::string
        facet;  // facet_name(), or "text_index" for a match in name, folders, title, keywords or camera
    double weight = 0;  // fraction of the score; the fractions add up to the score
    std::string from;   // name of the source (docs/http.md), the id of the mark, or "others"
};

struct SearchHit {
    Photo photo;
    Listing listing;
    double score = 0;
    double probability = 0;
    // Text rank: the position, from 1, among all photos that match the filter when the query text alone ranks
    // them. Only set when marks rank too.
    std::optional<std::uint64_t> text_rank;
    bool explores = false;
    std::vector<std::pair<Photo, Listing>> group;  // other members of this group, at most kListedMembers
    std::size_t grouped = 0;                       // number of all other members
    // The strongest ones, at most kListedReasons; the rest of each facet is one reason from "others".
    std::vector<Reason> reasons;
    static constexpr std::size_t kListedMembers = 20, kListedReasons = 64;
};

struct FacetState {
    Facet facet = Facet::kContent;
    bool available = true;
    std::string why;    // why it is not available
    double auc = 0.5;   // leave-one-out AUC
    double boost = 1;   // the user's boost
    double weight = 0;  // fraction of the ranking, 0..1
};

struct StyleTermState {
    std::string word;
    bool used = true;
};

enum class Calibration { kText, kMarks, kDeviation };
std::string_view calibration_name(Calibration calibration);  // "text"

// Without a query text or marks (filter only): descending time of capture, every score 0, every photo likely,
// no histogram.
struct SearchPage {
    SearchQuery query;  // normalised: photos by full id, the filter in canonical form
    std::uint64_t total = 0, likely = 0, possible = 0;
    double likely_cut = 0, possible_cut = 0;  // scores at the probabilities kLikely and kPossible
    bool nothing_fits = false, text_wins = false, explores = false;
    Calibration calibration = Calibration::kDeviation;
    std::vector<FacetState> facets;
    std::vector<StyleTermState> style_terms;
    struct Histogram {
        double from = 0, to = 0;
        std::array<std::uint64_t, 40> counts{};
    } histogram;
    std::string model;
    double took_ms = 0;
    bool end = true;  // no page comes after this one
    std::vector<SearchHit> hits;
};

inline constexpr double kLikely = 0.5, kPossible = 0.1;  // probabilities

}  // namespace hone
