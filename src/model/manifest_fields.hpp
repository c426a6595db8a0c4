// SPDX-License-Identifier: GPL-3.0-or-later
// Shared helpers for reading manifests; for src/model only. Safe from any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>

#include "model/manifest.hpp"

namespace hone {

// Thrown while a manifest is read. The reading function converts it into an Error.
struct BadField {
    std::string message;
};

// Parses {"path", "sha256", "bytes"}. Manifests are untrusted, so the path must stay inside the manifest's
// folder. Throws BadField or nlohmann::json's exceptions.
ModelFile parse_model_file(const nlohmann::json& entry);

// Compares size and SHA-256 of each file. model: name for the message. kFailed names the first that differs.
Result<> verify_model_files(const fs::path& directory, const std::string& model,
                            std::span<const ModelFile* const> files);

}  // namespace hone
