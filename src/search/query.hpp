// The question and the answer of a round of search.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "catalog/listing.hpp"
#include "search/feedback/method.hpp"

namespace hone {

// Photos are named by id, unique prefix of an id, or path; like, unlike and from also by the name of an
// example picture.
struct SearchQuery {
    std::string text;
    std::vector<std::string> like, unlike, seen;
    std::string from;    // an example in place of words
    std::string filter;  // which photos may be found: docs/filters.md
    bool facts = true;   // photos with the words in their name, folders, title, keywords or camera come first
    std::string method{kDefaultMethod};
    std::size_t limit = 60, offset = 0;

    // Whether the text holds more than blanks and control characters.
    [[nodiscard]] bool has_words() const;
    // Whether there is something to rank by; without, the filter alone says what is found.
    [[nodiscard]] bool has_question() const {
        return has_words() || !from.empty() || !like.empty() || !unlike.empty();
    }

    static constexpr std::size_t kLongestText = 10'000;  // characters
    static constexpr std::size_t kLargestLimit = 1000;
};

// kUsage for a question that cannot be asked: nothing given, too long, a photo both liked and not liked,
// unknown method, wrong filter.
Result<> validate(const SearchQuery& query);

// Pictures outside of the library: name -> unit vector.
using ExampleVectors = std::map<std::string, std::vector<float>, std::less<>>;

struct Reason {
    std::string
        facet;  // "content"; "words": they stand in the photo's name, folders, title, keywords or camera
    double weight = 0;  // share of the score; the shares add up to it
    std::string from;   // "words", or the id of the mark
};

struct SearchHit {
    Photo photo;
    Listing listing;
    double score = 0;  // cosine of the question and the picture, and the bonus of search/text_match.hpp
    double probability = 0;
    std::vector<Reason> reasons;
};

// Without a question (a filter only): the newest taken first, every score 0, every photo likely, no
// histogram.
struct SearchPage {
    SearchQuery query;  // as understood: photos by full id, the filter in its canonical form
    std::uint64_t total = 0, likely = 0, possible = 0;
    double likely_cut = 0, possible_cut = 0;  // scores
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
