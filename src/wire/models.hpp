// SPDX-License-Identifier: GPL-3.0-or-later
// Models and devices as JSON: docs/http.md. Pure functions.
#pragma once

#include <nlohmann/json.hpp>
#include <span>

#include "model/face_pack.hpp"
#include "model/pull.hpp"
#include "model/store.hpp"
#include "wire/document.hpp"

namespace hone {

// A model that is being fetched.
struct DownloadProgress {
    enum class State { kRunning, kPaused, kFailed, kDone };
    std::string name, repository;
    State state = State::kRunning;
    std::uint64_t done = 0, total = 0;  // bytes; total is 0 until the hub has listed the files
    double bytes_per_second = 0;        // since it began or went on
    std::string problem;                // of kFailed
};

struct ModelsState {
    std::vector<StoredModel> installed;
    fs::path own_directory;  // of the library's own models, which can be removed
    std::string used, next;  // names; next: embeds the photos, "" without one
    RecommendedModel recommended;
    std::optional<DownloadProgress> download;
};
// The answer of GET /models.
Document models_document(const ModelsState& state);

// A model that a person wants, and its precision.
struct ModelWish {
    std::string name;
    std::optional<Precision> precision;
};
// Reads {KEY: NAME, "precision": "int8"}; the precision may be missing. kUsage names the form.
Result<ModelWish> parse_model_wish(const nlohmann::json& document, const std::string& key);

// used: it is the chosen one.
nlohmann::json to_json(const StoredModel& model, bool used);
nlohmann::json to_json(const StoredFacePack& model, bool used);
// A face pack that was just installed.
nlohmann::json installed_json(const FacePack& pack);
nlohmann::json devices_json(std::span<const DeviceReport> reports);

}  // namespace hone
