// From a score to the probability that a picture fits.
#pragma once

#include <optional>
#include <span>

#include "model/manifest.hpp"

namespace hone {

// A logistic in the score: rising, so that a probability is a cut in the scores.
struct ScoreCurve {
    double middle = 0;  // score of probability 1/2
    double slope = 1;   // > 0

    [[nodiscard]] double probability(double score) const;
    [[nodiscard]] double score_at(double probability) const;  // 0 < probability < 1
};

// With words only and a calibrated model: the manifest's curve. Otherwise the scores of the library itself
// tell what is unusual: 1/2 at kUnusual robust deviations (1.4826 x median absolute deviation) above the
// median. The second form is provisional: it is not calibrated against marks.
ScoreCurve score_curve(const std::optional<ScoreCalibration>& calibration, bool words_only,
                       std::span<const float> scores);

}  // namespace hone
