// SPDX-License-Identifier: GPL-3.0-or-later
// The in-memory candidate scan and the grouping of pairs.
#include "ingest/near_duplicates.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

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
                                                                   int count) const {
    std::array<std::int8_t, kStyleDimension> query;
    const float step = quantize(style, query);
    const std::int32_t query_sum = std::accumulate(query.begin(), query.end(), 0);
    std::vector<std::int32_t> products(size());
    if (!styles_.empty())
        best_kernels().dot_i8(query.data(), query_sum, styles_.front().bytes.data(), size(), kStyleDimension,
                              products.data());
    std::vector<std::uint8_t> distances(size());
    hash_distances(hashes, hashes_, distances.data());

    std::vector<std::uint32_t> rows;
    rows.reserve(size());
    for (std::size_t row = 0; row < size(); ++row) {
        if (photos_[row] != except) rows.push_back(static_cast<std::uint32_t>(row));
    }
    const auto similarity = [&](std::uint32_t row) { return products[row] * step * scales_[row]; };
    const auto by_style = [&](std::uint32_t row) {
        return std::tuple(-similarity(row), distances[row], photos_[row]);
    };
    const auto by_hash = [&](std::uint32_t row) {
        return std::tuple(distances[row], -similarity(row), photos_[row]);
    };
    const std::size_t wanted = count < 1 ? near_duplicate_count(size()) : count;
    const auto end = static_cast<std::ptrdiff_t>(std::min(wanted, rows.size()));
    std::vector<std::uint32_t> best;
    std::ranges::partial_sort(rows, rows.begin() + end, {}, by_style);
    best.insert(best.end(), rows.begin(), rows.begin() + end);
    std::ranges::partial_sort(rows, rows.begin() + end, {}, by_hash);
    best.insert(best.end(), rows.begin(), rows.begin() + end);
    std::ranges::sort(best, {}, by_style);
    const auto twice = std::ranges::unique(best);
    best.erase(twice.begin(), twice.end());

    std::vector<NearDuplicateCandidate> out;
    for (const auto row : best) out.push_back({photos_[row], similarity(row), distances[row]});
    return out;
}

}  // namespace hone
