// SPDX-License-Identifier: GPL-3.0-or-later
// Every feedback method, and the statistics of a space, on made-up vectors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "search/calibration.hpp"
#include "search/explore.hpp"
#include "search/feedback/method.hpp"
#include "tests/support/made_space.hpp"

namespace hone {
namespace {

using testing::Each;
using testing::ElementsAre;

const std::vector<float> kText{1, 0, 0}, kDog{0, 1, 0}, kCat{0, 0, 1};

Mark mark(std::span<const float> vector, float weight = 1) {
    return {vector, weight};
}

std::vector<float> direction(std::string_view method, const Evidence& evidence) {
    const test::MadeSpace three({kText, kDog, kCat});
    const auto ranking =
        (*find_feedback_method(method))->rank(evidence, {three.view(), three.statistics(), 1});
    return {ranking->direction().begin(), ranking->direction().end()};
}

TEST(Average, IsTheOriginalsRule) {
    EXPECT_THAT(direction("average", {kText, {mark(kDog), mark(kCat)}, {}, {}}),
                ElementsAre(0.5F, 0.25F, 0.25F));
    EXPECT_EQ(direction("average", {kText, {}, {}, {}}), kText);
    EXPECT_THAT(direction("average", {{}, {mark(kDog), mark(kCat)}, {}, {}}), ElementsAre(0, 0.5F, 0.5F));
    EXPECT_THAT(direction("average", {kText, {mark(kDog)}, {mark(kCat)}, {mark(kCat)}}),
                ElementsAre(0.5F, 0.5F, 0))
        << "not moved by what does not fit";
}

TEST(Rocchio, TakesOneMeanOfWhatDoesNotFit) {
    EXPECT_THAT(direction("rocchio", {kText, {mark(kDog)}, {mark(kCat)}, {}}), ElementsAre(1, 0.5F, -0.25F));
    EXPECT_THAT(direction("rocchio", {kText, {mark(kDog), mark(kDog)}, {}, {}}), ElementsAre(1, 0.5F, 0))
        << "the mean, not the sum";
    EXPECT_THAT(direction("rocchio", {kText, {}, {mark(kDog)}, {mark(kCat), mark(kCat), mark(kCat)}}),
                ElementsAre(1, -0.0625F, -0.1875F));
    EXPECT_THAT(direction("rocchio", {kText, {mark(kDog, 3), mark(kCat, 1)}, {}, {}}),
                ElementsAre(1, 0.375F, 0.125F))
        << "a mark of weight 3 counts as three";
}

TEST(FindFeedbackMethod, NamesTheKnownOnes) {
    const auto unknown = find_feedback_method("magic");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().kind, ErrorKind::kUsage);
    EXPECT_NE(unknown.error().message.find("hone, text, average, rocchio, fit, fit-data, bayes, propagate"),
              std::string::npos);
}

// 400 photos of 8 kinds; the query text points towards kind 0 from some distance.
class EveryMethod : public testing::TestWithParam<std::string_view> {
  protected:
    [[nodiscard]] Evidence evidence(const test::MadeSpace& photos) const {
        Evidence found;
        found.text = text;
        for (const std::size_t row : {0, 8, 16}) found.positives.push_back(mark(photos[row]));
        for (const std::size_t row : {1, 10}) found.negatives.push_back(mark(photos[row]));
        for (const std::size_t row : {3, 4, 5, 6, 7, 11})
            found.implicit_negatives.push_back(mark(photos[row]));
        return found;
    }
    [[nodiscard]] std::unique_ptr<Ranking> rank(const Evidence& of, const test::MadeSpace& photos) const {
        return (*find_feedback_method(GetParam()))->rank(of, {photos.view(), photos.statistics(), 2});
    }
    void SetUp() override {
        text.assign(space[0].begin(), space[0].end());
        for (std::size_t at = 0; at < text.size(); ++at) text[at] += space[1][at];
        normalize(text);
    }
    static void normalize(std::vector<float>& v) {
        const double length = std::sqrt(inner_product(v, v));
        for (float& value : v) value = static_cast<float>(value / length);
    }

    const test::MadeSpace space{test::MadeSpace::kinds(400, 8, 24, 0.6F)};
    std::vector<float> text;
};

TEST_P(EveryMethod, IsTheWordsAloneWithoutMarks) {
    Evidence bare;
    bare.text = text;
    const std::vector<float> scores = rank(bare, space)->scores(space.view(), 1),
                             by_text = space.view().scores(text, 1);
    EXPECT_EQ(scores, by_text);
}

TEST_P(EveryMethod, SharesAddUpToTheScore) {
    const auto ranking = rank(evidence(space), space);
    const std::vector<float> scores = ranking->scores(space.view(), 2);
    for (std::size_t row = 0; row < 400; row += 7) {
        double sum = 0;
        for (const Share& share : ranking->shares(space.view(), row)) sum += share.value;
        EXPECT_NEAR(sum, ranking->score(space.view(), row), 1e-5) << row;
        EXPECT_NEAR(scores[row], sum, 1e-4) << row;
    }
}

TEST_P(EveryMethod, FindsTheMarkedKindBeforeTheWordsOtherKind) {
    if (GetParam() == "text") return;  // the words alone do not learn
    const std::vector<float> scores = rank(evidence(space), space)->scores(space.view(), 2);
    std::vector<std::uint32_t> order(400);
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, std::greater(), [&](std::uint32_t row) { return scores[row]; });
    const auto of_kind = std::ranges::count_if(order.begin(), order.begin() + 30,
                                               [](std::uint32_t row) { return row % 8 == 0; });
    EXPECT_GE(of_kind, 24) << "of the best 30, where half of what the words find is of another kind";
}

