// Makes a manifest for the layouts in which people have image-text networks.
#pragma once

#include <functional>

#include "model/manifest.hpp"

namespace hone {

// Layouts, told apart by their files:
//   Hone      manifest.json
//   Xenova    onnx/vision_model*.onnx, onnx/text_model*.onnx, preprocessor_config.json, tokenizer.json,
//   config.json Immich    visual/model.onnx, textual/model.onnx, textual/tokenizer.json,
//   visual/preprocess_cfg.json, config.json combined  model.onnx or onnx/model.onnx with both towers, files
//   beside it as Xenova
// Every network is loaded and run once, so that names, sizes and dimensions are seen, not believed.
// The manifest's directory is `directory`; its files are not copied.
Result<Manifest> describe_model(const fs::path& directory, const std::string& name);

// Copies a described model's files into parent/NAME and writes its manifest there, all or nothing.
// Fails when a model of that name is there already.
Result<Manifest> add_model(const fs::path& directory, const std::string& name, const fs::path& parent);

// A model name out of a folder's or repository's name.
std::string model_name_from(const std::string& text);

}  // namespace hone
