// The tables of catalog.db and how older ones become this version.
#pragma once

#include "base/file.hpp"

namespace SQLite {
class Database;
}

namespace hone {

inline constexpr int kSchemaVersion = 3;  // PRAGMA user_version

// Makes the tables of an empty database, or brings older ones to this version, in one transaction; refuses a
// database that a newer Hone made or that is not Hone's.
Result<> prepare_schema(SQLite::Database& database);
// Refuses a database that is not Hone's or that a newer Hone made.
Result<> check_origin(SQLite::Database& database);
// For a reader, who changes nothing: refuses older databases too.
Result<> check_schema(SQLite::Database& database);
// A library of an older Hone, which prepare_schema() would change. False when that cannot be told.
bool has_older_schema(const fs::path& catalog);
// What SQLite finds wrong with the database, in one line; empty when it is whole.
std::string damage_in(SQLite::Database& database);
// The tables that a version had, in an empty database.
void make_tables(SQLite::Database& database, int version);

}  // namespace hone
