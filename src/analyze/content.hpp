// SPDX-License-Identifier: GPL-3.0-or-later
// The content analyzer: describes a photo's subject as one vector of the image-text model.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "analyze/analyzer.hpp"
#include "model/image_text_model.hpp"

namespace hone {

// Safe from any thread.
class ContentAnalyzer final : public Analyzer {
  public:
    static constexpr std::string_view kName = "content";
    static constexpr int kVersion = 1;  // raise it when vectors of the same model change

    // The name of the analyzer of a model that is not used for searches yet.
    static constexpr std::string_view kNextName = "new model";

    explicit ContentAnalyzer(std::shared_ptr<ImageTextModel> model, std::string_view name = kName)
        : model_(std::move(model)), name_(name) {}

    [[nodiscard]] ImageTextModel& model() const { return *model_; }
    // Returns the network's input for one image: model().input_size() values.
    [[nodiscard]] std::vector<float> prepare(const Image& image) const;
    // Returns one vector of length 1 and model().dimension() values per prepared image, in order. kFailed
    // when the network cannot be loaded or run.
    Result<std::vector<std::vector<float>>> embed(const std::vector<std::vector<float>>& prepared);

    [[nodiscard]] std::string_view name() const override { return name_; }
    [[nodiscard]] std::vector<AnalyzerKey> keys() const override { return {key()}; }
    [[nodiscard]] AnalyzerKey key() const { return {std::string(kName), kVersion, model_->fingerprint()}; }
    void request(PhotoWork& work) const override {
        work.network_side = std::max(work.network_side, model_->wanted_side());
    }
    Result<AnalyzerRuns> open() override;
    std::vector<Result<AnalysisResult>> run(std::span<const AnalyzerInput* const> photos) override;

  private:
    const std::shared_ptr<ImageTextModel> model_;
    const std::string_view name_;
};

}  // namespace hone
