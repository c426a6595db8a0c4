// SPDX-License-Identifier: GPL-3.0-or-later
// The top k of many scores. Pure functions.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <stop_token>
#include <vector>

namespace hone {

struct ScoredRow {
    float score;
    std::uint32_t row;
    // Higher scores first; of equal scores, the smaller row.
    bool operator<(const ScoredRow& other) const {
        return score != other.score ? score > other.score : row < other.row;
    }
};

inline constexpr float kHidden =
    -std::numeric_limits<float>::infinity();  // the score of a row that must not be shown

// Returns the `count` best rows, best first, without hidden ones. scores: one per row. Ends with Stopped
// (base/stop.hpp) when a stop is requested.
std::vector<ScoredRow> top_k(std::span<const float> scores, std::size_t count,
                             const std::stop_token& stop = {});

}  // namespace hone
