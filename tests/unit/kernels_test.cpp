// SPDX-License-Identifier: GPL-3.0-or-later
// Every CPU level compared with scalar.
#include "vector/kernels.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace hone {
namespace {

constexpr std::size_t kRows = 37;  // odd, so levels that process two rows at a time have a remainder

template <typename Number, typename Make>
std::vector<Number> make(std::size_t count, Make make_one) {
    std::vector<Number> numbers(count);
    for (auto& number : numbers) number = make_one();
    return numbers;
}

class Levels : public testing::TestWithParam<std::size_t> {
  protected:
    std::mt19937 random{7};
    std::normal_distribution<float> normal{0, 1};
    const Kernels& scalar = *usable_kernels().front();
};

TEST_P(Levels, F32AgreesWithScalar) {
    const std::size_t padded = (GetParam() + 15) / 16 * 16;
    const auto query = make<float>(padded, [&] { return normal(random); });
    const auto rows = make<float>(padded * kRows, [&] { return normal(random); });
    std::vector<float> expected(kRows), got(kRows);
    scalar.dot_f32(query.data(), rows.data(), kRows, padded, expected.data());
    for (const Kernels* level : usable_kernels()) {
        level->dot_f32(query.data(), rows.data(), kRows, padded, got.data());
        for (std::size_t row = 0; row < kRows; ++row)
            EXPECT_NEAR(got[row], expected[row], 1e-5 * static_cast<double>(padded)) << level->name;
    }
}

TEST_P(Levels, F16AgreesWithScalar) {
    const std::size_t padded = (GetParam() + 31) / 32 * 32;
    const auto query = make<float>(padded, [&] { return normal(random); });
    const auto rows = make<Half>(padded * kRows, [&] { return to_half(normal(random)); });
    std::vector<float> expected(kRows), got(kRows);
    scalar.dot_f16(query.data(), rows.data(), kRows, padded, expected.data());
    for (const Kernels* level : usable_kernels()) {
        level->dot_f16(query.data(), rows.data(), kRows, padded, got.data());
        for (std::size_t row = 0; row < kRows; ++row)
            EXPECT_NEAR(got[row], expected[row], 1e-5 * static_cast<double>(padded)) << level->name;
    }
}

TEST_P(Levels, Int8IsExactlyTheSame) {
    const std::size_t padded = (GetParam() + 63) / 64 * 64;
    std::uniform_int_distribution<int> q(-127, 127), r(0, 255);
    auto query = make<std::int8_t>(padded, [&] { return static_cast<std::int8_t>(q(random)); });
    auto rows = make<std::uint8_t>(padded * kRows, [&] { return static_cast<std::uint8_t>(r(random)); });
    // The extreme values at which saturating instructions would be wrong.
    std::fill_n(query.begin(), padded / 2, std::int8_t{127});
    std::fill_n(rows.begin(), padded, std::uint8_t{255});
    std::fill_n(rows.begin() + static_cast<std::ptrdiff_t>(padded), padded, std::uint8_t{0});
    std::int32_t sum = 0;
    for (const std::int8_t value : query) sum += value;
    std::vector<std::int32_t> expected(kRows), got(kRows);
    scalar.dot_i8(query.data(), sum, rows.data(), kRows, padded, expected.data());
    std::int32_t by_hand = 0;
    for (std::size_t k = 0; k < padded; ++k) by_hand += query[k] * (rows[k] - 128);
    EXPECT_EQ(expected[0], by_hand);
    for (const Kernels* level : usable_kernels()) {
        level->dot_i8(query.data(), sum, rows.data(), kRows, padded, got.data());
        EXPECT_EQ(got, expected) << level->name;
    }
}

TEST_P(Levels, NearRowsAreTheSame) {
    const std::size_t padded = (GetParam() + 3) / 4 * 4, tiles = 5,
                      queries = 13;  // odd, so that blocks have remainders
    std::uniform_int_distribution<int> q(-127, 127), r(1, 255);
    auto codes = make<std::int8_t>(padded * queries, [&] { return static_cast<std::int8_t>(q(random)); });
    auto rows =
        make<std::uint8_t>(padded * tiles * kTileRows, [&] { return static_cast<std::uint8_t>(r(random)); });
    // The extreme values at which saturating instructions would be wrong.
    std::fill_n(codes.begin(), padded, std::int8_t{127});
    std::fill_n(rows.begin(), padded * kTileRows, std::uint8_t{255});
    std::vector<std::int32_t> sums(queries);
    for (std::size_t at = 0; at < codes.size(); ++at) sums[at / padded] += codes[at];
    // Powers of two keep every product exact, so that levels can be compared bit for bit.
    const std::vector<float> scales(queries, 0.5F), row_scales(tiles * kTileRows, 0.25F);
    const auto halves = make<float>(tiles * kTileRows, [&] { return std::round(normal(random) * 64); });
    const auto limits = make<float>(queries, [&] { return std::round(normal(random) * 64); });
    const auto masks_of = [&](const Kernels& level) {
        std::vector<std::uint16_t> masks(queries * tiles);
        level.near_i8({codes.data(), sums.data(), scales.data(), limits.data(), queries},
                      {rows.data(), row_scales.data(), halves.data(), tiles}, padded, masks.data());
        return masks;
    };
    const std::vector<std::uint16_t> expected = masks_of(scalar);
    for (std::size_t query = 0; query < queries; ++query) {
        for (std::size_t row = 0; row < tiles * kTileRows; ++row) {
            std::int32_t dot = 0;
            for (std::size_t k = 0; k < padded; ++k) {
                const std::size_t at = row / kTileRows * kTileRows * padded + k / 4 * 4 * kTileRows +
                                       row % kTileRows * 4 + k % 4;
                dot += codes[query * padded + k] * (rows[at] - 128);
            }
            const bool near = static_cast<float>(dot) * 0.125F - halves[row] >= limits[query];
            EXPECT_EQ((expected[query * tiles + row / kTileRows] >> row % kTileRows & 1) != 0, near);
        }
    }
    for (const Kernels* level : usable_kernels()) EXPECT_EQ(masks_of(*level), expected) << level->name;
}

INSTANTIATE_TEST_SUITE_P(Dimensions, Levels, testing::Values(1, 16, 64, 100, 384, 512, 768, 1152));

TEST(Half, EveryValueGoesBothWays) {
    for (std::uint32_t bits = 0; bits < 65'536; ++bits) {
        const auto half = static_cast<Half>(bits);
        const float value = from_half(half);
        if (std::isnan(value))
            EXPECT_TRUE(std::isnan(from_half(to_half(value))));
        else
            EXPECT_EQ(to_half(value), half) << bits;
    }
}

TEST(Half, RoundsToNearestEven) {
    EXPECT_EQ(to_half(1.0F), 0x3C00);
    EXPECT_EQ(to_half(1.0F + 0x1p-11F), 0x3C00) << "half way down to even";
    EXPECT_EQ(to_half(1.0F + 0x1p-10F + 0x1p-11F), 0x3C02) << "half way up to even";
    EXPECT_EQ(to_half(65504.0F), 0x7BFF);
    EXPECT_EQ(to_half(65520.0F), 0x7C00);
    EXPECT_EQ(to_half(0x1p-24F), 0x0001);
    EXPECT_EQ(to_half(-0.0F), 0x8000);
}

}  // namespace
}  // namespace hone
