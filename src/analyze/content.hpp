// SPDX-License-Identifier: GPL-3.0-or-later
// The content analyzer: describes a photo's subject as one vector of the image-text model.
#pragma once

#include <memory>
#include <vector>

#include "model/image_text_model.hpp"

namespace hone {

// Safe from any thread. prepare() and embed() are separate so that the pipeline can run them on different
// threads.
class ContentAnalyzer {
  public:
    static constexpr std::string_view kName = "content";
    static constexpr int kVersion = 1;  // raise it when vectors of the same model change

    explicit ContentAnalyzer(std::shared_ptr<ImageTextModel> model) : model_(std::move(model)) {}

    [[nodiscard]] ImageTextModel& model() const { return *model_; }
    // Pixels that suffice on the shorter side.
    [[nodiscard]] int wanted_side() const { return model_->wanted_side(); }
    // Returns the network's input for one image: model().input_size() values.
    [[nodiscard]] std::vector<float> prepare(const Image& image) const;
    // Returns one vector of length 1 and model().dimension() values per prepared image, in order. kFailed
    // when the network cannot be loaded or run.
    Result<std::vector<std::vector<float>>> embed(const std::vector<std::vector<float>>& prepared);

  private:
    std::shared_ptr<ImageTextModel> model_;
};

}  // namespace hone
