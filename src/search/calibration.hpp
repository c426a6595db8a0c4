// SPDX-License-Identifier: GPL-3.0-or-later
// Logistic calibration: converts a score into the probability that a photo matches, which decides where the
// list ends. docs/feedback.md describes the measurements. Pure functions, safe from any thread.
#pragma once

#include <optional>
#include <span>

#include "model/manifest.hpp"
#include "search/feedback/method.hpp"
#include "search/top_k.hpp"

namespace hone {

// A rising logistic in the score, so a minimum probability is a minimum score.
struct LogisticCalibration {
    double threshold = 0;  // the threshold: score of probability 1/2
    double slope = 1;      // > 0

    // 0..1
    [[nodiscard]] double probability(double score) const;
    [[nodiscard]] double score_at(double probability) const;  // 0 < probability < 1
};

// Mean and standard deviation of a library's scores, or of an even sample of a large library.
struct ScoreMoments {
    double mean = 0, deviation = 1;  // deviation > 0
};
// {0, 1} without scores.
ScoreMoments moments_of(std::span<const float> scores);

// The background vocabulary: texts for everything that a photo can show. A photo matches a query text when it
// fits the text better than the vocabulary. Immutable, so safe from any thread.
class BackgroundVocabulary {
  public:
    // vectors: count x dimension values, each row of length 1. scale: factor before the softmax (100 for
    // CLIP).
    BackgroundVocabulary(std::span<const float> vectors, std::size_t dimension, double scale);
    [[nodiscard]] std::size_t dimension() const { return dimension_; }

    // Returns one probability per row: softmax of scale x cos over the query text and the vocabulary. A term
    // close to the query text counts less ("a kitten" does not contradict "a cat"): its weight falls from 1
    // at cosine kFar between the texts to 0 at kSame. text: query vector of length 1, dimension() values.
    [[nodiscard]] std::vector<double> probabilities(std::span<const float> text, const SpaceView& view,
                                                    std::span<const ScoredRow> rows, unsigned threads) const;
    // Returns the number of rows with a probability of 1/2 or more.
    [[nodiscard]] std::size_t likely(std::span<const float> text, const SpaceView& view,
                                     std::span<const ScoredRow> rows, unsigned threads) const;
    static constexpr double kFar = 0.70, kSame = 0.85;

  private:
    std::size_t dimension_, stride_;
    double scale_;
    std::vector<float> vectors_;  // count rows of stride_
};

// Calibrates a search by text alone: as many photos are likely as the background vocabulary finds, the best
// ones. scores: of all rows, as ranked on the page. text: query vector of length 1. The vocabulary judges
// the best kJudged rows and, if the end is not among them, a sample of the others.
LogisticCalibration calibration_from_vocabulary(const BackgroundVocabulary& vocabulary,
                                                std::span<const float> text, const SpaceView& view,
                                                std::span<const float> scores, unsigned threads);
inline constexpr std::size_t kJudged = 2'000;

// Calibrates a search with marks: sigmoid(a z + b), z in standard deviations of the library. a follows from
// the number of judged photos; b is fitted on the score of each mark when it is left out (at most kLeftOut of
// each kind). std::nullopt when the marks do not show where the list ends: fewer than two positives, no
// negatives, or implicit negatives that score like the positives (a user who marks few of many matches).
std::optional<LogisticCalibration> calibration_from_marks(const FeedbackMethod& method,
                                                          const Evidence& evidence,
                                                          const FeedbackSpace& space,
                                                          const ScoreMoments& moments);
inline constexpr std::size_t kLeftOut = 24;

// How well positives rank above explicit and implicit negatives, as leave-one-out AUC, 0..1: each mark's
// position in the ranking from the other marks, and in the ranking from the query text.
struct MarkOrder {
    double by_marks = 0.5, by_text = 0.5;
};
MarkOrder order_of_marks(const FeedbackMethod& method, const Evidence& evidence, const FeedbackSpace& space,
                         const Ranking& by_text);

// Calibrates so that the `likely` best photos stay likely.
LogisticCalibration calibration_keeping(std::size_t likely, std::span<const float> scores,
                                        const ScoreMoments& moments);

// Returns the calibration in the model's manifest. some_match: whether some photo of the library is known to
// match, or reaches the manifest's `sure`.
LogisticCalibration calibration_of_manifest(const ScoreCalibration& calibration, bool some_match);

// Calibrates by rarity in this library: 1/2 at kUnusual standard deviations above the mean. Not fitted to
// matches.
LogisticCalibration calibration_of_moments(const ScoreMoments& moments);

}  // namespace hone
