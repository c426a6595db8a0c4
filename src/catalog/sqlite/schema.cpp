// SPDX-License-Identifier: GPL-3.0-or-later
// The SQL of every schema version, and the upgrade from one to the next.
#include "catalog/sqlite/schema.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <algorithm>

namespace hone {

namespace {

constexpr int kApplicationId = 0x484F4E45;  // "HONE"

// Version 1: files, photos and their vectors.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE folder (id INTEGER PRIMARY KEY AUTOINCREMENT, path BLOB NOT NULL UNIQUE, reachable INTEGER NOT NULL DEFAULT 1);
-- A photo is its bytes; numbers are never used again, so that a vector file cannot name another photo.
CREATE TABLE photo (id INTEGER PRIMARY KEY AUTOINCREMENT, sha BLOB NOT NULL UNIQUE, bytes INTEGER NOT NULL, width INTEGER NOT NULL,
  height INTEGER NOT NULL, format TEXT NOT NULL, color INTEGER NOT NULL, added_at INTEGER NOT NULL);
-- Where bytes lie. state: 0 photo, 1 missing, 2 failed, 3 skipped. Paths are bytes, as the file system has them.
CREATE TABLE place (id INTEGER PRIMARY KEY AUTOINCREMENT, folder_id INTEGER NOT NULL REFERENCES folder(id) ON DELETE CASCADE, path BLOB NOT NULL UNIQUE,
  size INTEGER NOT NULL, modified_ns INTEGER NOT NULL, inode INTEGER NOT NULL, state INTEGER NOT NULL, photo_id INTEGER REFERENCES photo(id),
  stage TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '');
CREATE INDEX place_photo ON place(photo_id, state);
CREATE INDEX place_folder ON place(folder_id, state);
CREATE TABLE analysis (photo_id INTEGER NOT NULL REFERENCES photo(id), analyzer TEXT NOT NULL, version INTEGER NOT NULL, model TEXT NOT NULL,
  at INTEGER NOT NULL, PRIMARY KEY (photo_id, analyzer, model)) WITHOUT ROWID;
CREATE TABLE vector (photo_id INTEGER NOT NULL REFERENCES photo(id), space TEXT NOT NULL, model TEXT NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (space, model, photo_id));
)sql";

// Version 2: metadata, hashes, styles, copies of the same picture, text index.
constexpr const char* kVersion2 = R"sql(
-- sidecar: changes with the XMP files beside the photo.
ALTER TABLE place ADD COLUMN sidecar INTEGER NOT NULL DEFAULT 0;
CREATE INDEX place_inode ON place(inode, size) WHERE photo_id IS NOT NULL;
-- shown_as: the finished picture of the same shot, for a raw file.
ALTER TABLE photo ADD COLUMN shown_as INTEGER REFERENCES photo(id);
CREATE INDEX photo_shown_as ON photo(shown_as) WHERE shown_as IS NOT NULL;
-- taken_at: the camera's calendar, seconds since 1970 as if it were UTC; taken_offset: minutes east of UTC. document: all of it as JSON.
CREATE TABLE metadata (photo_id INTEGER PRIMARY KEY REFERENCES photo(id), taken_at INTEGER, taken_offset INTEGER, taken_source TEXT,
  make TEXT, model TEXT, lens TEXT, exposure REAL, aperture REAL, focal REAL, iso INTEGER, latitude REAL, longitude REAL, altitude REAL,
  rating INTEGER, title TEXT, description TEXT, motion INTEGER NOT NULL DEFAULT 0, document TEXT NOT NULL);
CREATE INDEX metadata_taken ON metadata(taken_at);
CREATE TABLE keyword (photo_id INTEGER NOT NULL REFERENCES photo(id), word TEXT NOT NULL, PRIMARY KEY (photo_id, word)) WITHOUT ROWID;
-- hashes: 64-bit numbers in the machine's order, one after the other.
CREATE TABLE look (photo_id INTEGER PRIMARY KEY REFERENCES photo(id), bytes BLOB NOT NULL, hashes BLOB NOT NULL);
CREATE TABLE same_picture (first INTEGER NOT NULL REFERENCES photo(id), second INTEGER NOT NULL REFERENCES photo(id), inliers INTEGER NOT NULL,
  correlation REAL NOT NULL, certain INTEGER NOT NULL, PRIMARY KEY (first, second)) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(name, folder, title, keywords, camera, tokenize = "unicode61 remove_diacritics 2");
)sql";

// Version 3: faces and people.
constexpr const char* kVersion3 = R"sql(
CREATE TABLE person (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL DEFAULT '', hidden INTEGER NOT NULL DEFAULT 0);
CREATE UNIQUE INDEX person_name ON person(name) WHERE name <> '';
-- Pixels of the upright photo. points, vector: 32-bit floats in the machine's order. model: fingerprint of the networks.
CREATE TABLE face (id INTEGER PRIMARY KEY AUTOINCREMENT, photo_id INTEGER NOT NULL REFERENCES photo(id), model TEXT NOT NULL,
  x REAL NOT NULL, y REAL NOT NULL, width REAL NOT NULL, height REAL NOT NULL, points BLOB, score REAL NOT NULL, age REAL, male REAL, age_low INTEGER, age_high INTEGER, vector BLOB,
  person_id INTEGER REFERENCES person(id), confirmed INTEGER NOT NULL DEFAULT 0);
