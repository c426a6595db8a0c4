// SPDX-License-Identifier: GPL-3.0-or-later
// Makes manifests for the usual layouts of image-text networks.
#pragma once

#include <functional>

#include "model/manifest.hpp"

namespace hone {

// CLIP's list of merges in the layout of rclip.
inline constexpr std::string_view kClipMergesPath = "tokenizer/bpe_simple_vocab_16e6.txt.gz";

// Describes the model in `directory`. Its files determine the layout:
//   Hone      manifest.json
//   Xenova    onnx/vision_model*.onnx, onnx/text_model*.onnx, preprocessor_config.json, tokenizer.json,
//             config.json
//   Immich    visual/model.onnx, textual/model.onnx, textual/tokenizer.json, visual/preprocess_cfg.json,
//             config.json
//   rclip     NAME/visual.onnx, NAME/textual.onnx, tokenizer/bpe_simple_vocab_16e6.txt.gz
//   combined  model.onnx or onnx/model.onnx with both towers, other files as in Xenova
//
// Loads and runs every network once, so names, sizes and dimensions are observed, not assumed. The manifest's
// directory is `directory`; no file is copied. kUsage when it is not a folder with a model; kFailed when a
// file is wrong.
Result<Manifest> describe_model(const fs::path& directory, const std::string& name);

// Copies a described model's files into parent/NAME and writes its manifest there, all or nothing. kUsage for
// an invalid name, or when a model of that name exists.
Result<Manifest> add_model(const fs::path& directory, const std::string& name, const fs::path& parent);

// Derives a valid model name from the name of a folder or repository. Pure function.
std::string model_name_from(const std::string& text);

}  // namespace hone
