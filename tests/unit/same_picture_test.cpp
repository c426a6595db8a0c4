// SPDX-License-Identifier: GPL-3.0-or-later
// The pairwise check of photos, on made-up scenes.
#include "analyze/same_picture.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "tests/support/style_images.hpp"

namespace hone {
namespace {

using Mirrored = PictureFeatures::Mirrored;

PairCheck check(const Image& query, const Image& photo) {
    return check_pair(PictureFeatures(query, Mirrored::kYes), PictureFeatures(photo, Mirrored::kNo));
}

TEST(SamePicture, TheSameBytesAreAcceptedQuickly) {
    const PairCheck result = check(test::random_scene(1), test::random_scene(1));
    EXPECT_TRUE(result.same);
    EXPECT_TRUE(result.certain);
    EXPECT_EQ(result.inliers, 0) << "no features were compared";
    EXPECT_NEAR(result.correlation, 1, 1e-6);
}

TEST(SamePicture, TurnedMirroredAndCut) {
    const Image scene = test::random_scene(2);
    const PairCheck turned = check(test::turned(scene), scene);
    EXPECT_TRUE(turned.same);
    EXPECT_FALSE(turned.mirrored);
    EXPECT_GE(turned.inliers, kSameInliers);
    EXPECT_GT(turned.correlation, .95);

    const PairCheck mirrored = check(test::mirrored(scene), scene);
    EXPECT_TRUE(mirrored.same);
    EXPECT_TRUE(mirrored.mirrored);
    EXPECT_GT(mirrored.correlation, .95);

    const Image corner = test::moved(scene, 160, 120, [](int x, int y) { return std::pair{x + 90, y + 10}; });
    for (const PairCheck& cut : {check(corner, scene), check(scene, corner)}) {
        EXPECT_TRUE(cut.same);
        EXPECT_GE(cut.inliers, kPossibleInliers);
        EXPECT_GT(cut.correlation, .85);
    }
}

TEST(SamePicture, MirroredNeedsTheMirroredFeatures) {
    const Image scene = test::random_scene(2);
    const PictureFeatures photo(scene, Mirrored::kNo);
    EXPECT_FALSE(check_pair(PictureFeatures(test::mirrored(scene), Mirrored::kNo), photo).same);
    EXPECT_TRUE(check_pair(PictureFeatures(test::mirrored(scene), Mirrored::kYes), photo).same);
}

TEST(SamePicture, DifferentScenesAreNot) {
    for (std::uint32_t seed = 10; seed < 30; ++seed) {
        const PairCheck result = check(test::random_scene(seed), test::random_scene(seed + 100));
        EXPECT_FALSE(result.same) << seed;
        EXPECT_FALSE(result.certain) << seed;
        EXPECT_LT(result.inliers, kPossibleInliers) << seed;
    }
}

// Their hashes are equal (all bits the same), which must not suffice.
TEST(SamePicture, FlatPicturesAndGradientsAreNotTheSame) {
    const auto plain = [](int value) {
        return test::make_image(256, 192, [=](int, int) { return test::Color{value, value, value}; });
    };
    EXPECT_FALSE(check(plain(0), plain(255)).same);
    EXPECT_FALSE(check(plain(10), plain(10)).same) << "nothing to see that could be the same";
    const auto ramp = [](int divisor) {
        return test::make_image(256, 192,
                                [=](int x, int) { return test::Color{x / divisor, x / divisor, 200}; });
    };
    EXPECT_FALSE(check(ramp(1), ramp(2)).same);
}

TEST(SamePicture, IsHarmlessForStrangeSizes) {
    const Image scene = test::random_scene(4);
    const std::pair<int, int> sizes[] = {{1, 1}, {1, 9}, {4000, 2}, {2, 4000}};
    for (const auto& [width, height] : sizes) {
        const Image strange =
            test::make_image(width, height, [](int x, int y) { return test::Color{x % 256, y % 256, 0}; });
        EXPECT_FALSE(check(strange, scene).same) << width << " x " << height;
        EXPECT_FALSE(check(scene, strange).same) << width << " x " << height;
    }
}

TEST(SamePicture, EveryRunGivesTheSameAnswer) {
    const Image scene = test::random_scene(3);
    const PictureFeatures query(test::turned(scene), Mirrored::kYes), photo(scene, Mirrored::kNo);
    const PairCheck first = check_pair(query, photo);
    std::array<PairCheck, 4> others;
    {
        std::vector<std::jthread> threads;
        for (auto& other : others) threads.emplace_back([&] { other = check_pair(query, photo); });
    }
    for (const PairCheck& other : others) {
        EXPECT_EQ(other.inliers, first.inliers);
        EXPECT_EQ(other.correlation, first.correlation);
    }
}

}  // namespace
}  // namespace hone