TEST_P(EveryMethod, ManyImplicitNegativesWithoutAPositiveAreNotAnError) {
    Evidence nothing;
    nothing.text = text;
    for (std::size_t row = 0; row < 100; ++row) nothing.implicit_negatives.push_back(mark(space[row]));
    for (const float score : rank(nothing, space)->scores(space.view(), 1)) EXPECT_TRUE(std::isfinite(score));
    nothing.text = {};
    for (const float score : rank(nothing, space)->scores(space.view(), 1)) EXPECT_TRUE(std::isfinite(score));
}

TEST_P(EveryMethod, WithoutWordsTheMarksRank) {
    Evidence marks = evidence(space);
    marks.text = {};
    const auto ranking = rank(marks, space);
    EXPECT_GT(ranking->score(space.view(), 24), ranking->score(space.view(), 25))
        << "of the liked kind, and of an unliked one";
}

TEST_P(EveryMethod, PermutingThePhotosPermutesTheScores) {
    auto vectors = test::MadeSpace::kinds(400, 8, 24, 0.6F);
    std::ranges::reverse(vectors);
    const test::MadeSpace reversed(std::move(vectors));
    const std::vector<float> scores = rank(evidence(space), space)->scores(space.view(), 1);
    std::vector<float> others = rank(evidence(space), reversed)->scores(reversed.view(), 1);
    std::ranges::reverse(others);
    for (std::size_t row = 0; row < 400; ++row)
        EXPECT_NEAR(scores[row], others[row], 2e-3 * (1 + std::abs(scores[row]))) << row;
}

TEST_P(EveryMethod, TheSameEvidenceGivesTheSameScoresBitForBit) {
    EXPECT_EQ(rank(evidence(space), space)->scores(space.view(), 2),
              rank(evidence(space), space)->scores(space.view(), 1));
}

INSTANTIATE_TEST_SUITE_P(Methods, EveryMethod, testing::ValuesIn(feedback_methods()), [](const auto& method) {
    std::string name(method.param);
    std::erase(name, '-');
    return name;
});

TEST(SpaceStatistics, MatchWhatTheRowsAre) {
    const test::MadeSpace space(test::MadeSpace::kinds(300, 5, 8, 0.5F));
    std::vector<float> w{0.3F, -1, 0.5F, 0, 0.2F, 0.7F, -0.4F, 0.1F};
    double sum = 0, squares = 0;
    for (std::size_t row = 0; row < 300; ++row) {
        const double score = inner_product(w, space[row]);
        sum += score;
        squares += score * score;
    }
    EXPECT_NEAR(space.statistics()->mean(w), sum / 300, 1e-5);
    EXPECT_NEAR(space.statistics()->standard_deviation(w), std::sqrt(squares / 300 - std::pow(sum / 300, 2)),
                1e-5);
}

TEST(SpaceStatistics, WhiteningIsSymmetricAndDampsCommonDirections) {
    const test::MadeSpace space(test::MadeSpace::kinds(300, 5, 8, 0.5F));
    const std::vector<float> a = space.statistics()->apply_precision(space[3]),
                             b = space.statistics()->apply_precision(space[4]);
    EXPECT_NEAR(inner_product(a, space[4]), inner_product(b, space[3]), 1e-4);
    std::vector<float> one(space.statistics()->stride()), other(space.statistics()->stride());
    space.statistics()->whiten(space[3], one.data());
    space.statistics()->whiten(space[8], other.data());
    EXPECT_NEAR(inner_product(one, one), 1, 1e-5);
    double same = 0, different = 0;
    for (std::size_t row = 4; row < 104; ++row) {
        space.statistics()->whiten(space[row], other.data());
        (row % 5 == 3 ? same : different) += inner_product(one, other);
    }
    EXPECT_GT(same / 20, 0.3) << "of one kind";
    EXPECT_LT(different / 80, 0.05) << "of two kinds";
}

