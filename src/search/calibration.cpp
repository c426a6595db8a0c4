#include "search/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace hone {

namespace {

constexpr double kUnusual = 2.5;          // deviations above the median
constexpr double kSteepness = 2.0;        // of the logistic, per deviation
constexpr std::size_t kSampled = 20'000;  // scores that are enough for a median
constexpr double kSmallestDeviation = 1e-4;

double median(std::vector<float>& values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

}  // namespace

double ScoreCurve::probability(double score) const {
    return 1 / (1 + std::exp(-slope * (score - middle)));
}

double ScoreCurve::score_at(double probability) const {
    return middle + std::log(probability / (1 - probability)) / slope;
}

ScoreCurve score_curve(const std::optional<ScoreCalibration>& calibration, bool words_only,
                       std::span<const float> scores) {
    if (words_only && calibration) return {calibration->likely, calibration->slope};
    if (scores.empty()) return {};
    std::vector<float> sample;
    const std::size_t step = std::max<std::size_t>(1, scores.size() / kSampled);
    for (std::size_t at = 0; at < scores.size(); at += step) sample.push_back(scores[at]);
    const double center = median(sample);
    for (float& value : sample) value = std::abs(value - static_cast<float>(center));
    const double deviation = std::max(kSmallestDeviation, 1.4826 * median(sample));
    return {center + kUnusual * deviation, kSteepness / deviation};
}

}  // namespace hone
