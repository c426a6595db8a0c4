// SPDX-License-Identifier: GPL-3.0-or-later
// Finds file records, and keeps them in step with scans.
#include "catalog/sqlite/files.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/time.hpp"
#include "catalog/sqlite/columns.hpp"
#include "catalog/sqlite/outcomes.hpp"
#include "catalog/sqlite/raw_pairs.hpp"
#include "catalog/sqlite/text_index.hpp"

namespace hone {

namespace {

// Columns of kFileTables.
constexpr const char* kFileColumns =
    "place.id, place.folder_id, place.path, place.size, place.modified_ns, place.inode, place.sidecar, "
    "place.state, place.photo_id, place.stage, place.reason, photo.sha, folder.reachable";
constexpr const char* kFileTables =
    "place JOIN folder ON folder.id = place.folder_id LEFT JOIN photo ON photo.id = place.photo_id";

FileRecord read_file_record(const SQLite::Statement& statement) {
    FileRecord file;
    file.id = statement.getColumn(0).getInt64();
    file.folder = statement.getColumn(1).getInt64();
    file.facts = {column_path(statement, 2), static_cast<std::uint64_t>(statement.getColumn(3).getInt64()),
                  statement.getColumn(4).getInt64(),
                  static_cast<std::uint64_t>(statement.getColumn(5).getInt64()),
                  static_cast<std::uint64_t>(statement.getColumn(6).getInt64())};
    file.state = static_cast<FileState>(statement.getColumn(7).getInt());
    if (!statement.getColumn(8).isNull())
        file.photo = static_cast<PhotoNumber>(statement.getColumn(8).getInt64());
    file.stage = statement.getColumn(9).getString();
    file.reason = statement.getColumn(10).getString();
    if (!statement.getColumn(11).isNull()) file.photo_id = read_id(statement.getColumn(11));
    file.reachable = file.state == FileState::kPhoto && statement.getColumn(12).getInt() != 0;
    return file;
}

std::vector<FileRecord> read_file_records(SQLite::Statement& query) {
    std::vector<FileRecord> files;
    while (query.executeStep()) files.push_back(read_file_record(query));
    return files;
}

}  // namespace

void update_missing_since(Statements& statements, std::int64_t photo) {
    static const std::string kStart = fmt::format(
        "UPDATE photo SET missing_since = ? WHERE id = ? AND missing_since IS NULL AND {}", kIsMissing);
    static const std::string kEnd = fmt::format(
        "UPDATE photo SET missing_since = NULL WHERE id = ? AND missing_since IS NOT NULL AND NOT {}",
        kIsMissing);
    const auto start = statements(kStart), end = statements(kEnd);
    start->bind(1, unix_seconds());
    start->bind(2, photo);
    if (start->exec() > 0) return;
    end->bind(1, photo);
    end->exec();
}

Result<std::optional<FileRecord>> SqliteFiles::find_file(const fs::path& path) {
    return connections_.read([&](Statements& statements) -> Result<std::optional<FileRecord>> {
        static const std::string sql =
            fmt::format("SELECT {} FROM {} WHERE place.path = ?", kFileColumns, kFileTables);
        const auto query = statements(sql);
        bind_path(*query, 1, path);
        if (!query->executeStep()) return std::nullopt;
        return read_file_record(*query);
    });
}

Result<std::vector<FileRecord>> SqliteFiles::files_of(std::span<const PhotoNumber> photos,
                                                      const std::stop_token& stop) {
    return connections_.read(
        [&](Statements& statements) -> Result<std::vector<FileRecord>> {
            static const std::string sql = fmt::format(
                "SELECT {} FROM json_each(?) AS wanted CROSS JOIN {} WHERE place.photo_id = wanted.value "
                "ORDER BY wanted.key, place.state, folder.reachable DESC, place.id",
                kFileColumns, kFileTables);
            const auto query = statements(sql);
            query->bind(1, nlohmann::json(photos).dump());
            return read_file_records(*query);
        },
        stop);
}

Result<std::vector<FileRecord>> SqliteFiles::failures(std::size_t limit) {
    return connections_.read([&](Statements& statements) -> Result<std::vector<FileRecord>> {
        static const std::string sql = fmt::format(
            "SELECT {} FROM {} WHERE place.state = 2 ORDER BY place.path LIMIT ?", kFileColumns, kFileTables);
        const auto query = statements(sql);
        query->bind(1, static_cast<std::int64_t>(limit));
        return read_file_records(*query);
    });
}

Result<std::vector<CommittedFile>> SqliteFiles::commit(std::span<const FileOutcome> outcomes) {
    if (connections_.hook() == nullptr || outcomes.size() <= connections_.hook()->batch())
        return commit_at_once(outcomes);
    std::vector<CommittedFile> committed;
    for (std::size_t first = 0; first < outcomes.size(); first += connections_.hook()->batch()) {
        HONE_TRY(const auto part,
                 commit_at_once(outcomes.subspan(
                     first, std::min(connections_.hook()->batch(), outcomes.size() - first))));
        committed.insert(committed.end(), part.begin(), part.end());
    }
    return committed;
}

Result<std::vector<FileRecord>> SqliteFiles::find_moved(const FileFacts& facts) {
    return connections_.read([&](Statements& statements) -> Result<std::vector<FileRecord>> {
        static const std::string sql = fmt::format(
            "SELECT {} FROM {} WHERE place.inode = ? AND place.size = ? AND place.modified_ns = ? "
            "AND place.photo_id IS NOT NULL AND place.state IN (0, 1) AND place.path <> ?",
            kFileColumns, kFileTables);
        const auto query = statements(sql);
        query->bind(1, static_cast<std::int64_t>(facts.inode));
        query->bind(2, static_cast<std::int64_t>(facts.size));
        query->bind(3, facts.modified_ns);
        bind_path(*query, 4, facts.path);
        return read_file_records(*query);
    });
}

Result<std::uint64_t> SqliteFiles::end_scan(const ScannedPart& part, const std::vector<bool>& seen) {
    std::uint64_t missing = 0;
    for (std::size_t gone = connections_.rows_at_once(); gone == connections_.rows_at_once();) {
        HONE_TRY(const EndedScan ended, end_scan_at_once(part, seen));
        gone = ended.gone;
        missing += ended.missing;
    }
    return missing;
}

Result<> SqliteFiles::mark_available(FileId file) {
    return connections_.write([&](Statements& statements) -> Result<> {
        const auto update =
            statements("UPDATE place SET state = 0 WHERE id = ? AND state = 1 RETURNING photo_id, path");
        update->bind(1, file);
        if (update->executeStep()) {
            const std::int64_t photo = update->getColumn(0).getInt64();
            const fs::path path = column_path(*update, 1);
            update->reset();
            update_missing_since(statements, photo);
            pair_raw_files(statements, path);
            refresh_text_index(statements, static_cast<PhotoNumber>(photo));
        }
        return {};
    });
}

Result<FileId> SqliteFiles::last_file() {
    return connections_.read([&](Statements& statements) -> Result<FileId> {
        return read_integer(statements, "SELECT ifnull(max(id), 0) FROM place");
    });
}

Result<std::uint64_t> SqliteFiles::moved_since(FileId file) {
    return connections_.read([&](Statements& statements) -> Result<std::uint64_t> {
        const auto query = statements(
            "SELECT count(DISTINCT photo_id) FROM place AS new WHERE new.id > ?1 AND new.state = 0 AND "
            "EXISTS "
            "(SELECT 1 FROM place AS old WHERE old.photo_id = new.photo_id AND old.id <= ?1) AND NOT "
            "EXISTS "
            "(SELECT 1 FROM place AS old JOIN folder ON folder.id = old.folder_id WHERE old.photo_id = "
            "new.photo_id AND old.id <= ?1 AND old.state = 0 AND folder.reachable)");
        query->bind(1, file);
        query->executeStep();
        return static_cast<std::uint64_t>(query->getColumn(0).getInt64());
    });
}

Result<SqliteFiles::EndedScan> SqliteFiles::end_scan_at_once(const ScannedPart& part,
                                                             const std::vector<bool>& seen) {
    return connections_.write([&](Statements& statements) -> Result<EndedScan> {
        const auto query = statements(
            "SELECT id, state, path, sidecar, photo_id FROM place WHERE path > ? AND "
            "path < ? AND state != 1");
        bind_below(*query, 1, part.directory);
        struct Gone {
            FileId file;
            std::optional<std::int64_t> photo;
            bool sidecar;  // one next to it described the photo
            fs::path path;
        };
        std::vector<Gone> gone;
        const std::size_t prefix = part.directory.native().size() + 1;
        while (gone.size() < connections_.rows_at_once() && query->executeStep()) {
            const FileId file = query->getColumn(0).getInt64();
            if (static_cast<std::size_t>(file) < seen.size() && seen[static_cast<std::size_t>(file)])
                continue;
            const std::string path = column_path(*query, 2).native();
            if (!part.recursive && path.find('/', prefix) != std::string::npos) continue;
            const bool unread = std::ranges::any_of(
                part.unread, [&](const fs::path& folder) { return path.starts_with(folder.native() + '/'); });
            if (unread) continue;
            gone.push_back({file, {}, query->getColumn(3).getInt64() != 0, path});
            if (query->getColumn(1).getInt() == 0) gone.back().photo = query->getColumn(4).getInt64();
        }
        const auto update = statements("UPDATE place SET state = 1 WHERE id = ?");
        const auto forget = statements("DELETE FROM place WHERE id = ?");
        std::uint64_t missing = 0;
        for (const Gone& file : gone) {
            const auto& change = file.photo ? update : forget;
            change->reset();
            change->bind(1, file.file);
            change->exec();
            missing += file.photo ? 1 : 0;
        }
        // Copies without a sidecar no longer have its metadata, so re-read them.
        const auto again = statements(
            "DELETE FROM analysis WHERE photo_id = ?1 AND analyzer = 'metadata' AND "
            "EXISTS (SELECT 1 FROM "
            "place WHERE photo_id = ?1 AND state = 0) AND NOT EXISTS (SELECT 1 FROM "
            "place WHERE photo_id = "
            "?1 AND state = 0 AND sidecar != 0)");
        for (const Gone& file : gone) {
            if (!file.photo) continue;
            update_missing_since(statements, *file.photo);
            if (!file.sidecar) continue;
            again->reset();
            again->bind(1, *file.photo);
            again->exec();
        }
        for (const Gone& file : gone) {
            if (!file.photo) continue;
            pair_raw_files(statements, file.path);
            refresh_text_index(statements, static_cast<PhotoNumber>(*file.photo));
        }
        return EndedScan{missing, gone.size()};
    });
}

Result<std::vector<CommittedFile>> SqliteFiles::commit_at_once(std::span<const FileOutcome> outcomes) {
    return connections_.write([&](Statements& statements) -> Result<std::vector<CommittedFile>> {
        std::vector<CommittedFile> committed;
        for (const FileOutcome& outcome : outcomes) committed.push_back(store_outcome(statements, outcome));
        return committed;
    });
}

}  // namespace hone
