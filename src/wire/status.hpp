// SPDX-License-Identifier: GPL-3.0-or-later
// The state of a library and of its server, as JSON: docs/http.md. Pure functions.
#pragma once

#include "ingest/background_indexer.hpp"
#include "model/image_text_model.hpp"
#include "wire/document.hpp"

namespace hone {

// The part of a status that the server and `hone status` share.
struct LibraryStatus {
    std::string version = {};
    fs::path library = {};
    Counts counts = {};
    std::uint64_t searchable = 0;
    MissingCount missing = {};
    const ImageTextModel* model = nullptr;       // null: there is none, and model_problem is the reason
    const ImageTextModel* next_model = nullptr;  // the chosen one, while it does not have all photos
    std::string model_problem = {};
    nlohmann::json folders = {};  // from folders_json()
};

// The part that only a running server knows.
struct ServerStatus {
    Catalog::Condition catalog = {};
    std::vector<UnwatchedFolder> unwatched = {};
    IndexProgress indexing = {};
    std::uint64_t scans = 0;
    std::optional<IndexSummary> last_scan = {};
    std::optional<Error> last_error = {};
};

// The answer of GET /status.
Document server_status(const LibraryStatus& library, const ServerStatus& server);
// The document of `hone status --json`. server: its address, "" without one. unwatched, indexing: from the
// server's status, or null.
nlohmann::json command_status(const LibraryStatus& library, std::span<const FileRecord> failed,
                              const std::string& server, nlohmann::json unwatched, nlohmann::json indexing);

}  // namespace hone
