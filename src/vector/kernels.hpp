// Inner products of one query with many rows: the heart of the exact scan. One generic form here, one file a
// CPU level, scalar always there; the level is chosen at run time. Every level is tested against scalar.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace hone {

using Half = std::uint16_t;  // IEEE 754 binary16, as bits

// Rows lie behind each other, `dimension` elements each, every row starting at a multiple of kRowAlignment
// bytes; elements between the dimension and the row's end are zero (for int8: the byte 128, which stands for
// 0).
inline constexpr std::size_t kRowAlignment = 64;

// The query is padded with zeros to the row's length in elements, `padded`, a multiple of 64 for int8, 32 for
// f16, 16 for f32.
struct Kernels {
    std::string_view name;  // "scalar", "avx2", "avx512vnni", "neon"
    // out[row] = sum query[k] * rows[row][k]
    void (*dot_f32)(const float* query, const float* rows, std::size_t count, std::size_t padded, float* out);
    void (*dot_f16)(const float* query, const Half* rows, std::size_t count, std::size_t padded, float* out);
    // Elements are value + 128 as a byte; out[row] = sum query[k] * (rows[row][k] - 128), exact on every
    // level. |query[k]| <= 127. query_sum: the sum of query[k].
    void (*dot_i8)(const std::int8_t* query, std::int32_t query_sum, const std::uint8_t* rows,
                   std::size_t count, std::size_t padded, std::int32_t* out);
};

// The best level of this processor; the same for the life of the process.
const Kernels& best_kernels();
// Every level that runs here, scalar first.
std::span<const Kernels* const> usable_kernels();

// Round to nearest even; values beyond f16's range become infinity.
Half to_half(float value);
float from_half(Half value);

}  // namespace hone
