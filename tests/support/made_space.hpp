// SPDX-License-Identifier: GPL-3.0-or-later
// A vector space with numbers made for a test.
#pragma once

#include <cmath>
#include <random>

#include "search/space_statistics.hpp"
#include "tests/support/temporary_folder.hpp"
#include "vector/vector_space.hpp"

namespace hone::test {

class MadeSpace {
  public:
    // vectors: scaled to length 1; labels are their positions.
    explicit MadeSpace(std::vector<std::vector<float>> vectors) {
        space_ = *VectorSpace::open(folder_.path(), "made", "made", vectors.front().size(), true,
                                    ScanElement::kF32);
        for (std::uint32_t label = 0; label < vectors.size(); ++label) {
            double length = 0;
            for (const float value : vectors[label]) length += static_cast<double>(value) * value;
            for (float& value : vectors[label]) value = static_cast<float>(value / std::sqrt(length));
            if (!space_->append(std::span(&label, 1), vectors[label])) std::abort();
        }
        view_ = space_->view();
        statistics_ = SpaceStatistics::measure(view_, 2);
    }
    // `count` vectors around `centers` points, from a fixed seed: photo n is of kind n % centers.
    static std::vector<std::vector<float>> kinds(std::size_t count, std::size_t centers,
                                                 std::size_t dimension, float spread) {
        std::mt19937 random(7);
        std::normal_distribution<float> normal;
        std::vector<std::vector<float>> middle(centers, std::vector<float>(dimension)), all;
        for (auto& center : middle) {
            for (float& value : center) value = normal(random);
        }
        for (std::size_t at = 0; at < count; ++at) {
            std::vector<float> vector = middle[at % centers];
            for (float& value : vector) value += spread * normal(random);
            all.push_back(std::move(vector));
        }
        return all;
    }
    [[nodiscard]] const SpaceView& view() const { return view_; }
    [[nodiscard]] const std::shared_ptr<const SpaceStatistics>& statistics() const { return statistics_; }
    [[nodiscard]] std::span<const float> operator[](std::size_t row) const { return view_.values(row); }

  private:
    TemporaryFolder folder_;
    std::unique_ptr<VectorSpace> space_;
    SpaceView view_;
    std::shared_ptr<const SpaceStatistics> statistics_;
};

}  // namespace hone::test
