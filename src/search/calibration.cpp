// SPDX-License-Identifier: GPL-3.0-or-later
// Fits logistic calibrations to the background vocabulary, to marks, or to the scores' distribution.
#include "search/calibration.hpp"

#include <algorithm>
#include <cmath>

#include "base/parallel.hpp"
#include "base/stop.hpp"
#include "search/auc.hpp"

namespace hone {

namespace {

constexpr double kUnusual = 3.2;          // standard deviations above the mean
constexpr double kSteepness = 1.5;        // slope of the logistic per standard deviation
constexpr std::size_t kSampled = 50'000;  // scores that suffice for mean and standard deviation
constexpr std::size_t kSample = 256;      // of the rows after the best kJudged
constexpr double kSmallestDeviation = 1e-9;
constexpr double kFittedAuc = 0.94;  // of the left-out marks: below it, implicit negatives are not answers

double sigmoid(double x) {
    return 1 / (1 + std::exp(-x));
}

bool is_likely(double probability) {
    return probability >= 0.5;
}

struct Judged {
    double z;
    bool fits;
};

// Returns each mark's score, in standard deviations, in the ranking from the other marks.
std::vector<Judged> left_out(const FeedbackMethod& method, Evidence evidence, const FeedbackSpace& space,
                             const ScoreMoments& moments) {
    keep_last_implicit_negatives(evidence);
    std::vector<Judged> judged;
    const auto judge = [&](std::vector<Mark> Evidence::* kind, bool fits) {
        const std::vector<Mark>& marks = evidence.*kind;
        const std::size_t count = std::min(marks.size(), kLeftOut);
        for (std::size_t at = 0; at < count; ++at) {
            throw_if_stopped(space.stop);
            const std::size_t mark = at * marks.size() / count;
            Evidence others = evidence;
            (others.*kind).erase((others.*kind).begin() + static_cast<std::ptrdiff_t>(mark));
            const auto without = method.rank(others, space);
            const std::span<const float> w = without->direction();
            const ScoreMoments its =
                w.empty() ? moments
                          : ScoreMoments{space.statistics->mean(w), space.statistics->standard_deviation(w)};
            judged.push_back({(without->score(marks[mark].vector) - its.mean) / its.deviation, fits});
        }
    };
    judge(&Evidence::positives, true);
    judge(&Evidence::negatives, false);
    judge(&Evidence::implicit_negatives, false);
    return judged;
}

double area_of(std::span<const Judged> judged) {
    std::vector<double> fits, others;
    for (const Judged& one : judged) (one.fits ? fits : others).push_back(one.z);
    return area_under_roc(std::move(fits), std::move(others));
}

// Fits b of sigmoid(a z + b) with Newton's method. A normal prior with standard deviation kPriorWidth around
// its value in other libraries keeps it finite.
double fit_shift(std::span<const Judged> judged, double a) {
    constexpr double kPriorWidth = 3;
    const double prior = -a * kUnusual;
    double b = prior;
    for (int step = 0; step < 30; ++step) {
        double gradient = (b - prior) / (kPriorWidth * kPriorWidth),
               curvature = 1 / (kPriorWidth * kPriorWidth);
        for (const Judged& one : judged) {
            const double p = sigmoid(a * one.z + b);
            gradient += p - (one.fits ? 1 : 0);
            curvature += p * (1 - p);
        }
        b -= std::clamp(gradient / curvature, -2.0, 2.0);
    }
    return b;
}

}  // namespace

double LogisticCalibration::probability(double score) const {
    return sigmoid(slope * (score - threshold));
}

double LogisticCalibration::score_at(double probability) const {
    return threshold + std::log(probability / (1 - probability)) / slope;
}

ScoreMoments moments_of(std::span<const float> scores) {
    const std::size_t step = std::max<std::size_t>(1, scores.size() / kSampled);
    double sum = 0, squares = 0, count = 0;
    for (std::size_t at = 0; at < scores.size(); at += step) {
        sum += scores[at];
        squares += static_cast<double>(scores[at]) * scores[at];
        ++count;
    }
    if (count == 0) return {};
    const double mean = sum / count;
    return {mean, std::max(kSmallestDeviation, std::sqrt(std::max(0.0, squares / count - mean * mean)))};
}

BackgroundVocabulary::BackgroundVocabulary(std::span<const float> vectors, std::size_t dimension,
                                           double scale)
    : dimension_(dimension),
      stride_((dimension + 15) / 16 * 16),
      scale_(scale),
      vectors_(vectors.size() / dimension * stride_) {
    for (std::size_t at = 0; at * dimension < vectors.size(); ++at)
        std::ranges::copy(vectors.subspan(at * dimension, dimension),
                          vectors_.begin() + static_cast<std::ptrdiff_t>(at * stride_));
}

std::vector<double> BackgroundVocabulary::probabilities(std::span<const float> text, const SpaceView& view,
                                                        std::span<const ScoredRow> rows,
                                                        unsigned threads) const {
    const std::size_t count = vectors_.size() / stride_;
    std::vector<float> padded(stride_), to_words(count);
    std::ranges::copy(text, padded.begin());
    multiply_rows(vectors_, stride_, padded.data(), to_words.data());
    std::vector<double> log_weight(count);
    for (std::size_t null = 0; null < count; ++null) {
        const double weight = std::clamp((kSame - to_words[null]) / (kSame - kFar), 0.0, 1.0);
        log_weight[null] = weight > 0 ? 2 * std::log(weight) : -1e9;
    }
    std::vector<double> probabilities(rows.size());
    const auto work = [&](std::size_t first, std::size_t last) {
        std::vector<float> photo(stride_), cosines(count);
        for (std::size_t at = first; at < last; ++at) {
            std::ranges::copy(view.values(rows[at].row), photo.begin());
            multiply_rows(vectors_, stride_, photo.data(), cosines.data());
            const double own = scale_ * rows[at].score;
            double others = 0;
            for (std::size_t null = 0; null < count; ++null)
                others += std::exp(std::min(700.0, scale_ * cosines[null] + log_weight[null] - own));
            probabilities[at] = 1 / (1 + others);
        }
    };
    constexpr std::size_t kRowsOfThread = 256;  // at least
    in_parallel(rows.size(), threads, work, kRowsOfThread);
    return probabilities;
}

std::size_t BackgroundVocabulary::likely(std::span<const float> text, const SpaceView& view,
                                         std::span<const ScoredRow> rows, unsigned threads) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(probabilities(text, view, rows, threads), is_likely));
}

