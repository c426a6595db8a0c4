// The question and the answer of a round of search.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "search/feedback/method.hpp"

namespace hone {

// Photos are named by id, unique prefix of an id, or path; like, unlike and from also by the name of an
// example picture.
struct SearchQuery {
    std::string text;
    std::vector<std::string> like, unlike, seen;
    std::string from;  // an example in place of words
    std::string method{kDefaultMethod};
    std::size_t limit = 60, offset = 0;

    // Whether the text holds more than blanks and control characters.
    [[nodiscard]] bool has_words() const;

    static constexpr std::size_t kLongestText = 10'000;  // characters
    static constexpr std::size_t kLargestLimit = 1000;
};

// kUsage for a question that cannot be asked: nothing given, too long, a photo both liked and not liked,
// unknown method.
Result<> validate(const SearchQuery& query);

// Pictures outside of the library: name -> unit vector.
using ExampleVectors = std::map<std::string, std::vector<float>, std::less<>>;

struct Reason {
    std::string facet;  // "content"
    double weight = 0;  // share of the score; the shares add up to it
    std::string from;   // "words", or the id of the mark
};

struct SearchHit {
    Photo photo;
    fs::path path;  // the first place that is there
    std::size_t copies = 0;
    double score = 0;  // cosine of the question and the picture
    double probability = 0;
    std::vector<Reason> reasons;
};

struct SearchPage {
    SearchQuery query;  // as understood: photos by full id
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
