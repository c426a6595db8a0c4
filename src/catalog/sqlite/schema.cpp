#include "catalog/sqlite/schema.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

namespace hone {

namespace {

constexpr int kApplicationId = 0x484F4E45;  // "HONE"

constexpr const char* kTables = R"sql(
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

}  // namespace

Result<> prepare_schema(SQLite::Database& database) {
    const int version = database.execAndGet("PRAGMA user_version").getInt();
    const int application = database.execAndGet("PRAGMA application_id").getInt();
    const int tables = database.execAndGet("SELECT count(*) FROM sqlite_master").getInt();
    if (tables == 0) {
        SQLite::Transaction transaction(database);
        database.exec(kTables);
        database.exec(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};", kApplicationId,
                                  kSchemaVersion));
        transaction.commit();
        return {};
    }
    if (application != kApplicationId)
        return fail("{} is a database, but not Hone's; choose another --library", database.getFilename());
    if (version > kSchemaVersion)
        return fail("{} was made by a newer Hone (schema {}, this one knows {}); update Hone",
                    database.getFilename(), version, kSchemaVersion);
    return {};
}

}  // namespace hone
