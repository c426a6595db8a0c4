// SPDX-License-Identifier: GPL-3.0-or-later
// Kernels for any processor; the reference for the other levels.
#include "vector/kernels_levels.hpp"

namespace hone {

namespace {

void dot_f32(const float* query, const float* rows, std::size_t count, std::size_t padded, float* out) {
    for (std::size_t row = 0; row < count; ++row, rows += padded) {
        float sum[8] = {};
        for (std::size_t k = 0; k < padded; k += 8) {
            for (std::size_t lane = 0; lane < 8; ++lane) sum[lane] += query[k + lane] * rows[k + lane];
        }
        out[row] = ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
    }
}

void dot_f16(const float* query, const Half* rows, std::size_t count, std::size_t padded, float* out) {
    for (std::size_t row = 0; row < count; ++row, rows += padded) {
        float sum = 0;
        for (std::size_t k = 0; k < padded; ++k) sum += query[k] * from_half(rows[k]);
        out[row] = sum;
    }
}

void dot_i8(const std::int8_t* query, std::int32_t query_sum, const std::uint8_t* rows, std::size_t count,
            std::size_t padded, std::int32_t* out) {
    for (std::size_t row = 0; row < count; ++row, rows += padded) {
        std::int32_t sum = 0;
        for (std::size_t k = 0; k < padded; ++k) sum += std::int32_t{query[k]} * rows[k];
        out[row] = sum - 128 * query_sum;
    }
}

}  // namespace

void near_i8_scalar(const NearQueries& queries, const TiledRows& rows, std::size_t padded,
                    std::uint16_t* masks) {
    for (std::size_t query = 0; query < queries.count; ++query) {
        const std::int8_t* codes = queries.codes + query * padded;
        for (std::size_t tile = 0; tile < rows.tiles; ++tile) {
            std::int32_t dots[kTileRows] = {};
            const std::uint8_t* step = rows.codes + tile * kTileRows * padded;
            for (std::size_t k = 0; k < padded; k += 4, step += 4 * kTileRows) {
                for (std::size_t row = 0; row < kTileRows; ++row) {
                    for (std::size_t part = 0; part < 4; ++part)
                        dots[row] += std::int32_t{codes[k + part]} * step[4 * row + part];
                }
            }
            unsigned mask = 0;
            for (std::size_t row = 0; row < kTileRows; ++row) {
                const std::size_t at = tile * kTileRows + row;
                const auto dot = static_cast<float>(dots[row] - 128 * queries.sums[query]);
                if (dot * (queries.scales[query] * rows.scales[at]) - rows.halves[at] >=
                    queries.limits[query])
                    mask |= 1U << row;
            }
            masks[query * rows.tiles + tile] = static_cast<std::uint16_t>(mask);
        }
    }
}

const Kernels kScalarKernels{"scalar", dot_f32, dot_f16, dot_i8, near_i8_scalar};

}  // namespace hone
