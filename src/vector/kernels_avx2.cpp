// SPDX-License-Identifier: GPL-3.0-or-later
// Kernels for AVX2 with FMA and F16C: most x86-64 processors since 2013.
#include <immintrin.h>

#include <cstring>

#include "vector/kernels_levels.hpp"

namespace hone {

namespace {

float sum_lanes(__m256 lanes) {
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(lanes), _mm256_extractf128_ps(lanes, 1));
    four = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(four, _mm_movehdup_ps(four)));
}

// load: reads eight elements as f32.
template <typename Element, typename Load>
void dot_float(const float* query, const Element* rows, std::size_t count, std::size_t padded, float* out,
               Load load) {
    for (std::size_t row = 0; row < count; ++row, rows += padded) {
        __m256 even = _mm256_setzero_ps(), odd = _mm256_setzero_ps();
        for (std::size_t k = 0; k < padded; k += 16) {
            even = _mm256_fmadd_ps(_mm256_loadu_ps(query + k), load(rows + k), even);
            odd = _mm256_fmadd_ps(_mm256_loadu_ps(query + k + 8), load(rows + k + 8), odd);
        }
        out[row] = sum_lanes(_mm256_add_ps(even, odd));
    }
}

void dot_f32(const float* query, const float* rows, std::size_t count, std::size_t padded, float* out) {
    dot_float(query, rows, count, padded, out, [](const float* from) { return _mm256_loadu_ps(from); });
}

void dot_f16(const float* query, const Half* rows, std::size_t count, std::size_t padded, float* out) {
    dot_float(query, rows, count, padded, out, [](const Half* from) {
        return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
    });
}

// maddubs would saturate (255 * 127 * 2 > 32767), so widen the bytes to 16 bits first.
void dot_i8(const std::int8_t* query, std::int32_t query_sum, const std::uint8_t* rows, std::size_t count,
            std::size_t padded, std::int32_t* out) {
    for (std::size_t row = 0; row < count; ++row, rows += padded) {
        __m256i even = _mm256_setzero_si256(), odd = _mm256_setzero_si256();
        for (std::size_t k = 0; k < padded; k += 32) {
            const auto q = [&](std::size_t at) {
                return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(query + at)));
            };
            const auto r = [&](std::size_t at) {
                return _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(rows + at)));
            };
            even = _mm256_add_epi32(even, _mm256_madd_epi16(q(k), r(k)));
            odd = _mm256_add_epi32(odd, _mm256_madd_epi16(q(k + 16), r(k + 16)));
        }
        const __m256i lanes = _mm256_add_epi32(even, odd);
        __m128i four = _mm_add_epi32(_mm256_castsi256_si128(lanes), _mm256_extracti128_si256(lanes, 1));
        four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4E));
        four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0xB1));
        out[row] = _mm_cvtsi128_si32(four) - 128 * query_sum;
    }
}

// Even and odd bytes are widened to 16 bits apart, so that nothing saturates.
void near_i8(const NearQueries& queries, const TiledRows& rows, std::size_t padded, std::uint16_t* masks) {
    const __m256i low = _mm256_set1_epi16(0xFF);
    for (std::size_t query = 0; query < queries.count; ++query) {
        const std::int8_t* codes = queries.codes + query * padded;
        const __m256i offset = _mm256_set1_epi32(-128 * queries.sums[query]);
        const __m256 scale = _mm256_set1_ps(queries.scales[query]),
                     limit = _mm256_set1_ps(queries.limits[query]);
        for (std::size_t tile = 0; tile < rows.tiles; ++tile) {
            __m256i dots[2] = {offset, offset};
            const std::uint8_t* step = rows.codes + tile * kTileRows * padded;
            for (std::size_t k = 0; k < padded; k += 4, step += 4 * kTileRows) {
                int four = 0;
                std::memcpy(&four, codes + k, sizeof four);
                const __m256i q = _mm256_set1_epi32(four),
                              even = _mm256_srai_epi16(_mm256_slli_epi16(q, 8), 8),
                              odd = _mm256_srai_epi16(q, 8);
                for (int half = 0; half < 2; ++half) {
                    const __m256i r = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(step + 32 * half));
                    dots[half] =
                        _mm256_add_epi32(dots[half], _mm256_madd_epi16(even, _mm256_and_si256(r, low)));
                    dots[half] =
                        _mm256_add_epi32(dots[half], _mm256_madd_epi16(odd, _mm256_srli_epi16(r, 8)));
                }
            }
            unsigned mask = 0;
            for (std::size_t half = 0; half < 2; ++half) {
                const std::size_t at = tile * kTileRows + 8 * half;
                const __m256 both = _mm256_mul_ps(scale, _mm256_loadu_ps(rows.scales + at)),
                             near = _mm256_fmsub_ps(_mm256_cvtepi32_ps(dots[half]), both,
                                                    _mm256_loadu_ps(rows.halves + at));
                mask |= static_cast<unsigned>(_mm256_movemask_ps(_mm256_cmp_ps(near, limit, _CMP_GE_OQ)))
                        << (8 * half);
            }
            masks[query * rows.tiles + tile] = static_cast<std::uint16_t>(mask);
        }
    }
}

}  // namespace

const Kernels kAvx2Kernels{"avx2", dot_f32, dot_f16, dot_i8, near_i8};

}  // namespace hone
