// SPDX-License-Identifier: GPL-3.0-or-later
// Selects the top k with a bounded heap.
#include "search/top_k.hpp"

#include <algorithm>
#include <queue>

#include "base/stop.hpp"

namespace hone {

namespace {

constexpr std::uint32_t kRowsBetweenLooks = 1 << 14;

}

std::vector<ScoredRow> top_k(std::span<const float> scores, std::size_t count, const std::stop_token& stop) {
    std::priority_queue<ScoredRow> best;  // the worst of the best on top
    for (std::uint32_t row = 0; row < scores.size() && count > 0; ++row) {
        if (row % kRowsBetweenLooks == 0) throw_if_stopped(stop);
        if (scores[row] == kHidden || (best.size() == count && scores[row] <= best.top().score)) continue;
        best.push({scores[row], row});
        if (best.size() > count) best.pop();
    }
    std::vector<ScoredRow> rows(best.size());
    for (auto place = rows.rbegin(); place != rows.rend(); ++place, best.pop()) *place = best.top();
    return rows;
}

}  // namespace hone