LogisticCalibration calibration_from_vocabulary(const BackgroundVocabulary& vocabulary,
                                                std::span<const float> text, const SpaceView& view,
                                                std::span<const float> scores, unsigned threads) {
    const auto exact = [&](ScoredRow& row) { row.score = view.exact_score(text, row.row); };
    std::vector<ScoredRow> best = top_k(scores, kJudged);
    if (best.empty()) return {};
    std::ranges::for_each(best, exact);
    std::sort(best.begin(), best.end());
    const std::vector<double> probabilities = vocabulary.probabilities(text, view, best, threads);
    auto likely = static_cast<std::size_t>(std::ranges::count_if(probabilities, is_likely));
    // Where many photos match, the list ends later: sample the next kJudged rows, then twice as many, and so
    // on.
    std::vector<ScoredRow> further;
    bool goes_on = best.size() == kJudged &&
                   std::any_of(probabilities.end() - kJudged / 4, probabilities.end(), is_likely);
    for (std::size_t first = kJudged; goes_on; first *= 2) {
        further = top_k(scores, 2 * first);
        if (further.size() <= first) break;
        std::vector<ScoredRow> sample;
        const std::size_t step = std::max<std::size_t>(1, (further.size() - first) / kSample);
        for (std::size_t at = first + step / 2; at < further.size(); at += step) {
            sample.push_back(further[at]);
            exact(sample.back());
        }
        const std::size_t found = vocabulary.likely(text, view, sample, threads);
        likely += found * (further.size() - first) / std::max<std::size_t>(1, sample.size());
        goes_on = found > 0;
    }
    // The slope: least squares of the log odds on the score.
    double n = 0, sum_x = 0, sum_y = 0, sum_xx = 0, sum_xy = 0;
    for (std::size_t at = 0; at < best.size(); ++at) {
        const double p = std::clamp(probabilities[at], 1e-6, 1 - 1e-6), x = best[at].score,
                     y = std::log(p / (1 - p));
        ++n;
        sum_x += x;
        sum_y += y;
        sum_xx += x * x;
        sum_xy += x * y;
    }
    const double variance = sum_xx - sum_x * sum_x / n;
    const double slope = std::max(10.0, variance > 1e-12 ? (sum_xy - sum_x * sum_y / n) / variance : 0);
    if (likely == 0) {
        // No photo is likely: the best one gets the vocabulary's highest probability.
        const double p = std::clamp(std::ranges::max(probabilities), 1e-6, 0.499);
        return {best.front().score - std::log(p / (1 - p)) / slope, slope};
    }
    if (!further.empty()) best = std::move(further);
    const auto score = [&](std::size_t at) { return double{view.exact_score(text, best[at].row)}; };
    likely = std::min(likely, best.size());
    return {likely < best.size() ? (score(likely - 1) + score(likely)) / 2 : score(likely - 1), slope};
}

