// Words for everything that a photo can show, and their vectors of one model: what the words of a search are
// compared with (search/calibration.hpp).
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/file.hpp"
#include "model/image_text_model.hpp"
#include "search/calibration.hpp"

namespace hone {

std::span<const std::string_view> background_vocabulary();

// From the library's file of them; a writer makes it (some seconds). Nothing for a reader when it is not
// there.
Result<std::shared_ptr<const BackgroundVocabulary>> load_background_vocabulary(const fs::path& vectors, ImageTextModel& model,
                                                       bool writable);

}  // namespace hone
