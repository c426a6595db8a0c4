// The tables of catalog.db and how older ones become this version.
#pragma once

#include "base/result.hpp"

namespace SQLite {
class Database;
}

namespace hone {

inline constexpr int kSchemaVersion = 3;  // PRAGMA user_version

// Makes the tables of an empty database, or brings older ones to this version, in one transaction; refuses a
// database that a newer Hone made or that is not Hone's.
Result<> prepare_schema(SQLite::Database& database);
// For a reader, who changes nothing: refuses older databases too.
Result<> check_schema(SQLite::Database& database);

}  // namespace hone
