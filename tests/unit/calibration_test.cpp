// SPDX-License-Identifier: GPL-3.0-or-later
// Logistic calibrations from the background vocabulary and from marks.
#include "search/calibration.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "search/auc.hpp"
#include "tests/support/made_space.hpp"

namespace hone {
namespace {

TEST(LogisticCalibration, CutAndProbabilityAreInverse) {
    const LogisticCalibration calibration{0.3, 14};
    EXPECT_DOUBLE_EQ(calibration.probability(0.3), 0.5);
    for (const double probability : {0.1, 0.5, 0.9})
        EXPECT_NEAR(calibration.probability(calibration.score_at(probability)), probability, 1e-12);
}

TEST(LogisticCalibration, WithoutCalibrationTheUnusualIsLikely) {
    std::vector<float> scores;
    for (int at = 0; at < 1000; ++at) scores.push_back(0.2F + 0.0001F * static_cast<float>(at));
    const LogisticCalibration calibration = calibration_of_moments(moments_of(scores));
    EXPECT_LT(calibration.probability(0.25), 0.1) << "the mean";
    EXPECT_GT(calibration.probability(0.5), 0.9) << "far above";
    EXPECT_GT(calibration_of_moments(moments_of(std::vector<float>(50, 0.3F))).slope, 0) << "equal scores";
    EXPECT_GT(calibration_of_moments(moments_of({})).slope, 0) << "an empty library";
}

TEST(LogisticCalibration, KeepsHowManyAreLikely) {
    std::vector<float> scores;
    for (int at = 0; at < 100; ++at) scores.push_back(static_cast<float>(at));
    const LogisticCalibration calibration = calibration_keeping(7, scores, moments_of(scores));
    EXPECT_GT(calibration.probability(93), 0.5);
    EXPECT_LT(calibration.probability(92), 0.5);
}

// Texts and photos in one space: photos of kind n match text n.
class Vocabulary : public testing::Test {
  protected:
    static constexpr std::size_t kKinds = 6;
    const test::MadeSpace photos{test::MadeSpace::kinds(120, kKinds, 16, 0.2F)};
    const test::MadeSpace texts{test::MadeSpace::kinds(kKinds, kKinds, 16, 0.05F)};
    [[nodiscard]] LogisticCalibration calibration(std::span<const float> text,
                                                  std::initializer_list<std::size_t> others) const {
        std::vector<float> vectors;
        for (const std::size_t other : others)
            vectors.insert(vectors.end(), texts[other].begin(), texts[other].end());
        return calibration_from_vocabulary(BackgroundVocabulary(vectors, 16, 100), text, photos.view(),
                                           photos.view().scores(text, 1), 2);
    }
    [[nodiscard]] std::size_t likely(std::span<const float> text,
                                     const LogisticCalibration& calibration) const {
        std::size_t count = 0;
        for (const float score : photos.view().scores(text, 1))
            count += score >= calibration.threshold ? 1 : 0;
        return count;
    }
};

TEST_F(Vocabulary, EndsTheListWhereOtherWordsFitBetter) {
    EXPECT_EQ(likely(texts[2], calibration(texts[2], {0, 1, 3, 4, 5})), 20U)
        << "all of its kind and no other";
}

TEST_F(Vocabulary, ItsOwnWordDoesNotSpeakAgainstASearch) {
    EXPECT_EQ(likely(texts[2], calibration(texts[2], {0, 1, 2, 3, 4, 5})), 20U);
}

TEST_F(Vocabulary, NothingIsLikelyWhenNothingFits) {
    // A text that matches no photo: between two kinds, and less similar to each than their own texts.
    std::vector<float> text(16);
    for (std::size_t at = 0; at < 16; ++at) text[at] = -texts[0][at] - texts[1][at];
    const LogisticCalibration found = calibration(text, {0, 1, 2, 3, 4, 5});
    EXPECT_EQ(likely(text, found), 0U);
}

TEST(LargeVocabulary, FindsTheEndAfterThePhotosThatAreJudgedOneByOne) {
    constexpr std::size_t kEach = 3 * kJudged + 500;
    const test::MadeSpace photos{test::MadeSpace::kinds(2 * kEach, 2, 16, 0.2F)};
    const test::MadeSpace texts{test::MadeSpace::kinds(2, 2, 16, 0.05F)};
    const BackgroundVocabulary vocabulary({texts[1].begin(), texts[1].end()}, 16, 100);
    const std::vector<float> scores = photos.view().scores(texts[0], 1);
    const LogisticCalibration calibration =
        calibration_from_vocabulary(vocabulary, texts[0], photos.view(), scores, 2);
    const auto likely =
        std::ranges::count_if(scores, [&](float score) { return score >= calibration.threshold; });
    EXPECT_NEAR(static_cast<double>(likely), kEach, 0.02 * kEach);
}

class Marks : public testing::Test {
  protected:
    const test::MadeSpace photos{test::MadeSpace::kinds(400, 8, 24, 0.5F)};
    const FeedbackSpace space{photos.view(), photos.statistics(), 1};
    const FeedbackMethod& hone = **find_feedback_method("hone");
    // The first `positives` photos of kind 0 are positives. Three of each other kind, and `forgotten` of kind
    // 0, are implicit negatives.
    [[nodiscard]] Evidence marks(std::size_t positives, std::size_t forgotten) const {
        Evidence evidence;
        for (std::size_t at = 0; at < positives; ++at) evidence.positives.push_back({photos[at * 8], 1});
        for (std::size_t at = 0; at < forgotten; ++at)
            evidence.implicit_negatives.push_back({photos[(20 + at) * 8], 1});
        for (std::size_t kind = 1; kind < 8; ++kind) {
            for (std::size_t at = 0; at < 3; ++at)
                evidence.implicit_negatives.push_back({photos[kind + at * 8], 1});
        }
        return evidence;
    }
};

TEST_F(Marks, SayWhereTheEndIs) {
    const Evidence evidence = marks(5, 0);
    const std::vector<float> scores = hone.rank(evidence, space)->scores(photos.view(), 1);
    const auto calibration = calibration_from_marks(hone, evidence, space, moments_of(scores));
    ASSERT_TRUE(calibration);
    int right = 0, wrong = 0;
    for (std::size_t row = 0; row < 400; ++row) {
        if (scores[row] >= calibration->threshold) ++(row % 8 == 0 ? right : wrong);
    }
    EXPECT_GE(right, 40) << "of 50";
    EXPECT_LE(wrong, 10) << "of 350";
}

TEST(AreaUnderRoc, IsTheShareOfPairsInOrder) {
    EXPECT_EQ(area_under_roc({3, 4}, {1, 2}), 1);
    EXPECT_EQ(area_under_roc({1, 2}, {3, 4}), 0);
    EXPECT_EQ(area_under_roc({1}, {1}), .5);
    EXPECT_EQ(area_under_roc({1, 3}, {2, 3}), .375);  // 1<2, 1<3, 3>2, 3=3
    EXPECT_EQ(area_under_roc({}, {1}), .5);
    std::mt19937 random(1);
    std::vector<double> fits(200), others(300);
    for (double& value : fits) value = static_cast<double>(random() % 50);
    for (double& value : others) value = static_cast<double>(random() % 40);
    double right = 0;
    for (const double fit : fits) {
        for (const double other : others) right += fit > other ? 1 : fit == other ? .5 : 0;
    }
    EXPECT_DOUBLE_EQ(area_under_roc(fits, others), right / (200 * 300));
}

TEST_F(Marks, OfOneWhoMarksFewOfManySayNothingOfTheEnd) {
    const Evidence evidence = marks(2, 18);
    const std::vector<float> scores = hone.rank(evidence, space)->scores(photos.view(), 1);
    EXPECT_FALSE(calibration_from_marks(hone, evidence, space, moments_of(scores)));
    EXPECT_FALSE(calibration_from_marks(hone, marks(1, 0), space, moments_of(scores))) << "one is not enough";
}

TEST_F(Marks, ThatContradictThemselvesOrderWorseThanTheWords) {
    Evidence evidence;
    const std::vector<float> text(photos[0].begin(), photos[0].end());
    evidence.text = text;
    for (std::size_t at = 1; at < 5; ++at) evidence.positives.push_back({photos[at * 8], 1});
    for (std::size_t kind = 1; kind < 6; ++kind) evidence.implicit_negatives.push_back({photos[kind], 1});
    const MarkOrder agreed = order_of_marks(hone, evidence, space, *rank_by_text(evidence));
    EXPECT_GT(agreed.by_marks, 0.9);
    EXPECT_GT(agreed.by_text, 0.9);
}

}  // namespace
}  // namespace hone
