// The content analyzer: what a photo shows, as one vector of the image-text model.
#pragma once

#include <memory>
#include <vector>

#include "model/image_text_model.hpp"

namespace hone {

// Safe from any thread; prepare and embed are apart so that the pipeline can run them on different threads.
class ContentAnalyzer {
  public:
    static constexpr std::string_view kName = "content";
    static constexpr int kVersion = 1;  // raise when vectors of the same model would change

    explicit ContentAnalyzer(std::shared_ptr<ImageTextModel> model) : model_(std::move(model)) {}

    [[nodiscard]] ImageTextModel& model() const { return *model_; }
    // Pixels on the shorter side that are enough.
    [[nodiscard]] int wanted_side() const { return model_->wanted_side(); }
    // The network's input for one picture.
    [[nodiscard]] std::vector<float> prepare(const Image& image) const;
    // One vector of length 1 for each prepared picture, in order.
    Result<std::vector<std::vector<float>>> embed(const std::vector<std::vector<float>>& prepared);

  private:
    std::shared_ptr<ImageTextModel> model_;
};

}  // namespace hone
