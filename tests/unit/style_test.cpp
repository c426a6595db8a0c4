// SPDX-License-Identifier: GPL-3.0-or-later
// Style numbers, bytes and vectors compared with the reference.
#include "analyze/style.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <thread>

#include "tests/support/style_images.hpp"

namespace hone {
namespace {

// The reference's results (look/golden.json) for test::golden_style_images().
const std::string_view kGolden[] = {
    // grey_ramp
    "2865747a7f5d000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "000000000000c8d2ef102e3c350e44a9a1a0a4f5d6aea1fedcf0e06685728c8183d7f47efcdf8dd71a7a818147828284"
    "8489828f81817f818385848c829281817f8182838389828181818181818284899f8d8c8b8ae688898586858988228786"
    "83848486864c868583848385860000e704fde405fbde0eefdc0af8d81becd70af8d715f2d5",
    // red_blue
    "000000000000000000000000000000980028000000550016000000000000000000000000000000000000000000000000"
    "000000000000000000000000000000000000000000000000002e00390000006700800000000000000000000000000000"
    "0000000000006d4d01e4c69084de9a7fd5787f79887e7f7f6bc881b385728c81847f00f6fc428da81a7d818184828284"
    "8489827c818185818385848c827e81818981828383898282818181818182898389b3cef72794888985868589889f8786"
    "8384848686b586858384838586e67892de7792e4778edc748ee9768be9728cee768bed758b",
    // checker16
    "42a80000559f000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "00000000000001dbad025d371a0479a9a1a0a4f5d6aea1fedcf0e066858869645dd700befc32f9d71a7c8181e7828284"
    "8489846481927887d285848c92c6bc484ea16f289446196d6d79737c756c7581818d8c8b8a7a88cd857885cc887cab57"
    "9b7c2086327cf77cd87b625566fe00e7f8fde402fbdeffefdc08f8d80cecd708f8d709f2d5",
    // colour_mix
    "02101a1d1f100e11173210170c1018330f1609061821111507021716131506021714171d0703191a192d0b081c331940"
    "0d081e2d193609031b171a2008021a1216140a031a14110e0e0f1b220e0c112318320c090f1b162e0c0b0e1616340e13"
    "0e121638101d31362b221e120b2adb7c6d787c04d27f7e8950538ab43a97f1bba3d71673ab7cdcd81aab427f752b8286"
    "8a8a9acf8f822d7a84b192943f003887836e860dd3b4769193968b9a8b84838a96677779538a8ddb4b928589888b88f8"
    "65948487868f89c952ac858787df7c90d17d8f0461b2f551a63cc11340a2035a85645b835e",
    // portrait_sky
    "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "000000000000000000000000000027082b0900003c1939160016457d323300241b9b0f23000000000000000000000000"
    "0000000000007865310ff1be9d1b987d727a6ea881cb769c94b381b367899683817f07be53258d81b27d818182828284"
    "8489827d818181818385848c826f81817e81828383898282818181818181818183948d8e948888898593858988888786"
    "839f84868687868583b6838586edc181e5c08102bf81ffb98124b2832dad833a9f933e9d93",
};
constexpr float kGoldenSimilarity[5][5] = {
    {1.0000F, 0.3034F, 0.3162F, 0.1334F, 0.1928F},  {0.3034F, 1.0000F, 0.1527F, 0.2940F, 0.5542F},
    {0.3162F, 0.1527F, 1.0000F, -0.0377F, 0.1685F}, {0.1334F, 0.2940F, -0.0377F, 1.0000F, 0.3080F},
    {0.1928F, 0.5542F, 0.1685F, 0.3080F, 1.0000F},
};

int golden_byte(std::string_view hex, std::size_t at) {
    return std::stoi(std::string(hex.substr(2 * at, 2)), nullptr, 16);
}

float similarity(const StyleVector& a, const StyleVector& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0F);
}

TEST(Style, GivesTheReferencesBytes) {
    const auto images = test::golden_style_images();
    for (std::size_t image = 0; image < images.size(); ++image) {
        ASSERT_EQ(kGolden[image].size(), 2 * kStyleSize);
        const StyleBytes bytes = describe_style(images[image]);
        for (std::size_t at = 0; at < kStyleSize; ++at) {
            const int expected = golden_byte(kGolden[image], at);
            // Compares as signed bytes, so that 0 and 255 are neighbours where they encode 0 and -1.
            EXPECT_LE(std::abs(static_cast<std::int8_t>(bytes[at] - expected)), 2)
                << "image " << image << ", number " << at << ": " << int{bytes[at]} << ", not " << expected;
        }
    }
}

TEST(Style, GivesTheReferencesSimilarities) {
    const auto images = test::golden_style_images();
    std::array<StyleVector, 5> vectors;
    for (std::size_t image = 0; image < 5; ++image)
        vectors[image] = style_vector(describe_style(images[image]));
    for (std::size_t row = 0; row < 5; ++row) {
        for (std::size_t column = 0; column < 5; ++column)
            EXPECT_NEAR(similarity(vectors[row], vectors[column]), kGoldenSimilarity[row][column], .02)
                << row << ", " << column;
    }
}

TEST(Style, NumbersComeBackFromTheBytes) {
    const Image image = test::random_scene(3);
    const StyleNumbers exact = style_numbers(image), stored = style_numbers(describe_style(image));
    for (std::size_t at = 0; at < 102; ++at) EXPECT_NEAR(exact[at], stored[at], .5 / 255 + 1e-6) << at;
    EXPECT_NEAR(exact[109], stored[109], .01) << "mean lightness";
    EXPECT_NEAR(stored[136], std::log(256.0 / 192), .02) << "aspect";
    float sum = 0;
    for (std::size_t at = 0; at < 102; ++at) sum += exact[at] * exact[at];
    EXPECT_NEAR(sum, 1, 1e-4) << "the colour block is the square root of shares";
}

TEST(Style, IsAboutStylesNotPlaces) {
    const StyleVector scene = style_vector(describe_style(test::random_scene(1)));
    const StyleVector mirrored = style_vector(describe_style(test::mirrored(test::random_scene(1))));
    const StyleVector other = style_vector(describe_style(test::golden_style_images()[0]));
    EXPECT_GT(similarity(scene, mirrored), .95);
    EXPECT_LT(similarity(scene, other), .5);
}

TEST(StyleImage, HasTheLongerSide256) {
    const auto size = [](int width, int height) {
        const Image out =
            style_image({width, height, std::vector<std::uint8_t>(std::size_t{3} * width * height, 77)});
        EXPECT_EQ(out.rgb.size(), std::size_t{3} * out.width * out.height);
        EXPECT_THAT(out.rgb, testing::Each(77)) << width << " x " << height;
        return std::pair{out.width, out.height};
    };
    EXPECT_EQ(size(1000, 500), std::pair(256, 128));
    EXPECT_EQ(size(500, 1000), std::pair(128, 256));
    EXPECT_EQ(size(256, 100), std::pair(256, 100));
    EXPECT_EQ(size(40, 30), std::pair(256, 192)) << "enlarged";
    EXPECT_EQ(size(10'000, 2), std::pair(256, 16)) << "reduced along, enlarged across";
    EXPECT_EQ(size(1, 1), std::pair(256, 256));
}

TEST(StyleImage, ReducesByTheMeanOfTheArea) {
    const Image fine =
        test::make_image(512, 512, [](int x, int) { return test::Color{x % 2 ? 200 : 100, 0, 0}; });
    const Image out = style_image(fine);
    EXPECT_EQ(out.row(100)[3 * 100], 150);
}

// Strange sizes and images without contrast: every number is finite.
TEST(Style, IsHarmlessForStrangePictures) {
    const std::pair<int, int> sizes[] = {{1, 1},    {1, 7},    {9, 1},     {2, 2},
                                         {3000, 1}, {1, 3000}, {2000, 20}, {17, 300}};
    for (const auto& [width, height] : sizes) {
        for (const int value : {0, 128, 255}) {
            const Image plain =
                test::make_image(width, height, [&](int, int) { return test::Color{value, value, value}; });
            const Image noisy = test::make_image(width, height, [&](int x, int y) {
                return test::Color{x * 31 % 256, y * 57 % 256, (x + y) * 91 % 256};
            });
            for (const Image* image : {&plain, &noisy}) {
                for (const float number : style_numbers(*image))
                    ASSERT_TRUE(std::isfinite(number)) << width << " x " << height << ", " << value;
                const StyleVector vector = style_vector(describe_style(*image));
                EXPECT_NEAR(similarity(vector, vector), 1, 1e-3);
            }
        }
    }
}

TEST(Style, IsTheSameOnEveryThread) {
    const Image image = test::random_scene(9);
    const StyleBytes expected = describe_style(image);
    std::array<StyleBytes, 4> got;
    {
        std::vector<std::jthread> threads;
        for (auto& bytes : got) threads.emplace_back([&] { bytes = describe_style(image); });
    }
    EXPECT_THAT(got, testing::Each(expected));
}

TEST(Style, FingerprintNamesVersionAndConstants) {
    EXPECT_THAT(std::string(style_fingerprint()), testing::MatchesRegex("look-1-[0-9a-f]+"));
    EXPECT_EQ(style_fingerprint().size(), 7U + 12U);
}

}  // namespace
}  // namespace hone
