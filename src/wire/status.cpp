// SPDX-License-Identifier: GPL-3.0-or-later
// The documents of GET /status and `hone status --json`.
#include "wire/status.hpp"

#include "base/path_map.hpp"
#include "base/time.hpp"
#include "wire/folders.hpp"
#include "wire/scan.hpp"

namespace hone {

using nlohmann::json;

namespace {

json text_or_null(const std::string& text) {
    return text.empty() ? json() : json(text);
}

json missing_json(const MissingCount& missing) {
    return {{"photos", missing.photos}, {"since", missing.since ? json(iso8601(*missing.since)) : json()}};
}

json model_json(const ImageTextModel& model) {
    const Manifest& manifest = model.manifest();
    return {{"name", manifest.name},
            {"title", manifest.title},
            {"dimension", manifest.dimension},
            {"licence", manifest.licence},
            {"precision", precision_name(model.image_precision())}};
}

json shared_part(const LibraryStatus& library) {
    return {{"version", library.version},
            {"library", utf8_path(library.library)},
            {"photos", library.counts.photos},
            {"searchable", library.searchable},
            {"failed", library.counts.failed},
            {"missing", missing_json(library.missing)},
            {"model", library.model != nullptr ? model_json(*library.model) : json()},
            {"next_model", library.next_model != nullptr ? model_json(*library.next_model) : json()},
            {"model_problem", library.model != nullptr ? json() : json(library.model_problem)},
            {"folders", library.folders}};
}

}  // namespace

Document server_status(const LibraryStatus& library, const ServerStatus& server) {
    json body = shared_part(library);
    if (library.model != nullptr) body["model"]["device"] = device_name(library.model->image_device());
    if (const Catalog::Condition& condition = server.catalog; !condition.address.empty()) {
        body["catalog"] = {
            {"address", condition.address},
            {"state", condition.trouble.empty() ? "ready" : "catalogue unreachable, trying again"},
            {"trouble", text_or_null(condition.trouble)}};
    }
    body["unwatched"] = json::array();
    for (const UnwatchedFolder& folder : server.unwatched)
        body["unwatched"].push_back({{"path", utf8_path(folder.path)}, {"reason", folder.reason}});
    body["indexing"] = to_json(server.indexing);
    body["scans"] = server.scans;
    body["last_scan"] = server.last_scan ? to_json(*server.last_scan) : json();
    body["last_error"] = server.last_error ? json(server.last_error->message) : json();
    return {"Status", std::move(body)};
}

json command_status(const LibraryStatus& library, std::span<const FileRecord> failed,
                    const std::string& server, json unwatched, json indexing) {
    json body = shared_part(library);
    body["skipped"] = skipped_json(library.counts);
    body["server"] = text_or_null(server);
    body["failures"] = failures_json(failed);
    body["unwatched"] = std::move(unwatched);
    body["indexing"] = std::move(indexing);
    return body;
}

}  // namespace hone
