// SPDX-License-Identifier: GPL-3.0-or-later
// The in-memory candidate scan and the grouping of pairs.
#include "ingest/near_duplicates.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <mutex>
#include <numeric>
#include <tuple>

#include "base/parallel.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace hone {

namespace {

// Rows of six hashes, one array per kind of hash: plain, then the crops.
using StoredHashes = std::array<const std::uint64_t*, 6>;

// out[photo] = hash_distance(query, photo).
[[gnu::always_inline]] inline void distances_of(const PhotoHashes& query, const StoredHashes& stored,
                                                std::size_t photos, std::uint8_t* out) {
    for (std::size_t photo = 0; photo < photos; ++photo) {
        int least = 64;
        for (const std::uint64_t* kind : stored) {
            for (const auto turned : query.turned)
                least = std::min(least, std::popcount(turned ^ kind[photo]));
        }
        for (const auto crop : query.crops) least = std::min(least, std::popcount(crop ^ stored[0][photo]));
        out[photo] = static_cast<std::uint8_t>(least);
    }
}

void distances_anywhere(const PhotoHashes& query, const StoredHashes& stored, std::size_t photos,
                        std::uint8_t* out) {
    distances_of(query, stored, photos, out);
}

#if defined(__x86_64__)
// Faster: available on every processor since 2008, but not part of the x86-64 baseline.
[[gnu::target("popcnt")]] void distances_popcnt(const PhotoHashes& query, const StoredHashes& stored,
                                                std::size_t photos, std::uint8_t* out) {
    distances_of(query, stored, photos, out);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // in GCC's own header: bug 105593
// Eight photos at a time, on servers since Ice Lake and AMD since Zen 4.
[[gnu::target("avx512f,avx512vpopcntdq")]] void distances_avx512(const PhotoHashes& query,
                                                                 const StoredHashes& stored,
                                                                 std::size_t photos, std::uint8_t* out) {
    constexpr std::size_t kLanes = 8;
    std::size_t photo = 0;
    for (; photo + kLanes <= photos; photo += kLanes) {
        const __m512i plain = _mm512_loadu_si512(stored[0] + photo);
        __m512i least = _mm512_set1_epi64(64);
        for (const std::uint64_t hash : query.crops) {
            const __m512i differs = _mm512_xor_si512(_mm512_set1_epi64(static_cast<long long>(hash)), plain);
            least = _mm512_min_epu64(least, _mm512_popcnt_epi64(differs));
        }
        for (const std::uint64_t* kind : stored) {
            const __m512i hashes = _mm512_loadu_si512(kind + photo);
            for (const std::uint64_t hash : query.turned) {
                const __m512i differs =
                    _mm512_xor_si512(_mm512_set1_epi64(static_cast<long long>(hash)), hashes);
                least = _mm512_min_epu64(least, _mm512_popcnt_epi64(differs));
            }
        }
        _mm_storeu_si64(out + photo, _mm512_cvtepi64_epi8(least));
    }
    StoredHashes rest = stored;
    for (const std::uint64_t*& kind : rest) kind += photo;
    distances_popcnt(query, rest, photos - photo, out + photo);
}
#pragma GCC diagnostic pop
#endif

void hash_distances(const PhotoHashes& query, const StoredHashes& stored, std::size_t photos,
                    std::uint8_t* out) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vpopcntdq"))
        return distances_avx512(query, stored, photos, out);
    if (__builtin_cpu_supports("popcnt")) return distances_popcnt(query, stored, photos, out);
#endif
    distances_anywhere(query, stored, photos, out);
}

// Scales the largest component to 127. Returns the size of one step.
float quantize(const StyleVector& style, std::array<std::int8_t, kStyleDimension>& out) {
    float largest = 1e-9F;
    for (const float value : style) largest = std::max(largest, std::abs(value));
    const float step = largest / 127;
    for (std::size_t axis = 0; axis < kStyleDimension; ++axis)
        out[axis] = static_cast<std::int8_t>(std::lround(style[axis] / step));
    return step;
}

}  // namespace

int near_duplicate_count(std::size_t photos) {
    constexpr double kLeast = 5, kMeasuredAt = 1400;
    return static_cast<int>(std::ceil(kLeast * (1 + std::max(0.0, std::log10(photos / kMeasuredAt)))));
}

NearDuplicateIndex::NearDuplicateIndex(const fs::path& folder) {
    const auto in_file = [&](auto& array) {
        if (auto bytes = MappedBytes::scratch(folder))
            array = std::remove_reference_t<decltype(array)>(std::move(*bytes));
    };
    in_file(photos_);
    in_file(styles_);
    in_file(scales_);
    for (auto& kind : hashes_) in_file(kind);
    in_file(row_of_photo_);
}

Result<> NearDuplicateIndex::grow(std::size_t rows) {
    HONE_CHECK(photos_.grow(rows));
    HONE_CHECK(styles_.grow(rows));
    HONE_CHECK(scales_.grow(rows));
    for (auto& kind : hashes_) HONE_CHECK(kind.grow(rows));
    return {};
}

