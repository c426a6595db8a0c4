// SPDX-License-Identifier: GPL-3.0-or-later
// Preprocesses images and embeds them with the image tower.
#include "analyze/content.hpp"

#include "model/preprocess.hpp"

namespace hone {

std::vector<float> ContentAnalyzer::prepare(const Image& image) const {
    std::vector<float> tensor(model_->input_size());
    preprocess(image, model_->manifest().image, tensor);
    return tensor;
}

Result<std::vector<std::vector<float>>> ContentAnalyzer::embed(
    const std::vector<std::vector<float>>& prepared) {
    std::vector<float> joined;
    std::span<const float> tensors;
    if (prepared.size() == 1) {
        tensors = prepared.front();
    } else {
        for (const auto& tensor : prepared) joined.insert(joined.end(), tensor.begin(), tensor.end());
        tensors = joined;
    }
    HONE_TRY(const std::vector<float> rows, model_->embed_images(tensors, prepared.size()));
    const auto dimension = static_cast<std::size_t>(model_->dimension());
    std::vector<std::vector<float>> vectors;
    for (std::size_t row = 0; row < prepared.size(); ++row) {
        vectors.emplace_back(rows.begin() + row * dimension, rows.begin() + (row + 1) * dimension);
    }
    return vectors;
}

}  // namespace hone
