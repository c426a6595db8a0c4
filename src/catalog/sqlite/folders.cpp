// SPDX-License-Identifier: GPL-3.0-or-later
// Adds and removes folders, and their files with them.
#include "catalog/sqlite/folders.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include "catalog/sqlite/columns.hpp"
#include "catalog/sqlite/files.hpp"
#include "catalog/sqlite/text_index.hpp"

namespace hone {

Result<Folder> SqliteFolders::add_folder(const fs::path& path) {
    return connections_.write([&](Statements& statements) -> Result<Folder> {
        const auto insert = statements("INSERT INTO folder (path) VALUES (?) ON CONFLICT (path) DO NOTHING");
        bind_path(*insert, 1, path);
        insert->exec();
        const auto query = statements("SELECT id, path, reachable FROM folder WHERE path = ?");
        bind_path(*query, 1, path);
        query->executeStep();
        return Folder{query->getColumn(0).getInt64(), column_path(*query, 1),
                      query->getColumn(2).getInt() != 0};
    });
}

Result<std::vector<Folder>> SqliteFolders::folders() {
    return connections_.read([&](Statements& statements) -> Result<std::vector<Folder>> {
        const auto query = statements("SELECT id, path, reachable FROM folder ORDER BY id");
        std::vector<Folder> folders;
        while (query->executeStep())
            folders.push_back(
                {query->getColumn(0).getInt64(), column_path(*query, 1), query->getColumn(2).getInt() != 0});
        return folders;
    });
}

Result<> SqliteFolders::set_reachable(FolderId folder, bool reachable) {
    return connections_.write([&](Statements& statements) -> Result<> {
        const auto update = statements("UPDATE folder SET reachable = ? WHERE id = ?");
        update->bind(1, reachable ? 1 : 0);
        update->bind(2, folder);
        update->exec();
        return {};
    });
}

Result<> SqliteFolders::remove_folder(FolderId folder) {
    for (std::size_t gone = connections_.rows_at_once(); gone == connections_.rows_at_once();) {
        HONE_TRY(gone, connections_.write([&](Statements& statements) -> Result<std::size_t> {
            return remove_files(statements, folder);
        }));
    }
    return connections_.write([&](Statements& statements) -> Result<> {
        remove_files(statements, folder);
        const auto remove = statements("DELETE FROM folder WHERE id = ?");
        remove->bind(1, folder);
        if (remove->exec() == 0) return fail(ErrorKind::kNotFound, "no folder has the number {}", folder);
        return {};
    });
}

Result<std::uint64_t> SqliteFolders::photos_below(const fs::path& directory) {
    return connections_.read([&](Statements& statements) -> Result<std::uint64_t> {
        const auto query = statements("SELECT count(*) FROM place WHERE path > ? AND path < ? AND state = 0");
        bind_below(*query, 1, directory);
        query->executeStep();
        return static_cast<std::uint64_t>(query->getColumn(0).getInt64());
    });
}

std::size_t SqliteFolders::remove_files(Statements& statements, FolderId folder) {
    const auto query = statements("SELECT id, photo_id FROM place WHERE folder_id = ?");
    query->bind(1, folder);
    std::vector<std::pair<FileId, std::optional<std::int64_t>>> files;
    while (files.size() < connections_.rows_at_once() && query->executeStep()) {
        files.emplace_back(query->getColumn(0).getInt64(), std::nullopt);
        if (!query->isColumnNull(1)) files.back().second = query->getColumn(1).getInt64();
    }
    query->reset();
    const auto remove = statements("DELETE FROM place WHERE id = ?");
    for (const auto& [file, photo] : files) {
        remove->reset();
        remove->bind(1, file);
        remove->exec();
    }
    for (const auto& [file, photo] : files) {
        if (!photo) continue;
        update_missing_since(statements, *photo);
        refresh_text_index(statements, static_cast<PhotoNumber>(*photo));
    }
    return files.size();
}

}  // namespace hone
