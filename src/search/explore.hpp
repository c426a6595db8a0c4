// SPDX-License-Identifier: GPL-3.0-or-later
// The exploring page: one photo of each kind not shown yet, while the user's target is still unclear. Pure
// functions, safe from any thread.
#pragma once

#include <span>
#include <stop_token>
#include <vector>

#include "search/space_statistics.hpp"

namespace hone {

struct Evidence;  // search/feedback/method.hpp

// Shorter pages do not explore: with few photos per page, the best by query text are better
// (docs/feedback.md).
inline constexpr std::size_t kShortestExploringPage = 8;
// A page as shown: its number of photos, and of positives among them.
struct ShownPage {
    std::size_t photos = 0, positives = 0;
};

// Returns true when the page after these should explore; the query text ranked the first of them. Pages
// explore while there are no positives. Then the marks rank the pages, until such a page brings at most one
// positive and the positives of all pages are no more than mistakes explain (one in twenty). Then the marks
// lead nowhere, and the pages explore until the next positive. Figures: docs/feedback.md.
bool next_page_explores(std::span<const ShownPage> pages);

// The same for a page of `count` photos. Never explores without marks or on a short page. Explicit negatives
// show a careful user, whose positives are not mistakes.
bool page_explores(const Evidence& evidence, std::span<const ShownPage> pages, std::size_t count);

// Size of the pool of candidate rows, best by query text first.
inline constexpr std::size_t kLeastPool = 150, kMostPool = 2000;

// Returns at most `count` of the pool's rows, each the centre of a group of similar photos away from those
// shown. pool: rows, best first. shown: rows; only the last kMostShown count. Centres are placed
// farthest-first from the shown rows and from each other (Gonzalez 1985), then moved by three rounds of
// k-means in the whitened space. Groups of a shown row are dropped, and the best of the pool fill the gaps.
// Deterministic. Ends with Stopped (base/stop.hpp) when a stop is requested.
std::vector<std::size_t> exploring_page(const SpaceView& view, const SpaceStatistics& statistics,
                                        std::span<const std::size_t> pool, std::span<const std::size_t> shown,
                                        std::size_t count, unsigned threads,
                                        const std::stop_token& stop = {});
inline constexpr std::size_t kMostShown = 400;

}  // namespace hone
