// SPDX-License-Identifier: GPL-3.0-or-later
// The folders that a person added to the library. catalog.hpp has the rules of every call.
#pragma once

#include <vector>

#include "base/file.hpp"
#include "catalog/ids.hpp"

namespace hone {

struct Folder {
    FolderId id = 0;
    fs::path path;
    bool reachable = true;  // according to the last scan
};

class FolderCatalog {
  public:
    virtual ~FolderCatalog() = default;

    // path: absolute and normal (normal_folder()). Returns the existing folder when the path was added
    // before.
    virtual Result<Folder> add_folder(const fs::path& path) = 0;
    // By ascending id.
    virtual Result<std::vector<Folder>> folders() = 0;
    // Records whether the last scan could read the folder.
    virtual Result<> set_reachable(FolderId folder, bool reachable) = 0;
    // Forgets the folder's files; keeps its photos and vectors. kNotFound when there is no such folder.
    virtual Result<> remove_folder(FolderId folder) = 0;
    // Counts the photo files below that are not missing, through whichever folder they were found.
    virtual Result<std::uint64_t> photos_below(const fs::path& directory) = 0;
};

}  // namespace hone
