// SPDX-License-Identifier: GPL-3.0-or-later
// Inner products of one query with many rows: the core of the exact scan. One generic form, one file per CPU
// level, scalar always built; the level is chosen at run time. Tests compare every level with scalar. Pure
// functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace hone {

using Half = std::uint16_t;  // bits of an IEEE 754 binary16

// Rows are contiguous, `padded` elements each; every row starts at a multiple of kRowAlignment bytes.
// Elements after the dimension are zero (for int8: the byte 128, which encodes 0).
inline constexpr std::size_t kRowAlignment = 64;

// Rows in tiles: sixteen rows side by side, so that one instruction compares sixteen. A tile has padded / 4
// steps of sixteen times four bytes: four elements (value + 128) of each row. padded is a multiple of 4.
inline constexpr std::size_t kTileRows = 16;
struct TiledRows {
    const std::uint8_t* codes;  // tiles x kTileRows x padded bytes
    const float* scales;        // tiles x kTileRows: what a code of 1 stands for
    const float* halves;        // half of the squared length of the encoded row; infinite: never near
    std::size_t tiles;
};
struct NearQueries {
    const std::int8_t* codes;  // count x padded
    const std::int32_t* sums;  // of a query's codes
    const float* scales;
    const float* limits;
    std::size_t count;
};

// query: the row's `padded` elements, zeros after the dimension. padded is a multiple of 64 for int8, 32 for
// f16, 16 for f32. out: count scores.
struct Kernels {
    std::string_view name;  // "scalar", "avx2", "avx512vnni", "neon"
    // out[row] = sum of query[k] * rows[row][k]
    void (*dot_f32)(const float* query, const float* rows, std::size_t count, std::size_t padded, float* out);
    void (*dot_f16)(const float* query, const Half* rows, std::size_t count, std::size_t padded, float* out);
    // Elements are bytes of value + 128. out[row] = sum of query[k] * (rows[row][k] - 128), exact on every
    // level. |query[k]| <= 127. query_sum: the sum of query[k].
    void (*dot_i8)(const std::int8_t* query, std::int32_t query_sum, const std::uint8_t* rows,
                   std::size_t count, std::size_t padded, std::int32_t* out);
    // masks[query * rows.tiles + tile]: bit r is set when query and row r are near:
    // scale of the query * scale of the row * dot product of their codes - half of the row >= limit.
    void (*near_i8)(const NearQueries& queries, const TiledRows& rows, std::size_t padded,
                    std::uint16_t* masks);
};

// Returns the best level of this processor; constant for the life of the process.
const Kernels& best_kernels();
// Returns every level that runs here, scalar first.
std::span<const Kernels* const> usable_kernels();

// Rounds to nearest even; values beyond f16's range become infinity.
Half to_half(float value);
float from_half(Half value);

}  // namespace hone
