// SPDX-License-Identifier: GPL-3.0-or-later
// Kernels for AVX2 with FMA and F16C: most x86-64 processors since 2013.
#include <immintrin.h>

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

}  // namespace

const Kernels kAvx2Kernels{"avx2", dot_f32, dot_f16, dot_i8};

}  // namespace hone
