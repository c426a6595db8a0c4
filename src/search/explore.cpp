// SPDX-License-Identifier: GPL-3.0-or-later
// Decides when a page explores, and chooses its photos.
#include "search/explore.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/parallel.hpp"
#include "base/stop.hpp"
#include "search/feedback/method.hpp"

namespace hone {

namespace {

constexpr int kRounds = 3;
constexpr std::size_t kPhotosPerMistake = 20;
constexpr std::size_t kOfShown = std::numeric_limits<std::size_t>::max();

constexpr std::size_t kRowsOfThread = 64;  // at least

std::vector<float> whitened_rows(const SpaceView& view, const SpaceStatistics& statistics,
                                 std::span<const std::size_t> rows, unsigned threads,
                                 const std::stop_token& stop) {
    std::vector<float> vectors(rows.size() * statistics.stride());
    in_parallel(
        rows.size(), threads,
        [&](std::size_t first, std::size_t last) {
            for (std::size_t at = first; at < last; ++at) {
                throw_if_stopped(stop);
                statistics.whiten(view.values(rows[at]), vectors.data() + at * statistics.stride());
            }
        },
        kRowsOfThread);
    return vectors;
}

}  // namespace

bool next_page_explores(std::span<const ShownPage> pages) {
    ShownPage all;
    bool explores = true;  // the first page has no marks either
    for (const ShownPage& page : pages) {
        if (page.photos == 0) continue;  // it gave no information
        all.photos += page.photos;
        all.positives += page.positives;
        const bool may_be_mistakes =
            all.positives <= all.photos / kPhotosPerMistake &&
            page.positives <= std::max<std::size_t>(1, page.photos / kPhotosPerMistake);
        const bool ranked_by_marks = !explores;
        explores = all.positives == 0 || (may_be_mistakes && (ranked_by_marks || page.positives == 0));
    }
    return explores;
}

bool page_explores(const Evidence& evidence, std::span<const ShownPage> pages, std::size_t count) {
    if (!evidence.has_marks() || count < kShortestExploringPage) return false;
    if (evidence.positives.empty()) return true;
    return evidence.negatives.empty() && next_page_explores(pages);
}

std::vector<std::size_t> exploring_page(const SpaceView& view, const SpaceStatistics& statistics,
                                        std::span<const std::size_t> pool, std::span<const std::size_t> shown,
                                        std::size_t count, unsigned threads, const std::stop_token& stop) {
    count = std::min(count, pool.size());
    if (shown.size() > kMostShown) shown = shown.last(kMostShown);
    const std::size_t stride = statistics.stride();
    const std::vector<float> photos = whitened_rows(view, statistics, pool, threads, stop),
                             known = whitened_rows(view, statistics, shown, threads, stop);
    const auto photo = [&](std::size_t at) { return photos.data() + at * stride; };

    // Similarity to the nearest shown photo.
    std::vector<float> to_shown(pool.size(), -2.0F);
    in_parallel(
        pool.size(), threads,
        [&](std::size_t first, std::size_t last) {
            std::vector<float> cosines(shown.size());
            for (std::size_t at = first; at < last && !shown.empty(); ++at) {
                throw_if_stopped(stop);
                multiply_rows(known, stride, photo(at), cosines.data());
                to_shown[at] = std::ranges::max(cosines);
            }
        },
        kRowsOfThread);

    std::vector<float> centers(count * stride), cosines(pool.size()), nearest = to_shown;
    for (std::size_t centre = 0; centre < count; ++centre) {
        throw_if_stopped(stop);
        const auto farthest = static_cast<std::size_t>(std::ranges::min_element(nearest) - nearest.begin());
        std::copy_n(photo(farthest), stride, centers.begin() + static_cast<std::ptrdiff_t>(centre * stride));
        multiply_rows(photos, stride, photo(farthest), cosines.data());
        for (std::size_t at = 0; at < pool.size(); ++at) nearest[at] = std::max(nearest[at], cosines[at]);
    }

    std::vector<std::size_t> group(pool.size());
    std::vector<float> closeness(pool.size());
    const auto assign = [&] {
        in_parallel(
            pool.size(), threads,
            [&](std::size_t first, std::size_t last) {
                std::vector<float> to_centers(count);
                for (std::size_t at = first; at < last; ++at) {
                    throw_if_stopped(stop);
                    multiply_rows(centers, stride, photo(at), to_centers.data());
                    const auto best = std::ranges::max_element(to_centers);
                    closeness[at] = *best;
                    group[at] = to_shown[at] >= *best ? kOfShown
                                                      : static_cast<std::size_t>(best - to_centers.begin());
                }
            },
            kRowsOfThread);
    };
    for (int round = 0; round < kRounds && count > 0; ++round) {
        assign();
        std::vector<float> sums(count * stride);
        for (std::size_t at = 0; at < pool.size(); ++at) {
            if (group[at] == kOfShown) continue;
            float* sum = sums.data() + group[at] * stride;
            for (std::size_t k = 0; k < stride; ++k) sum[k] += photo(at)[k];
        }
        for (std::size_t centre = 0; centre < count; ++centre) {
            const std::span<const float> sum(sums.data() + centre * stride, stride);
            double square = 0;
            for (const float value : sum) square += static_cast<double>(value) * value;
            if (square == 0) continue;  // an empty group keeps its centre
            for (std::size_t k = 0; k < stride; ++k)
                centers[centre * stride + k] = static_cast<float>(sum[k] / std::sqrt(square));
        }
    }

    std::vector<std::size_t> page;
    std::vector<bool> taken(pool.size());
    if (count > 0) assign();
    for (std::size_t centre = 0; centre < count; ++centre) {
        throw_if_stopped(stop);
        std::size_t medoid = kOfShown;
        for (std::size_t at = 0; at < pool.size(); ++at) {
            if (group[at] == centre && (medoid == kOfShown || closeness[at] > closeness[medoid])) medoid = at;
        }
        if (medoid == kOfShown || taken[medoid]) continue;
        taken[medoid] = true;
        page.push_back(pool[medoid]);
    }
    for (std::size_t at = 0; at < pool.size() && page.size() < count; ++at) {
        if (!taken[at]) page.push_back(pool[at]);
    }
    return page;
}

}  // namespace hone
