// SPDX-License-Identifier: GPL-3.0-or-later
// The tables of catalog.db, and the upgrade of older ones. Not thread-safe: each function uses its connection
// exclusively.
#pragma once

#include "base/file.hpp"

namespace SQLite {
class Database;
}

namespace hone {

inline constexpr int kSchemaVersion = 6;  // PRAGMA user_version

// Creates the tables of an empty database or upgrades older ones, in one transaction. kFailed for a database
// that is from a newer Hone or not Hone's.
Result<> prepare_schema(SQLite::Database& database);
// kFailed for a database that is not Hone's or from a newer Hone.
Result<> check_origin(SQLite::Database& database);
// For readers, which change nothing: also kFailed for older databases.
Result<> check_schema(SQLite::Database& database);
// Returns true when a writer must open the catalogue before readers can: it is of an older Hone, which
// prepare_schema() upgrades, or a crash left it without tables or in the middle of a write. False when the
// file cannot be read.
bool needs_a_writer(const fs::path& catalog);
// Returns SQLite's description of the damage in one line; empty for an intact database.
std::string damage_in(SQLite::Database& database);
// Creates the tables of the given schema version in an empty database.
void make_tables(SQLite::Database& database, int version);

}  // namespace hone
