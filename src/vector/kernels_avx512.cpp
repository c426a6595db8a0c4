// SPDX-License-Identifier: GPL-3.0-or-later
// Kernels for AVX-512 with VNNI: Intel since Ice Lake, AMD since Zen 4.
#include <immintrin.h>

#include <cstring>
#include <utility>

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

// Calls body(0) ... body(kTimes - 1) with constants, so that the arrays it indexes become registers.
template <std::size_t kTimes, typename Body>
void repeat(const Body& body) {
    [&]<std::size_t... kAt>(std::index_sequence<kAt...>) {
        (body(std::integral_constant<std::size_t, kAt>()), ...);
    }(std::make_index_sequence<kTimes>());
}

// kQueries x kTiles sums stay in registers: enough of them hide the latency of the products.
template <std::size_t kQueries, std::size_t kTiles>
void near_block(const NearQueries& queries, std::size_t first_query, const TiledRows& rows,
                std::size_t first_tile, std::size_t padded, std::uint16_t* masks) {
    __m512i dots[kQueries][kTiles];
    repeat<kQueries>([&](auto q) {
        repeat<kTiles>([&](auto t) { dots[q][t] = _mm512_set1_epi32(-128 * queries.sums[first_query + q]); });
    });
    const std::int8_t* codes = queries.codes + first_query * padded;
    const std::uint8_t* tiles = rows.codes + first_tile * kTileRows * padded;
    for (std::size_t k = 0; k < padded; k += 4) {
        __m512i step[kTiles];
        repeat<kTiles>([&](auto t) { step[t] = _mm512_loadu_si512(tiles + (t * padded + k) * kTileRows); });
        repeat<kQueries>([&](auto q) {
            int four = 0;
            std::memcpy(&four, codes + q * padded + k, sizeof four);
            const __m512i query = _mm512_set1_epi32(four);
            repeat<kTiles>([&](auto t) { dots[q][t] = _mm512_dpbusd_epi32(dots[q][t], step[t], query); });
        });
    }
    repeat<kTiles>([&](auto t) {
        const std::size_t at = (first_tile + t) * kTileRows;
        const __m512 scales = _mm512_loadu_ps(rows.scales + at), halves = _mm512_loadu_ps(rows.halves + at);
        repeat<kQueries>([&](auto q) {
            const __m512 both = _mm512_mul_ps(_mm512_set1_ps(queries.scales[first_query + q]), scales),
                         near = _mm512_fmsub_ps(_mm512_cvtepi32_ps(dots[q][t]), both, halves);
            masks[(first_query + q) * rows.tiles + first_tile + t] =
                _mm512_cmp_ps_mask(near, _mm512_set1_ps(queries.limits[first_query + q]), _CMP_GE_OQ);
        });
    });
}

template <std::size_t kQueries>
void near_queries(const NearQueries& queries, std::size_t first, const TiledRows& rows, std::size_t padded,
                  std::uint16_t* masks) {
    std::size_t tile = 0;
    for (; tile + 2 <= rows.tiles; tile += 2)
        near_block<kQueries, 2>(queries, first, rows, tile, padded, masks);
    if (tile < rows.tiles) near_block<kQueries, 1>(queries, first, rows, tile, padded, masks);
}

void near_i8(const NearQueries& queries, const TiledRows& rows, std::size_t padded, std::uint16_t* masks) {
    std::size_t query = 0;
    for (; query + 8 <= queries.count; query += 8) near_queries<8>(queries, query, rows, padded, masks);
    for (; query + 4 <= queries.count; query += 4) near_queries<4>(queries, query, rows, padded, masks);
    for (; query < queries.count; ++query) near_queries<1>(queries, query, rows, padded, masks);
}

}  // namespace

const Kernels kAvx512Kernels{"avx512vnni", dot_f32, dot_f16, dot_i8, near_i8};

}  // namespace hone
