// SPDX-License-Identifier: GPL-3.0-or-later
// Difference hashes and their distances.
#include "analyze/hashes.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/style_images.hpp"

namespace hone {
namespace {

TEST(Hashes, BitsSayWhereItGetsBrighter) {
    const auto ramp = test::make_image(256, 192, [](int x, int) { return test::Color{x, x, x}; });
    EXPECT_EQ(describe_hashes(ramp).plain(), ~std::uint64_t{0});
    EXPECT_EQ(describe_hashes(test::mirrored(ramp)).plain(), 0U);
    // Only the upper half becomes brighter: rows 0..3.
    const auto half = test::make_image(256, 192, [](int x, int y) {
        const int value = y < 96 ? x : 255 - x;
        return test::Color{value, value, value};
    });
    EXPECT_EQ(describe_hashes(half).plain(), 0x00000000FFFFFFFFU);
    // Brighter only from the first to the second of nine columns.
    const auto step = test::make_image(270, 192, [](int x, int) {
        const int value = x < 30 ? 0 : 200;
        return test::Color{value, value, value};
    });
    EXPECT_EQ(describe_hashes(step).plain(), 0x0101010101010101U);
}

// The eight versions equal the hashes of the rotated and flipped images themselves.
TEST(Hashes, TurnedAndMirroredVersions) {
    const Image scene = test::random_scene(5, 256, 180);
    const PhotoHashes hashes = describe_hashes(scene);
    Image image = scene;
    for (int turn = 0; turn < 4; ++turn) {
        EXPECT_EQ(hashes.turned[turn], describe_hashes(image).plain()) << turn;
        image = test::turned(image);
    }
    image = test::mirrored(scene);
    for (int turn = 0; turn < 4; ++turn) {
        EXPECT_EQ(hashes.turned[4 + turn], describe_hashes(image).plain()) << "mirrored, " << turn;
        image = test::turned(image);
    }
    EXPECT_EQ(std::set(hashes.turned.begin(), hashes.turned.end()).size(), 8U);
}

TEST(Hashes, CropsAreTheMiddle) {
    const Image scene = test::random_scene(6, 200, 160);
    const auto middle = [&](int width, int height) {
        return test::moved(scene, width, height, [&](int x, int y) {
            return std::pair{x + (200 - width) / 2, y + (160 - height) / 2};
        });
    };
    const PhotoHashes hashes = describe_hashes(scene);
    EXPECT_EQ(hashes.crops[0], describe_hashes(middle(190, 152)).plain());
    EXPECT_EQ(hashes.crops[1], describe_hashes(middle(180, 144)).plain());
    EXPECT_EQ(hashes.crops[3], describe_hashes(middle(140, 112)).plain());
    EXPECT_EQ(hashes.crops[4], describe_hashes(middle(100, 80)).plain());
}

TEST(Hashes, DistanceCountsBits) {
    EXPECT_EQ(hamming_distance(0, 0), 0);
    EXPECT_EQ(hamming_distance(0xF0, 0x0F), 8);
    EXPECT_EQ(hamming_distance(0, ~std::uint64_t{0}), 64);
}

TEST(Hashes, DistanceSeesThroughTurnsAndCrops) {
    const Image scene = test::random_scene(7, 240, 180);
    const PhotoHashes whole = describe_hashes(scene);
    const PhotoHashes other = describe_hashes(test::random_scene(8, 240, 180));
    const PhotoHashes turned = describe_hashes(test::turned(test::mirrored(scene)));
    const PhotoHashes part =
        describe_hashes(test::moved(scene, 168, 126, [](int x, int y) { return std::pair{x + 36, y + 27}; }));
    EXPECT_EQ(hash_distance(whole, whole), 0);
    EXPECT_EQ(hash_distance(turned, whole), 0);
    EXPECT_EQ(hash_distance(whole, turned), 0);
    EXPECT_EQ(hash_distance(part, whole), 0) << "70 % cut out of the photo";
    EXPECT_EQ(hash_distance(whole, part), 0) << "the photo is what was cut out";
    EXPECT_GT(hash_distance(whole, other), 8);
    EXPECT_GT(hamming_distance(part.plain(), whole.plain()), 8) << "the plain hash alone does not find it";
}

TEST(Hashes, AreHarmlessForStrangeSizes) {
    const std::pair<int, int> sizes[] = {{1, 1}, {1, 9}, {5, 1}, {3, 2}, {2000, 1}, {1, 2000}};
    for (const auto& [width, height] : sizes) {
        const Image plain = test::make_image(width, height, [](int, int) { return test::Color{9, 9, 9}; });
        EXPECT_EQ(describe_hashes(plain), PhotoHashes{}) << "nothing gets brighter";
    }
}

}  // namespace
}  // namespace hone
