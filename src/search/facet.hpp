// Sides of a photo beside its content: how the marks and words score it there, which side the marks mean.
// docs/feedback.md.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ingest/style_space.hpp"
#include "search/feedback/method.hpp"
#include "search/photo_groups.hpp"
#include "search/query.hpp"

namespace hone {

// Rows that stand for the photos nobody judged: at most 96, evenly spread.
std::vector<std::size_t> background_of(const SpaceView& view);

// How well a method tells the liked photos, each left out in turn, from the others that were judged and from
// `background` vectors of the library: area under the ROC curve, 0..1; .5 with fewer than two liked. At most
// kLeftOut are left out.
double leave_one_out_auc(const FeedbackMethod& method, const Evidence& evidence, const FeedbackSpace& space,
                  std::span<const std::size_t> background_rows);

// Weight of a facet from its separation: log odds, 0 at .5 and below.
double logit(double leave_one_out_auc);

// Scores of one facet, in standard deviations of the library, cut to -kMostDeviations..kMostDeviations; 0 for
// a photo that lacks the facet.
struct FacetScores {
    std::vector<float> by_photo;  // by photo number; photos beyond the end lack the facet
    double auc = 0.5;
    // Parts of the score of a photo, before it is cut, with their sources in the evidence.
    std::function<std::vector<Share>(PhotoNumber)> shares;
    [[nodiscard]] float of(PhotoNumber photo) const { return photo < by_photo.size() ? by_photo[photo] : 0; }
};
inline constexpr float kMostDeviations = 4;

// A mark by what a facet needs: a photo of the library, or the vector of an example picture.
struct FacetMark {
    std::optional<PhotoNumber> photo;
    std::span<const float> style;  // of an example; empty when unknown
    float weight = 1;
    std::size_t index = 0;  // of the mark in the content's evidence
};
struct FacetMarks {
    std::optional<FacetMark> from;
    std::vector<FacetMark> positives, negatives, implicit_negatives;
};

// Nothing when none of the marks has a look.
std::optional<FacetScores> score_styles(const StyleSpace& spaces, const FacetMarks& marks, unsigned threads);
// Nothing when no liked photo has a time or a place.
std::optional<FacetScores> score_captures(const LibraryFacts& facts, const FacetMarks& marks);
// Nothing when nobody is on a liked photo.
std::optional<FacetScores> score_people(const LibraryFacts& facts, const FacetMarks& marks);

// A look word of the text.
struct FoundStyleTerm {
    const ReadableStyleTerm* word = nullptr;
    std::string spelling;  // as it stands in the text, lower case
};
// Longest spellings first, no word of the text twice; whole words, case does not matter (ASCII).
std::vector<FoundStyleTerm> find_style_terms(std::string_view text);
// The word's scores in standard deviations, as FacetScores.
FacetScores score_style_term(const StyleSpace& spaces, const ReadableStyleTerm& word, unsigned threads);

}  // namespace hone
