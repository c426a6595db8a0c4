// SPDX-License-Identifier: GPL-3.0-or-later
// Installed models and devices as JSON, for the command line. Pure functions.
#pragma once

#include <nlohmann/json.hpp>
#include <span>

#include "model/face_pack.hpp"
#include "model/store.hpp"

namespace hone {

// used: it is the chosen one.
nlohmann::json to_json(const StoredModel& model, bool used);
nlohmann::json to_json(const StoredFacePack& model, bool used);
// A face pack that was just installed.
nlohmann::json installed_json(const FacePack& pack);
nlohmann::json devices_json(std::span<const DeviceReport> reports);
// The precisions of a network that its files have: "f32,int8".
std::string precisions_of(const Manifest& manifest);

}  // namespace hone
