// From a score to the probability that a picture fits: where the list ends. docs/feedback.md says how it was
// measured.
#pragma once

#include <optional>
#include <span>

#include "model/manifest.hpp"
#include "search/feedback/method.hpp"
#include "search/top_k.hpp"

namespace hone {

// A logistic in the score: rising, so that a probability is a cut in the scores.
struct LogisticCalibration {
    double threshold = 0;  // score of probability 1/2
    double slope = 1;   // > 0

    [[nodiscard]] double probability(double score) const;
    [[nodiscard]] double score_at(double probability) const;  // 0 < probability < 1
};

// Mean and standard deviation of the scores of a library (an even sample of them when there are many).
struct ScoreMoments {
    double mean = 0, deviation = 1;  // deviation > 0
};
ScoreMoments moments_of(std::span<const float> scores);

// Words that stand for everything a photo can show: what else might this be a picture of? Immutable.
class BackgroundVocabulary {
  public:
    // vectors: count x dimension, each of length 1. scale: factor before the softmax (100 for CLIP).
    BackgroundVocabulary(std::span<const float> vectors, std::size_t dimension, double scale);
    [[nodiscard]] std::size_t dimension() const { return dimension_; }

    // For each row: softmax of scale x cos between the words and the null words. A null word counts the less
    // the nearer it is to the words ("a kitten" does not speak against "a cat"): its weight falls from 1 at
    // cosine kFar between the texts to 0 at kSame.
    [[nodiscard]] std::vector<double> probabilities(std::span<const float> text, const SpaceView& view,
                                                    std::span<const ScoredRow> rows, unsigned threads) const;
    // How many of the rows have a probability of 1/2 or more.
    [[nodiscard]] std::size_t likely(std::span<const float> text, const SpaceView& view,
                                     std::span<const ScoredRow> rows, unsigned threads) const;
    static constexpr double kFar = 0.70, kSame = 0.85;

  private:
    std::size_t dimension_, stride_;
    double scale_;
    std::vector<float> vectors_;  // rows of stride_
};

// With words only: as many photos are likely as the bank says, the best ones. scores: of all rows, by which
// they stand on the page; words: of length 1. The bank judges the best kJudged rows, and where the end is not
// among them a sample of those after.
LogisticCalibration calibration_from_vocabulary(const BackgroundVocabulary& vocabulary, std::span<const float> text, const SpaceView& view,
                           std::span<const float> scores, unsigned threads);
inline constexpr std::size_t kJudged = 2'000;

// With marks: sigmoid(a z + b), z in standard deviations of the library, a by the number of photos that were
// judged, b fitted on the scores that the marks get when each is left out in turn (at most kLeftOut of each
// kind). Nothing when the marks do not say where the end is: fewer than two liked, none that does not fit, or
// passed photos that score as the liked do (a person who marks few of many that fit).
std::optional<LogisticCalibration> calibration_from_marks(const FeedbackMethod& method, const Evidence& evidence,
                                           const FeedbackSpace& space, const ScoreMoments& standard_deviation);
inline constexpr std::size_t kLeftOut = 24;

// How well the liked stand before the unliked and passed over, as area under the ROC curve: each mark's place
// under the ranking that the others make, and under the words.
struct MarkOrder {
    double by_marks = 0.5, by_text = 0.5;
};
MarkOrder order_of_marks(const FeedbackMethod& method, const Evidence& evidence, const FeedbackSpace& space,
                         const Ranking& by_text);

// As many photos are likely as before, the best ones.
LogisticCalibration calibration_keeping(std::size_t likely, std::span<const float> scores, const ScoreMoments& standard_deviation);

// The manifest's curve.
LogisticCalibration calibration_of_manifest(const ScoreCalibration& calibration);

// What is unusual in this library: 1/2 at kUnusual standard deviations above the mean. Not calibrated.
LogisticCalibration calibration_of_moments(const ScoreMoments& standard_deviation);

}  // namespace hone
