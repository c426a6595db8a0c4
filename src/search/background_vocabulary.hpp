// SPDX-License-Identifier: GPL-3.0-or-later
// The background vocabulary: terms for everything that a photo can show, and their vectors for one model.
// Searches compare their query text with it (search/calibration.hpp).
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/file.hpp"
#include "model/image_text_model.hpp"
#include "search/calibration.hpp"

namespace hone {

// Valid for the life of the process. Safe from any thread.
std::span<const std::string_view> background_vocabulary();

// Loads the vectors from the library's file; a writer computes a missing one, which takes some seconds.
// Returns null for a reader without a file. vectors: the library's vectors folder. Safe from any thread.
Result<std::shared_ptr<const BackgroundVocabulary>> load_background_vocabulary(const fs::path& vectors,
                                                                               ImageTextModel& model,
                                                                               bool writable);

}  // namespace hone