Result<> NearDuplicateIndex::add(PhotoNumber photo, const StyleVector& style, const PhotoHashes& hashes) {
    HONE_CHECK(row_of_photo_.grow(std::size_t{photo} + 1));
    if (row_of_photo_[photo] == 0) {
        HONE_CHECK(grow(size_ + 1));
        photos_[size_] = photo;
        row_of_photo_[photo] = static_cast<std::uint32_t>(++size_);
    }
    const std::size_t row = row_of_photo_[photo] - 1;
    std::array<std::int8_t, kStyleDimension> values;
    scales_[row] = quantize(style, values);
    for (std::size_t axis = 0; axis < kStyleDimension; ++axis)
        styles_[row].bytes[axis] = static_cast<std::uint8_t>(values[axis] + 128);
    hashes_[0][row] = hashes.plain();
    for (std::size_t crop = 0; crop < hashes.crops.size(); ++crop)
        hashes_[1 + crop][row] = hashes.crops[crop];
    return {};
}

void NearDuplicateIndex::move_row(std::size_t from, std::size_t to) {
    photos_[to] = photos_[from];
    styles_[to] = styles_[from];
    scales_[to] = scales_[from];
    for (auto& kind : hashes_) kind[to] = kind[from];
    row_of_photo_[photos_[to]] = static_cast<std::uint32_t>(to + 1);
}

bool NearDuplicateIndex::remove(PhotoNumber photo) {
    if (photo >= row_of_photo_.capacity() || row_of_photo_[photo] == 0) return false;
    const std::size_t row = row_of_photo_[photo] - 1;
    row_of_photo_[photo] = 0;
    --size_;
    if (row < size_) move_row(size_, row);
    return true;
}

std::vector<NearDuplicateCandidate> NearDuplicateIndex::candidates(const StyleVector& style,
                                                                   const PhotoHashes& hashes,
                                                                   std::optional<PhotoNumber> except,
                                                                   int count, unsigned threads) const {
    std::array<std::int8_t, kStyleDimension> query;
    const float step = quantize(style, query);
    const std::int32_t query_sum = std::accumulate(query.begin(), query.end(), 0);
    const std::size_t wanted = count < 1 ? near_duplicate_count(size()) : count;
    const auto by_style = [](const NearDuplicateCandidate& a, const NearDuplicateCandidate& b) {
        return std::tuple(b.similarity, a.distance, a.photo) < std::tuple(a.similarity, b.distance, b.photo);
    };
    const auto by_hash = [](const NearDuplicateCandidate& a, const NearDuplicateCandidate& b) {
        return std::tuple(a.distance, b.similarity, a.photo) < std::tuple(b.distance, a.similarity, b.photo);
    };
    // Keeps the `wanted` best: a heap with the worst of them on top.
    const auto keep = [&](std::vector<NearDuplicateCandidate>& heap, const NearDuplicateCandidate& one,
                          const auto& better) {
        if (heap.size() == wanted) {
            if (!better(one, heap.front())) return;
            std::ranges::pop_heap(heap, better);
            heap.pop_back();
        }
        heap.push_back(one);
        std::ranges::push_heap(heap, better);
    };
    // Rows of a block stay in the processor's cache between the three passes.
    constexpr std::size_t kBlock = 2048, kRowsOfThread = 32'768;
    std::mutex merging;
    std::vector<NearDuplicateCandidate> styles, nearest;
    in_parallel(
        size(), threads,
        [&](std::size_t first, std::size_t last) {
            std::array<std::int32_t, kBlock> products;
            std::array<std::uint8_t, kBlock> distances;
            std::vector<NearDuplicateCandidate> best_styles, best_hashes;
            for (std::size_t block = first; block < last; block += kBlock) {
                const std::size_t rows = std::min(kBlock, last - block);
                best_kernels().dot_i8(query.data(), query_sum, styles_[block].bytes.data(), rows,
                                      kStyleDimension, products.data());
                StoredHashes stored;
                for (std::size_t kind = 0; kind < kHashes; ++kind)
                    stored[kind] = hashes_[kind].data() + block;
                hash_distances(hashes, stored, rows, distances.data());
                for (std::size_t row = 0; row < rows; ++row) {
                    const NearDuplicateCandidate one{
                        photos_[block + row], products[row] * step * scales_[block + row], distances[row]};
                    if (one.photo == except) continue;
                    keep(best_styles, one, by_style);
                    keep(best_hashes, one, by_hash);
                }
            }
            const std::lock_guard lock(merging);
            for (const NearDuplicateCandidate& one : best_styles) keep(styles, one, by_style);
            for (const NearDuplicateCandidate& one : best_hashes) keep(nearest, one, by_hash);
        },
        kRowsOfThread);
    styles.insert(styles.end(), nearest.begin(), nearest.end());
    std::ranges::sort(styles, by_style);
    const auto twice = std::ranges::unique(styles, {}, &NearDuplicateCandidate::photo);
    styles.erase(twice.begin(), twice.end());
    return styles;
}

}  // namespace hone