MarkOrder order_of_marks(const FeedbackMethod& method, const Evidence& evidence, const FeedbackSpace& space,
                         const Ranking& by_text) {
    std::vector<Judged> text;
    for (const Mark& mark : evidence.positives) text.push_back({by_text.score(mark.vector), true});
    for (const auto* marks : {&evidence.negatives, &evidence.implicit_negatives}) {
        for (const Mark& mark : *marks) text.push_back({by_text.score(mark.vector), false});
    }
    return {area_of(left_out(method, evidence, space, {})), area_of(text)};
}

std::optional<LogisticCalibration> calibration_from_marks(const FeedbackMethod& method,
                                                          const Evidence& evidence,
                                                          const FeedbackSpace& space,
                                                          const ScoreMoments& moments) {
    const std::size_t others = evidence.negatives.size() + evidence.implicit_negatives.size();
    if (evidence.positives.size() < 2 || others == 0) return std::nullopt;
    const std::vector<Judged> judged = left_out(method, evidence, space, moments);
    if (area_of(judged) < kFittedAuc) return std::nullopt;
    // 1.32, 1.49, 1.56 after one, two and three pages of twenty (docs/feedback.md).
    const double judged_photos = static_cast<double>(evidence.positives.size() + others);
    const double a = std::clamp(1.32 + 0.155 * std::log2(judged_photos / 20), 1.2, 1.7);
    const double b = fit_shift(judged, a);
    return LogisticCalibration{moments.mean - b / a * moments.deviation, a / moments.deviation};
}

LogisticCalibration calibration_keeping(std::size_t likely, std::span<const float> scores,
                                        const ScoreMoments& moments) {
    const std::vector<ScoredRow> best = top_k(scores, likely + 1);
    if (best.size() <= likely || likely == 0) return calibration_of_moments(moments);
    return {(static_cast<double>(best[likely - 1].score) + best[likely].score) / 2,
            kSteepness / moments.deviation};
}

LogisticCalibration calibration_of_manifest(const ScoreCalibration& calibration, bool some_match) {
    return {some_match ? calibration.likely : calibration.sure.value_or(calibration.likely),
            calibration.slope};
}

LogisticCalibration calibration_of_moments(const ScoreMoments& moments) {
    return {moments.mean + kUnusual * moments.deviation, kSteepness / moments.deviation};
}

}  // namespace hone
