// SPDX-License-Identifier: GPL-3.0-or-later
// Folders in SQLite: the table folder.
#pragma once

#include "catalog/folders.hpp"
#include "catalog/sqlite/connections.hpp"

namespace hone {

class SqliteFolders : public virtual FolderCatalog {
  public:
    explicit SqliteFolders(Connections& connections) : connections_(connections) {}

    Result<Folder> add_folder(const fs::path& path) override;
    Result<std::vector<Folder>> folders() override;
    Result<> set_reachable(FolderId folder, bool reachable) override;
    Result<> remove_folder(FolderId folder) override;
    Result<std::uint64_t> photos_below(const fs::path& directory) override;

  private:
    // Deletes at most rows_at_once() records of the folder's files. Returns how many.
    std::size_t remove_files(Statements& statements, FolderId folder);

    Connections& connections_;
};

}  // namespace hone
