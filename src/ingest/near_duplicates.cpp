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

namespace hone {

namespace {

using StoredHashes = std::array<std::uint64_t, 6>;

// out[photo] = hash_distance(query, photo).
[[gnu::always_inline]] inline void distances_of(const PhotoHashes& query,
                                                std::span<const StoredHashes> photos, std::uint8_t* out) {
    for (std::size_t photo = 0; photo < photos.size(); ++photo) {
        int least = 64;
        for (const auto stored : photos[photo]) {
            for (const auto turned : query.turned) least = std::min(least, std::popcount(turned ^ stored));
        }
        for (const auto crop : query.crops) least = std::min(least, std::popcount(crop ^ photos[photo][0]));
        out[photo] = static_cast<std::uint8_t>(least);
    }
}

void distances_anywhere(const PhotoHashes& query, std::span<const StoredHashes> photos, std::uint8_t* out) {
    distances_of(query, photos, out);
}

#if defined(__x86_64__)
// Faster: available on every processor since 2008, but not part of the x86-64 baseline.
[[gnu::target("popcnt")]] void distances_popcnt(const PhotoHashes& query,
                                                std::span<const StoredHashes> photos, std::uint8_t* out) {
    distances_of(query, photos, out);
}
#endif

void hash_distances(const PhotoHashes& query, std::span<const StoredHashes> photos, std::uint8_t* out) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("popcnt")) return distances_popcnt(query, photos, out);
#endif
    distances_anywhere(query, photos, out);
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

void NearDuplicateIndex::add(PhotoNumber photo, const StyleVector& style, const PhotoHashes& hashes) {
    const auto [entry, is_new] = rows_.try_emplace(photo, photos_.size());
    const std::size_t row = entry->second;
    if (is_new) {
        photos_.push_back(photo);
        styles_.emplace_back();
        scales_.emplace_back();
        hashes_.emplace_back();
    }
    std::array<std::int8_t, kStyleDimension> values;
    scales_[row] = quantize(style, values);
    for (std::size_t axis = 0; axis < kStyleDimension; ++axis)
        styles_[row].bytes[axis] = static_cast<std::uint8_t>(values[axis] + 128);
    hashes_[row][0] = hashes.plain();
    std::ranges::copy(hashes.crops, hashes_[row].begin() + 1);
}

bool NearDuplicateIndex::remove(PhotoNumber photo) {
    const auto found = rows_.find(photo);
    if (found == rows_.end()) return false;
    const std::size_t row = found->second;
    rows_.erase(found);
    if (row + 1 < photos_.size()) {
        photos_[row] = photos_.back();
        styles_[row] = styles_.back();
        scales_[row] = scales_.back();
        hashes_[row] = hashes_.back();
        rows_[photos_[row]] = row;
    }
    photos_.pop_back();
    styles_.pop_back();
    scales_.pop_back();
    hashes_.pop_back();
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
                hash_distances(hashes, std::span(hashes_).subspan(block, rows), distances.data());
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
