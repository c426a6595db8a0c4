// SPDX-License-Identifier: GPL-3.0-or-later
// Facets: similarity by style, people, and time and place. Each is scored from the marks and weighted by its
// leave-one-out AUC. docs/feedback.md. Pure functions, safe from any thread.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "library/snapshot.hpp"
#include "library/style_space.hpp"
#include "search/feedback/method.hpp"
#include "search/query.hpp"

namespace hone {

// Returns at most 96 evenly spaced rows that represent the photos without a judgement.
std::vector<std::size_t> background_of(const SpaceView& view);

// Returns the leave-one-out AUC of a method, 0..1: how well it ranks each left-out positive (at most
// kLeftOut) above the other judged photos and the background rows. .5 with fewer than two positives.
double leave_one_out_auc(const FeedbackMethod& method, Evidence evidence, const FeedbackSpace& space,
                         std::span<const std::size_t> background_rows);

// Returns the weight of a facet: the logit of its AUC, 0 at .5 and below.
double logit(double leave_one_out_auc);

// Scores of one facet in standard deviations of the library, clamped to -kMostDeviations..kMostDeviations; 0
// for a photo without the facet.
struct FacetScores {
    std::vector<float> by_photo;  // by photo number; photos beyond the end lack the facet
    double auc = 0.5;
    // Returns the parts of a photo's score before clamping, with their sources in the evidence.
    std::function<std::vector<Share>(PhotoNumber)> shares;
    [[nodiscard]] float of(PhotoNumber photo) const { return photo < by_photo.size() ? by_photo[photo] : 0; }
};
inline constexpr float kMostDeviations = 4;

// The styles of a library at one moment: 128 values of length 1 and one score per style term, of each photo.
struct StyleViews {
    SpaceView styles, terms;
};

// A mark in the form that a facet needs: a photo of the library, or the vector of an example image.
struct FacetMark {
    std::optional<PhotoNumber> photo;
    std::span<const float> style;  // style vector of an example; empty when unknown
    float weight = 1;
    std::size_t index = 0;  // of the mark in the evidence of the content facet
};
struct FacetMarks {
    std::optional<FacetMark> from;
    std::vector<FacetMark> positives, negatives, implicit_negatives;
};

// std::nullopt when no mark has a style.
std::optional<FacetScores> score_styles(const StyleViews& spaces, const FacetMarks& marks, unsigned threads,
                                        const std::stop_token& stop);
// std::nullopt when neither `from` nor a positive has a time or a position.
std::optional<FacetScores> score_captures(const Snapshot& library, const FacetMarks& marks, unsigned threads,
                                          const std::stop_token& stop);
// std::nullopt when neither `from` nor a positive shows a person.
std::optional<FacetScores> score_people(const Snapshot& library, const FacetMarks& marks, unsigned threads,
                                        const std::stop_token& stop);

// A style term in a query text.
struct FoundStyleTerm {
    const ReadableStyleTerm* word = nullptr;
    std::string spelling;  // as in the text, lower case
};
// Finds style terms, longest spellings first, each word of the text at most once. Matches whole words without
// regard to case (ASCII).
std::vector<FoundStyleTerm> find_style_terms(std::string_view text);
// Returns the term's scores in standard deviations, clamped like FacetScores.
FacetScores score_style_term(const StyleViews& spaces, const ReadableStyleTerm& word, unsigned threads,
                             const std::stop_token& stop);

}  // namespace hone
