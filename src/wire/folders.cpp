// SPDX-License-Identifier: GPL-3.0-or-later
// Folders, and requests to add one.
#include "wire/folders.hpp"

#include <algorithm>

#include "base/path_map.hpp"

namespace hone {

using nlohmann::json;

namespace {

// all: every folder, for those inside others.
Result<json> folder_json(Library& library, const Folder& folder, std::span<const Folder> all) {
    const auto below = [](const Folder& inner, const Folder& outer) {
        return inner.id != outer.id && is_below(inner.path, outer.path);
    };
    std::uint64_t photos = 0;
    if (std::ranges::any_of(all, [&](const Folder& other) { return below(folder, other); })) {
        // Its files may have been found through the folder around it.
        HONE_TRY(photos, library.catalog().photos_below(folder.path));
    } else {
        HONE_TRY(const auto snapshot, library.snapshot());
        for (const Folder& other : all) {
            if (other.id == folder.id || below(other, folder)) photos += snapshot->files_of(other.id);
        }
    }
    return json{{"id", folder.id},
                {"path", utf8_path(folder.path)},
                {"photos", photos},
                {"reachable", folder.reachable}};
}

}  // namespace

Result<json> folders_json(Library& library) {
    HONE_TRY(const std::vector<Folder> folders, library.catalog().folders());
    json list = json::array();
    for (const Folder& folder : folders) {
        HONE_TRY(json entry, folder_json(library, folder, folders));
        list.push_back(std::move(entry));
    }
    return list;
}

Result<Document> folder_document(Library& library, const Folder& folder) {
    HONE_TRY(const std::vector<Folder> folders, library.catalog().folders());
    HONE_TRY(json entry, folder_json(library, folder, folders));
    return Document("Folder", std::move(entry));
}

Result<Document> folders_document(Library& library) {
    HONE_TRY(json list, folders_json(library));
    return Document("FolderList", {{"folders", std::move(list)}});
}

Result<FolderRequest> parse_folder_request(const json& document) {
    const bool wish = document.is_object() && document.contains("scan");
    if (!document.is_object() || !document.contains("path") || !document["path"].is_string() ||
        (wish && !document["scan"].is_boolean()) || document.size() > (wish ? 2U : 1U)) {
        return fail(ErrorKind::kUsage,
                    "the body must be {{\"path\": \"/a/folder\"}}, and may have \"scan\": false");
    }
    const fs::path path = document["path"].get<std::string>();
    if (!path.is_absolute())
        return fail(ErrorKind::kUsage, "'{}' is not an absolute path; it must start with /",
                    printable(path).substr(0, 200));
    return FolderRequest{path, !wish || document["scan"].get<bool>()};
}

}  // namespace hone
