// The question and the answer of a round of search.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "catalog/listing.hpp"
#include "search/explore.hpp"
#include "search/feedback/method.hpp"

namespace hone {

// A side of a photo that marks can mean.
enum class Facet { kContent, kStyle, kPeople, kMoment };
inline constexpr std::array kFacets{Facet::kContent, Facet::kStyle, Facet::kPeople, Facet::kMoment};
std::string_view facet_name(Facet facet);  // "content"
// kUsage naming the facets there are.
Result<Facet> parse_facet(std::string_view name);

enum class Show { kNew, kSeen, kAll };
std::string_view show_name(Show show);  // "new"
Result<Show> parse_show(std::string_view name);

// Photos are named by id, unique prefix of an id, or path; like, unlike and from also by the name of an
// example picture. docs/http.md describes each field.
struct SearchQuery {
    std::string text;
    std::vector<std::string> like, unlike, seen;
    std::map<std::string, double, std::less<>> weights;  // of marks, by the name they are marked with
    std::string from;                                    // an example in place of words
    std::string filter;                                  // which photos may be found: docs/filters.md
    std::vector<ShownPage> rounds;  // how each round so far went; guessed from `seen` when empty
    bool facts = true;  // photos with the words in their name, folders, title, keywords or camera come first
    std::map<Facet, double> facets;  // factor on the weight that the marks taught, 0..kStrongestBoost
    std::optional<std::vector<std::string>> style_terms;  // which may be read as a look; all when absent
    Show show = Show::kNew;
    std::string method{kDefaultMethod};
    bool collapse = true;  // near duplicates and bursts are one card
    bool diverse = false;
    std::size_t limit = 60, offset = 0;

    // Whether the text holds more than blanks and control characters.
    [[nodiscard]] bool has_text() const;
    // Whether there is something to rank by; without, the filter alone says what is found.
    [[nodiscard]] bool has_question() const {
        return has_text() || !from.empty() || !like.empty() || !unlike.empty();
    }

    static constexpr std::size_t kLongestText = 10'000;  // characters
    static constexpr std::size_t kLargestLimit = 1000, kMostRounds = 1000;
    static constexpr double kLightestMark = 0.1, kHeaviestMark = 10, kStrongestBoost = 10;
};

// kUsage for a question that cannot be asked: nothing given, too long, a photo both liked and not liked,
// unknown method, wrong filter, a weight of something that is no mark or out of range.
Result<> validate(const SearchQuery& query);

// For photos like query.from in one space alone. kUsage for a space that there is not: content, look.
Result<> rank_by_space(SearchQuery& query, std::string_view space);

// A picture outside of the library.
struct Example {
    std::vector<float> content;  // unit vector
    std::vector<float> style;     // unit vector; empty when it is not known
};
using ExamplePictures = std::map<std::string, Example, std::less<>>;

struct Reason {
    std::string
        facet;  // facet_name(); "words": they stand in the photo's name, folders, title, keywords or camera
    double weight = 0;  // share of the score; the shares add up to it
    std::string from;   // "words", "seen", "library", "look:WORD", or the id of the mark
};

struct SearchHit {
    Photo photo;
    Listing listing;
    double score = 0;
    double probability = 0;
    // Its place, from 1, among all photos that the filter lets through when the words alone rank their
    // pictures; only where marks rank as well.
    std::optional<std::uint64_t> text_rank;
    bool explores = false;
    std::vector<std::pair<Photo, Listing>> group;  // other photos of this card, at most kListedMembers
    std::size_t grouped = 0;                       // how many there are
    std::vector<Reason> reasons;
    static constexpr std::size_t kListedMembers = 20;
};

struct FacetState {
    Facet facet = Facet::kContent;
    bool available = true;
    std::string why;      // it is not
    double auc = 0.5;  // how well it tells the liked from the others: area under the ROC curve
    double boost = 1;      // of the person
    double weight = 0;    // share of the ranking, 0..1
};

struct StyleTermState {
    std::string word;
    bool used = true;
};

enum class Calibration { kText, kMarks, kDeviation };
std::string_view calibration_name(Calibration calibration);  // "words"

// Without a question (a filter only): the newest taken first, every score 0, every photo likely, no
// histogram.
struct SearchPage {
    SearchQuery query;  // as understood: photos by full id, the filter in its canonical form
    std::uint64_t total = 0, likely = 0, possible = 0;
    double likely_cut = 0, possible_cut = 0;  // scores
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
    std::vector<SearchHit> hits;
};

inline constexpr double kLikely = 0.5, kPossible = 0.1;  // probabilities

}  // namespace hone
