// The tables of catalog.db and how older ones become this version.
#pragma once

#include "base/result.hpp"

namespace SQLite {
class Database;
}

namespace hone {

inline constexpr int kSchemaVersion = 1;  // PRAGMA user_version

// Makes the tables of an empty database; refuses one that a newer Hone made or that is not Hone's.
Result<> prepare_schema(SQLite::Database& database);

}  // namespace hone
