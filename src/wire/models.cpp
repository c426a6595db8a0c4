// SPDX-License-Identifier: GPL-3.0-or-later
// Models in the list of `hone models`.
#include "wire/models.hpp"

#include <fmt/ranges.h>

#include "base/path_map.hpp"

namespace hone {

using nlohmann::json;

namespace {

json unusable(const fs::path& directory, const Error& error) {
    return {{"name", directory.filename().string()}, {"problem", error.message}, {"used", false}};
}

}  // namespace

std::string precisions_of(const Manifest& manifest) {
    std::vector<std::string_view> names;
    for (const auto& [precision, file] : manifest.image.files) names.push_back(precision_name(precision));
    return fmt::format("{}", fmt::join(names, ","));
}

json to_json(const StoredModel& model, bool used) {
    json entry = {{"directory", utf8_path(model.directory)}};
    if (model.manifest) {
        entry.update({{"name", model.manifest->name},
                      {"title", model.manifest->title},
                      {"role", "image-text"},
                      {"licence", model.manifest->licence},
                      {"dimension", model.manifest->dimension},
                      {"precisions", precisions_of(*model.manifest)},
                      {"used", used}});
    } else {
        entry.update(unusable(model.directory, model.manifest.error()));
    }
    return entry;
}

json to_json(const StoredFacePack& model, bool used) {
    json entry{{"directory", utf8_path(model.directory)}, {"role", "faces"}};
    if (model.pack) {
        entry.update({{"name", model.pack->name},
                      {"title", model.pack->title},
                      {"licence", model.pack->licence},
                      {"complete", model.is_complete},
                      {"hub", !model.pack->hub.empty()},
                      {"used", used}});
        if (model.pack->embedder) entry["dimension"] = model.pack->embedder->dimension;
    } else {
        entry.update(unusable(model.directory, model.pack.error()));
    }
    return entry;
}

json installed_json(const FacePack& pack) {
    return {{"name", pack.name}, {"role", "faces"}, {"directory", utf8_path(pack.directory)}};
}

json devices_json(std::span<const DeviceReport> reports) {
    json list = json::array();
    for (const DeviceReport& report : reports)
        list.push_back(
            {{"device", device_name(report.device)}, {"usable", report.usable}, {"reason", report.reason}});
    return {{"devices", std::move(list)}};
}

}  // namespace hone
