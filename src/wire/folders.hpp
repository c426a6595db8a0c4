// SPDX-License-Identifier: GPL-3.0-or-later
// Folders as JSON: docs/http.md. Safe from any thread; every function fails as the catalogue does.
#pragma once

#include "library/library.hpp"
#include "wire/document.hpp"

namespace hone {

// All folders, as a list.
Result<nlohmann::json> folders_json(Library& library);
// One folder.
Result<Document> folder_document(Library& library, const Folder& folder);
// All folders.
Result<Document> folders_document(Library& library);

// A request to add a folder.
struct FolderRequest {
    fs::path path;  // absolute
    bool scan = true;
};
// Reads the body of POST /folders. kUsage names the form.
Result<FolderRequest> parse_folder_request(const nlohmann::json& document);

}  // namespace hone
