// SPDX-License-Identifier: GPL-3.0-or-later
// Copies a live database with SQLite's backup interface, and prepares the copy for another library.
#include "catalog/sqlite/backup.hpp"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/SQLiteCpp.h>

#include "catalog/sqlite/columns.hpp"
#include "catalog/sqlite/schema.hpp"
#include "catalog/sqlite/text_index.hpp"

namespace hone {

namespace {

constexpr int kBusyMilliseconds = 60'000;

void move_paths(SQLite::Database& database, const char* table, const PathMap& paths) {
    SQLite::Statement query(database, fmt::format("SELECT id, path FROM {}", table));
    std::vector<std::pair<std::int64_t, std::string>> moved;
    while (query.executeStep()) {
        const fs::path there = text_of(query.getColumn(1));
        if (fs::path here = paths.here(there); here != there)
            moved.emplace_back(query.getColumn(0).getInt64(), here.native());
    }
    SQLite::Statement update(database, fmt::format("UPDATE {} SET path = ? WHERE id = ?", table));
    for (const auto& [id, path] : moved) {
        update.reset();
        update.bind(1, path.data(), static_cast<int>(path.size()));
        update.bind(2, id);
        update.exec();
    }
}

std::uint64_t count_photos(SQLite::Database& database) {
    // The same count as Catalog::counts(). Before version 2, every file of a shot was shown.
    const bool paired = database.execAndGet("PRAGMA user_version").getInt() >= 2;
    return static_cast<std::uint64_t>(
        database
            .execAndGet(fmt::format(
                "SELECT count(DISTINCT photo_id) FROM place WHERE state = 0{}",
                paired ? " AND photo_id NOT IN (SELECT id FROM photo WHERE shown_as IS NOT NULL)" : ""))
            .getInt64());
}

}  // namespace

Result<> copy_database(const fs::path& from, const fs::path& to) try {
    SQLite::Database source(from.native(), SQLite::OPEN_READONLY, kBusyMilliseconds);
    SQLite::Database target(to.native(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    SQLite::Backup backup(target, source);
    // All pages in one step form one snapshot; a backup in several steps restarts after each change.
    backup.executeStep(-1);
    if (backup.getRemainingPageCount() != 0)
        return fail("{} cannot be copied: another process keeps it locked", printable(from));
    // A single file, without a write-ahead log next to it.
    target.exec("PRAGMA journal_mode = DELETE");
    return {};
} catch (const SQLite::Exception& error) {
    return fail("{} cannot be copied to {}: {}", printable(from), printable(to), error.what());
}

Result<std::uint64_t> photos_of_copy(const fs::path& file) try {
    SQLite::Database database(file.native(), SQLite::OPEN_READONLY, kBusyMilliseconds);
    HONE_CHECK(check_origin(database));
    if (const std::string damage = damage_in(database); !damage.empty())
        return fail("the catalogue is damaged ({}); `hone doctor` saves the readable rows", damage);
    return count_photos(database);
} catch (const SQLite::Exception& error) {
    return fail("the catalogue is damaged or cannot be read ({}); `hone doctor` saves the readable rows",
                error.what());
}

Result<std::uint64_t> prepare_restored_catalog(const fs::path& file, const PathMap& paths) try {
    SQLite::Database database(file.native(), SQLite::OPEN_READWRITE, kBusyMilliseconds);
    if (const std::string damage = damage_in(database); !damage.empty())
        return fail("the catalogue in the backup is damaged ({})", damage);
    HONE_CHECK(prepare_schema(database));
    if (!paths.empty()) {
        SQLite::Transaction transaction(database);
        move_paths(database, "folder", paths);
        move_paths(database, "place", paths);
        Statements statements(database);
        SQLite::Statement photos(database, "SELECT id FROM photo");
        while (photos.executeStep())
            refresh_text_index(statements, static_cast<PhotoNumber>(photos.getColumn(0).getInt64()));
        transaction.commit();
    }
    return count_photos(database);
} catch (const SQLite::Exception& error) {
    return fail("the catalogue in the backup cannot be used: {}", error.what());
}

}  // namespace hone
