// The page that is shown while little is known of what is meant: one photo of each kind that was not shown
// yet.
#pragma once

#include <span>
#include <vector>

#include "search/space_statistics.hpp"

namespace hone {

struct Evidence;  // search/feedback/method.hpp

// Pages shorter than this do not explore: with few photos a page the best by words are the better ones
// (docs/feedback.md).
inline constexpr std::size_t kShortestExploringPage = 8;
// A page as it was shown: photos on it, and how many of them are liked.
struct ShownPage {
    std::size_t photos = 0, positives = 0;
};

// Whether the page after these explores; the first of them was ranked by the words. It does while nothing is
// liked. From then on pages are ranked by the marks, until such a page brings one like or none and the likes
// of all pages are not more than somebody makes by mistake, one of twenty: then what was liked leads nowhere,
// and it explores until the next like. Figures: docs/feedback.md.
bool next_page_explores(std::span<const ShownPage> pages);

// The same for a page of `count` photos. Never without marks and never a short page; and who also marks what
// does not fit marks with care: then what is liked is no mistake.
bool page_explores(const Evidence& evidence, std::span<const ShownPage> pages, std::size_t count);

// Rows that a page is chosen from, best by words first.
inline constexpr std::size_t kLeastPool = 150, kMostPool = 2000;

// At most `count` of the pool's rows, each the middle of a group of similar ones that lies away from what was
// shown. pool: rows, best first; shown: rows (more than kMostShown: the last ones). Centres are set farthest
// first from the shown rows and each other (Gonzalez 1985), then moved by three rounds of k-means in the
// whitened space; groups that belong to a shown row drop out. What is missing is filled with the best of the
// pool. Deterministic.
std::vector<std::size_t> exploring_page(const SpaceView& view, const SpaceStatistics& statistics,
                                        std::span<const std::size_t> pool, std::span<const std::size_t> shown,
                                        std::size_t count, unsigned threads);
inline constexpr std::size_t kMostShown = 400;

}  // namespace hone
