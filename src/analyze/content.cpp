// SPDX-License-Identifier: GPL-3.0-or-later
// Preprocesses images and embeds them with the image tower.
#include "analyze/content.hpp"

#include "base/config.hpp"
#include "base/parallel.hpp"
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

Result<AnalyzerRuns> ContentAnalyzer::open() {
    HONE_TRY(const ImageTextModel::ImageRuns runs, model_->load_image());
    return AnalyzerRuns{runs.batch, runs.parallel};
}

std::vector<Result<AnalysisResult>> ContentAnalyzer::run(std::span<const AnalyzerInput* const> photos) {
    std::vector<std::vector<float>> tensors(photos.size());
    // A batch is for a device, whose only run must not wait for one processor.
    in_parallel(photos.size(), processor_count(), [&](std::size_t first, std::size_t last) {
        for (std::size_t at = first; at < last; ++at) tensors[at] = prepare(photos[at]->prepared.network);
    });
    std::vector<Result<AnalysisResult>> results;
    auto vectors = embed(tensors);
    for (std::size_t at = 0; at < photos.size(); ++at) {
        if (vectors)
            results.emplace_back(SpaceVector{std::move((*vectors)[at])});
        else
            results.emplace_back(std::unexpected(vectors.error()));
    }
    return results;
}

}  // namespace hone
