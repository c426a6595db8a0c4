// What readers of manifests share; for src/model only.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>

#include "model/manifest.hpp"

namespace hone {

// Thrown while a manifest is read; the function that reads it turns it into an Error.
struct BadField {
    std::string message;
};

// {"path", "sha256", "bytes"}. A file named by a manifest must lie inside its folder: manifests come from
// strangers. Throws BadField or what nlohmann::json throws.
ModelFile parse_model_file(const nlohmann::json& entry);

// Compares size and SHA-256; the error names the first that differs.
Result<> verify_model_files(const fs::path& directory, const std::string& model,
                            std::span<const ModelFile* const> files);

}  // namespace hone
