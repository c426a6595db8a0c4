// The best of many scores.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace hone {

struct ScoredRow {
    float score;
    std::uint32_t row;
    // Better first; of equal scores the smaller row.
    bool operator<(const ScoredRow& other) const {
        return score != other.score ? score > other.score : row < other.row;
    }
};

inline constexpr float kHidden =
    -std::numeric_limits<float>::infinity();  // the score of a row that may not be shown

// The best `count` rows, the best first, without the hidden ones.
std::vector<ScoredRow> top_k(std::span<const float> scores, std::size_t count);

}  // namespace hone
