// SPDX-License-Identifier: GPL-3.0-or-later
// A vector space with its exact and its small file.
#include "vector/vector_space.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/support/temporary_folder.hpp"

namespace hone {
namespace {

constexpr std::size_t kDimension = 100;

std::vector<float> unit_vectors(std::size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    std::vector<float> vectors(count * kDimension);
    for (std::size_t row = 0; row < count; ++row) {
        double length = 0;
        for (std::size_t at = 0; at < kDimension; ++at) {
            vectors[row * kDimension + at] = normal(random);
            length += static_cast<double>(vectors[row * kDimension + at]) * vectors[row * kDimension + at];
        }
        for (std::size_t at = 0; at < kDimension; ++at)
            vectors[row * kDimension + at] /= static_cast<float>(std::sqrt(length));
    }
    return vectors;
}

std::vector<std::uint32_t> labels_from(std::uint32_t first, std::size_t count) {
    std::vector<std::uint32_t> labels(count);
    for (std::size_t at = 0; at < count; ++at) labels[at] = first + static_cast<std::uint32_t>(at);
    return labels;
}

class VectorSpaces : public testing::TestWithParam<ScanElement> {
  protected:
    std::unique_ptr<VectorSpace> open(bool writable = true) {
        return *VectorSpace::open(folder.path(), "content", "model", kDimension, writable, GetParam());
    }
    test::TemporaryFolder folder;
};

TEST_P(VectorSpaces, RemovedRowsAreGoneAndViewsKeepTheirs) {
    auto space = open();
    const auto vectors = unit_vectors(3000, 1);
    ASSERT_TRUE(space->append(labels_from(10, 3000), vectors));
    const SpaceView before = space->view();
    std::vector<std::uint32_t> gone{10, 1500, 3009, 9999};
    ASSERT_TRUE(space->remove(gone));
    const auto value = [&](std::uint32_t label) { return vectors[(label - 10) * kDimension]; };
    for (int opening = 0; opening < 2; ++opening) {
        const SpaceView view = space->view();
        ASSERT_EQ(view.size(), 2997U);
        EXPECT_EQ(view.scores(unit_vectors(1, 2), 1).size(), 2997U);
        for (const std::uint32_t label : gone) EXPECT_FALSE(space->find(label));
        for (const std::uint32_t label : {11U, 1499U, 1501U, 3008U}) {
            const auto row = view.find(label);
            ASSERT_TRUE(row) << label;
            EXPECT_EQ(view.values(*row)[0], value(label));
        }
        if (opening == 0) {
            EXPECT_NE(view.generation(), before.generation());
            ASSERT_EQ(before.size(), 3000U);
            EXPECT_EQ(before.values(0)[0], value(10));
            ASSERT_EQ(before.find(11), 1U) << "a view keeps its rows";
            EXPECT_EQ(before.values(1)[0], value(11));
            EXPECT_EQ(before.find(10), 0U);
        }
        space.reset();
        for (const auto& entry : fs::directory_iterator(folder.path()))
            EXPECT_EQ(entry.path().extension(), ".rows") << entry.path();
        space = open();
    }
    ASSERT_TRUE(space->append(labels_from(10, 1), std::span(vectors).first(kDimension)));
    EXPECT_EQ(space->view().size(), 2998U) << "it may come back";
    ASSERT_TRUE(space->remove(labels_from(0, 4000)));
    EXPECT_EQ(space->view().size(), 0U);
}

TEST_P(VectorSpaces, ScoresAreNearTheExactOnes) {
    const auto space = open();
    const auto vectors = unit_vectors(3000, 1);
    ASSERT_TRUE(space->append(labels_from(10, 3000), vectors));
    const auto query = unit_vectors(1, 2);
    const SpaceView view = space->view();
    const double tolerance = GetParam() == ScanElement::kInt8  ? 0.01
                             : GetParam() == ScanElement::kF16 ? 1e-3
                                                               : 1e-5;
    for (const unsigned threads : {1U, 4U}) {
        const auto scores = view.scores(query, threads);
        ASSERT_EQ(scores.size(), 3000U);
        for (std::size_t row = 0; row < scores.size(); ++row)
            EXPECT_NEAR(scores[row], view.exact_score(query, row), tolerance);
    }
    EXPECT_EQ(view.label(5), 15U);
    EXPECT_EQ(space->find(15), 5U);
    EXPECT_EQ(space->find(9), std::nullopt);
}

TEST_P(VectorSpaces, AppendingTwiceIsHarmless) {
    const auto space = open();
    const auto vectors = unit_vectors(10, 1);
    ASSERT_TRUE(space->append(labels_from(1, 10), vectors));
    ASSERT_TRUE(space->append(labels_from(1, 10), vectors));
    EXPECT_EQ(space->view().size(), 10U);
}

TEST_P(VectorSpaces, ASmallFileThatIsBehindIsFilled) {
    const auto vectors = unit_vectors(20, 1);
    {
        ASSERT_TRUE(open()->append(labels_from(1, 10), std::span(vectors).first(10 * kDimension)));
    }
    {
        // Rows are added while only the exact file exists.
        const auto exact =
            *VectorSpace::open(folder.path(), "content", "model", kDimension, true, ScanElement::kF32);
        ASSERT_TRUE(exact->append(labels_from(11, 10), std::span(vectors).last(10 * kDimension)));
    }
    EXPECT_EQ(open()->view().scores(unit_vectors(1, 2), 1).size(), 20U);
    EXPECT_EQ(open(false)->view().size(), 20U) << "readers see the same";
}

TEST_P(VectorSpaces, ClearedSpacesAreEmpty) {
    const auto space = open();
    ASSERT_TRUE(space->append(labels_from(1, 10), unit_vectors(10, 1)));
    ASSERT_TRUE(space->clear());
    EXPECT_EQ(space->view().size(), 0U);
    EXPECT_EQ(space->find(1), std::nullopt);
    ASSERT_TRUE(space->append(labels_from(1, 3), unit_vectors(3, 1)));
    EXPECT_EQ(space->view().scores(unit_vectors(1, 2), 1).size(), 3U);
}

INSTANTIATE_TEST_SUITE_P(Elements, VectorSpaces,
                         testing::Values(ScanElement::kF32, ScanElement::kF16, ScanElement::kInt8));

TEST(VectorSpace, LargeOnesGetASmallFileByThemselves) {
    const test::TemporaryFolder folder;
    const auto space = *VectorSpace::open(folder.path(), "content", "model", 4, true);
    std::vector<float> vectors((kExactRows + 1) * 4, 0.5F);
    ASSERT_TRUE(space->append(labels_from(0, kExactRows), std::span(vectors).first(kExactRows * 4)));
    EXPECT_TRUE(space->view().exact_scores());
    ASSERT_TRUE(space->append(labels_from(kExactRows, 1), std::span(vectors).first(4)));
    EXPECT_EQ(space->view().scanned_element(), Element::kInt8);
    EXPECT_EQ(space->view().size(), kExactRows + 1);
}

}  // namespace
}  // namespace hone