CREATE INDEX face_photo ON face(photo_id);
CREATE INDEX face_person ON face(person_id) WHERE person_id IS NOT NULL;
-- Not the same person.
CREATE TABLE face_rejection (face_id INTEGER NOT NULL REFERENCES face(id) ON DELETE CASCADE, person_id INTEGER NOT NULL REFERENCES person(id),
  PRIMARY KEY (face_id, person_id)) WITHOUT ROWID;
-- before: rows as they were, as JSON.
CREATE TABLE people_edit (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, what TEXT NOT NULL, before TEXT NOT NULL, undone INTEGER NOT NULL DEFAULT 0);
)sql";

// Version 4: since when a photo is missing.
constexpr const char* kVersion4 = R"sql(
-- missing_since: Unix seconds since the photo has no file in state 0; NULL while it has one.
ALTER TABLE photo ADD COLUMN missing_since INTEGER;
CREATE INDEX photo_missing ON photo(missing_since) WHERE missing_since IS NOT NULL;
-- To delete a photo without reading all vectors and pairs. The first one replaces an index of replicas.
DROP INDEX IF EXISTS mirror_vector_photo;
CREATE INDEX vector_photo ON vector(photo_id);
CREATE INDEX same_picture_second ON same_picture(second);
-- A replica of a server (it has the table mirror) gets the times from there.
UPDATE photo SET missing_since = strftime('%s', 'now') + 0
  WHERE NOT EXISTS (SELECT 1 FROM place WHERE photo_id = photo.id AND state = 0) AND NOT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'mirror');
)sql";

// Version 5: reads without looking at every row.
constexpr const char* kVersion5 = R"sql(
-- Who is on a photo, without reading its faces.
DROP INDEX face_photo;
CREATE INDEX face_photo ON face(photo_id, person_id);
-- The last edit that stands, after many that were undone.
CREATE INDEX people_edit_undone ON people_edit(undone, id);
)sql";

// Version 6: a person's best face, without reading the others.
constexpr const char* kVersion6 = R"sql(
-- In the order of kBestFace (people.cpp).
DROP INDEX face_person;
CREATE INDEX face_person ON face(person_id, confirmed DESC, score * min(width, height) DESC, id) WHERE person_id IS NOT NULL;
)sql";

constexpr const char* kVersions[] = {kVersion1, kVersion2, kVersion3, kVersion4, kVersion5, kVersion6};
static_assert(std::size(kVersions) == kSchemaVersion);

int version_of(SQLite::Database& database) {
    return database.execAndGet("PRAGMA user_version").getInt();
}

void migrate(SQLite::Database& database, int from, int to) {
    for (int next = from; next < to; ++next) database.exec(kVersions[next]);
}

}  // namespace

Result<> check_origin(SQLite::Database& database) {
    const int version = version_of(database);
    if (database.execAndGet("PRAGMA application_id").getInt() != kApplicationId)
        return fail("{} is a database, but not Hone's; choose another --library", database.getFilename());
    if (version > kSchemaVersion)
        return fail("{} was made by a newer Hone (schema {}, this one knows {}); update Hone",
                    database.getFilename(), version, kSchemaVersion);
    return {};
}

Result<> check_schema(SQLite::Database& database) {
    HONE_CHECK(check_origin(database));
    const int version = version_of(database);
    if (version < kSchemaVersion)
        return fail("{} was made by an older Hone (schema {}, this one writes {}); run `hone index` once",
                    database.getFilename(), version, kSchemaVersion);
    return {};
}

bool needs_a_writer(const fs::path& catalog) {
    try {
        SQLite::Database database(catalog.native(), SQLite::OPEN_READONLY);
        if (database.execAndGet("SELECT count(*) FROM sqlite_master").getInt() == 0) return true;
        return check_origin(database) && version_of(database) < kSchemaVersion;
    } catch (const SQLite::Exception& error) {
        return error.getErrorCode() == SQLITE_READONLY;  // a journal waits to be rolled back
    }
}

std::string damage_in(SQLite::Database& database) {
    constexpr std::string_view kHead = "*** in database main ***\n";
    std::string found;
    SQLite::Statement check(database, "PRAGMA integrity_check(3)");
    while (check.executeStep()) {
        std::string line = check.getColumn(0).getString();
        if (line.starts_with(kHead)) line.erase(0, kHead.size());
        std::ranges::replace(line, '\n', ' ');
        found += (found.empty() ? "" : "; ") + line;
    }
    return found == "ok" ? "" : found;
}

void make_tables(SQLite::Database& database, int version) {
    migrate(database, 0, std::clamp(version, 1, kSchemaVersion));
}

Result<> prepare_schema(SQLite::Database& database) {
    const int version = version_of(database);
    const int tables = database.execAndGet("SELECT count(*) FROM sqlite_master").getInt();
    const bool ours = database.execAndGet("PRAGMA application_id").getInt() == kApplicationId;
    if (tables > 0 && (!ours || version >= kSchemaVersion)) return check_schema(database);
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    migrate(database, tables == 0 ? 0 : version, kSchemaVersion);
    database.exec(
        fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};", kApplicationId, kSchemaVersion));
    transaction.commit();
    return {};
}

}  // namespace hone
