// SPDX-License-Identifier: GPL-3.0-or-later
// Kernels for AVX-512 with VNNI: Intel since Ice Lake, AMD since Zen 4.
#include <immintrin.h>

#include "vector/kernels_levels.hpp"

namespace hone {

namespace {

// Two rows at a time: one load of the query serves both, and two sums hide each other's latency. Prefetch
// rows explicitly, because the hardware's prefetcher stops at every 4 KiB page.
constexpr std::size_t kPrefetchBytes = 4096;

void prefetch(const void* address) {
    _mm_prefetch(static_cast<const char*>(address) + kPrefetchBytes, _MM_HINT_T0);
}

template <typename Element, typename Load>
void dot_float(const float* query, const Element* rows, std::size_t count, std::size_t padded, float* out,
               Load load) {
    constexpr std::size_t kLine = 64 / sizeof(Element);
    std::size_t row = 0;
    for (; row + 2 <= count; row += 2, rows += 2 * padded) {
        __m512 first = _mm512_setzero_ps(), second = _mm512_setzero_ps();
        for (std::size_t k = 0; k < padded; k += 16) {
            if (k % kLine == 0) {
                prefetch(rows + k);
                prefetch(rows + padded + k);
            }
            const __m512 q = _mm512_loadu_ps(query + k);
            first = _mm512_fmadd_ps(q, load(rows + k), first);
            second = _mm512_fmadd_ps(q, load(rows + padded + k), second);
        }
        out[row] = _mm512_reduce_add_ps(first);
        out[row + 1] = _mm512_reduce_add_ps(second);
    }
    if (row < count) {
        __m512 sum = _mm512_setzero_ps();
        for (std::size_t k = 0; k < padded; k += 16)
            sum = _mm512_fmadd_ps(_mm512_loadu_ps(query + k), load(rows + k), sum);
        out[row] = _mm512_reduce_add_ps(sum);
    }
}

void dot_f32(const float* query, const float* rows, std::size_t count, std::size_t padded, float* out) {
    dot_float(query, rows, count, padded, out, [](const float* from) { return _mm512_loadu_ps(from); });
}

void dot_f16(const float* query, const Half* rows, std::size_t count, std::size_t padded, float* out) {
    dot_float(query, rows, count, padded, out, [](const Half* from) {
        return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
    });
}

void dot_i8(const std::int8_t* query, std::int32_t query_sum, const std::uint8_t* rows, std::size_t count,
            std::size_t padded, std::int32_t* out) {
    const auto load = [](const void* from) { return _mm512_loadu_si512(from); };
    std::size_t row = 0;
    for (; row + 2 <= count; row += 2, rows += 2 * padded) {
        __m512i first = _mm512_setzero_si512(), second = _mm512_setzero_si512();
        for (std::size_t k = 0; k < padded; k += 64) {
            prefetch(rows + k);
            prefetch(rows + padded + k);
            const __m512i q = load(query + k);
            first = _mm512_dpbusd_epi32(first, load(rows + k), q);
            second = _mm512_dpbusd_epi32(second, load(rows + padded + k), q);
        }
        out[row] = _mm512_reduce_add_epi32(first) - 128 * query_sum;
        out[row + 1] = _mm512_reduce_add_epi32(second) - 128 * query_sum;
    }
    if (row < count) {
        __m512i sum = _mm512_setzero_si512();
        for (std::size_t k = 0; k < padded; k += 64)
            sum = _mm512_dpbusd_epi32(sum, load(rows + k), load(query + k));
        out[row] = _mm512_reduce_add_epi32(sum) - 128 * query_sum;
    }
}

}  // namespace

const Kernels kAvx512Kernels{"avx512vnni", dot_f32, dot_f16, dot_i8};

}  // namespace hone
