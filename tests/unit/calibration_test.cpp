#include "search/calibration.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace hone {
namespace {

TEST(ScoreCurve, CutAndProbabilityAreInverse) {
    const ScoreCurve curve{0.3, 14};
    EXPECT_DOUBLE_EQ(curve.probability(0.3), 0.5);
    for (const double probability : {0.1, 0.5, 0.9})
        EXPECT_NEAR(curve.probability(curve.score_at(probability)), probability, 1e-12);
}

TEST(ScoreCurve, WordsAloneUseTheModelsCalibration) {
    const ScoreCalibration calibration{0.25, 20};
    EXPECT_EQ(score_curve(calibration, true, std::vector<float>{0.9F}).middle, 0.25);
    EXPECT_NE(score_curve(calibration, false, std::vector<float>{0.9F}).middle, 0.25);
}

TEST(ScoreCurve, WithoutCalibrationTheUnusualIsLikely) {
    std::vector<float> scores;
    for (int at = 0; at < 1000; ++at) scores.push_back(0.2F + 0.0001F * static_cast<float>(at));
    const ScoreCurve curve = score_curve(std::nullopt, true, scores);
    EXPECT_LT(curve.probability(0.25), 0.1) << "the median";
    EXPECT_GT(curve.probability(0.5), 0.9) << "far above";
    EXPECT_GT(score_curve(std::nullopt, true, std::vector<float>(50, 0.3F)).slope, 0) << "equal scores";
    EXPECT_GT(score_curve(std::nullopt, true, {}).slope, 0) << "an empty library";
}

}  // namespace
}  // namespace hone
