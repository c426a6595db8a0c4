// SPDX-License-Identifier: GPL-3.0-or-later
// Models in the list of `hone models`.
#include "wire/models.hpp"

#include "base/path_map.hpp"

namespace hone {

using nlohmann::json;

namespace {

json unusable(const fs::path& directory, const Error& error) {
    return {{"name", directory.filename().string()}, {"problem", error.message}, {"used", false}};
}

std::string_view state_name(DownloadProgress::State state) {
    switch (state) {
        case DownloadProgress::State::kRunning:
            return "running";
        case DownloadProgress::State::kPaused:
            return "paused";
        case DownloadProgress::State::kFailed:
            return "failed";
        case DownloadProgress::State::kDone:
            break;
    }
    return "done";
}

json to_json(const DownloadProgress& download) {
    json body{{"name", download.name},
              {"repository", download.repository},
              {"state", state_name(download.state)},
              {"done", download.done},
              {"total", download.total},
              {"bytes_per_second", download.bytes_per_second}};
    if (!download.problem.empty()) body["problem"] = download.problem;
    return body;
}

}  // namespace

Document models_document(const ModelsState& state) {
    json body{{"models", json::array()}, {"known", json::array()}, {"used", state.used}};
    for (const StoredModel& model : state.installed) {
        json entry = to_json(model, model.manifest && model.manifest->name == state.used);
        entry["removable"] = model.directory.parent_path() == state.own_directory && model.manifest &&
                             model.manifest->name != state.used && model.manifest->name != state.next;
        body["models"].push_back(std::move(entry));
    }
    for (const HubShortcut& shortcut : hub_shortcuts()) {
        json entry{{"name", shortcut.name},
                   {"repository", shortcut.repository},
                   {"note", shortcut.note},
                   {"languages", shortcut.languages}};
        if (shortcut.recall > 0) entry["recall"] = shortcut.recall;
        body["known"].push_back(std::move(entry));
    }
    body["recommended"] = {{"name", state.recommended.name},
                           {"precision", precision_name(state.recommended.precision)}};
    if (!state.next.empty()) body["next"] = state.next;
    if (state.download) body["download"] = to_json(*state.download);
    return {"Models", std::move(body)};
}

Result<ModelWish> parse_model_wish(const json& document, const std::string& key) {
    const bool valid = document.is_object() && document.contains(key) && document[key].is_string() &&
                       document[key] != "" &&
                       (!document.contains("precision") || document["precision"].is_string()) &&
                       document.size() == (document.contains("precision") ? 2U : 1U);
    if (!valid)
        return fail(ErrorKind::kUsage,
                    R"(the body must be {{"{}": "clip-vit-base-patch32"}}, "precision": "int8" as an option)",
                    key);
    ModelWish wish{document[key].get<std::string>(), std::nullopt};
    if (document.contains("precision")) {
        HONE_TRY(wish.precision, parse_precision(document["precision"].get<std::string>()));
    }
    return wish;
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