TEST(SpaceStatistics, StepUpAsTheLibraryGrows) {
    EXPECT_EQ(SpaceStatistics::measured_size(10), 10U);
    EXPECT_EQ(SpaceStatistics::measured_size(4095), 4095U);
    EXPECT_EQ(SpaceStatistics::measured_size(1'000'000), SpaceStatistics::measured_size(1'000'001));
    for (std::size_t rows = 1; rows < 2'000'000; rows = rows * 9 / 8 + 1) {
        EXPECT_LE(SpaceStatistics::measured_size(rows), rows);
        EXPECT_GT(SpaceStatistics::measured_size(rows), rows * 15 / 17);
    }
}

TEST(SpaceStatistics, OnePhotoAndEqualPhotosAreNoError) {
    for (const std::size_t count : {1U, 5U}) {
        const test::MadeSpace space(std::vector<std::vector<float>>(count, {1, 2, 3}));
        for (const float value : space.statistics()->apply_precision(space[0]))
            EXPECT_TRUE(std::isfinite(value));
        EXPECT_GT(space.statistics()->standard_deviation(space[0]), 0);
    }
}

TEST(ExploringPage, ComesUntilSomethingIsLikedAndAgainWhenThatLeadsNowhere) {
    const auto after = [](std::vector<std::size_t> likes, std::size_t photos = 20) {
        std::vector<ShownPage> pages;
        for (const std::size_t positives : likes) pages.push_back({photos, positives});
        return next_page_explores(pages);
    };
    EXPECT_TRUE(after({0}));
    EXPECT_TRUE(after({0, 0, 0}));
    EXPECT_FALSE(after({1})) << "the words found one: its like come next";
    EXPECT_FALSE(after({0, 1})) << "so did exploring";
    EXPECT_TRUE(after({0, 1, 0})) << "nothing like it is liked";
    EXPECT_TRUE(after({0, 1, 1})) << "one more is what mistakes bring";
    EXPECT_FALSE(after({0, 1, 2}));
    EXPECT_FALSE(after({0, 1, 0, 1})) << "exploring found another";
    EXPECT_TRUE(after({0, 1, 0, 1, 0}));
    EXPECT_TRUE(after({0, 1, 0, 0}));
    EXPECT_FALSE(after({0, 5, 0})) << "so many cannot be mistakes: there are no more of them";
    EXPECT_TRUE(after({0, 3, 2}, 60)) << "long pages bring more mistakes";
    EXPECT_FALSE(after({0, 3, 4}, 60));
    EXPECT_FALSE(after({0, 1, 0}, 5)) << "one of fifteen is more than a mistake";
    EXPECT_FALSE(next_page_explores(std::vector<ShownPage>{{40, 1}, {0, 0}})) << "nobody looked";
}

TEST(ExploringPage, ShowsEachKindOnceAndNoneThatWasShown) {
    const test::MadeSpace space(test::MadeSpace::kinds(400, 8, 24, 0.3F));
    std::vector<std::size_t> pool;
    for (std::size_t row = 20; row < 400; ++row) pool.push_back(row);
    const std::vector<std::size_t> shown{0, 1, 8, 9};  // kinds 0 and 1
    const auto page = exploring_page(space.view(), *space.statistics(), pool, shown, 6, 2);
    std::vector<std::size_t> kinds;
    for (const std::size_t row : page) kinds.push_back(row % 8);
    std::ranges::sort(kinds);
    EXPECT_THAT(kinds, ElementsAre(2, 3, 4, 5, 6, 7));
    EXPECT_EQ(exploring_page(space.view(), *space.statistics(), pool, shown, 6, 1), page)
        << "on any number of threads";
}

TEST(ExploringPage, IsAsLongAsThePoolAllows) {
    const test::MadeSpace space(test::MadeSpace::kinds(40, 2, 8, 0.1F));
    const std::vector<std::size_t> pool{5, 6, 7};
    auto page = exploring_page(space.view(), *space.statistics(), pool, {}, 20, 1);
    std::ranges::sort(page);
    EXPECT_THAT(page, ElementsAre(5, 6, 7));
    EXPECT_TRUE(exploring_page(space.view(), *space.statistics(), {}, {}, 20, 1).empty());
    std::vector<std::size_t> all(40), everything(40);
    std::iota(all.begin(), all.end(), std::size_t{0});
    page = exploring_page(space.view(), *space.statistics(), all, all, 40, 1);
    std::ranges::sort(page);
    EXPECT_EQ(page, all) << "also when everything was shown, and each photo once";
}

// Ten neighbours per photo in blocks of 512 leave no remainder for the last block.
TEST(SpaceStatistics, EdgesMayFillTheirBlocksExactly) {
    const test::MadeSpace space(test::MadeSpace::kinds(512, 8, 16, 0.3F));
    const auto laplacian_penalty = space.statistics()->laplacian_penalty(space.view(), 2, {});
    ASSERT_EQ(laplacian_penalty.size(), 16U * space.statistics()->stride());
    EXPECT_GT(laplacian_penalty[0], 0);
}

}  // namespace
}  // namespace hone
