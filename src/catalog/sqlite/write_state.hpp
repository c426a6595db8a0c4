// SPDX-License-Identifier: GPL-3.0-or-later
// CatalogMaintenance::state(): a table of one random value, which belongs to this file alone: it is not a
// part of the schema, and no other catalogue gets a copy of its row. The functions throw SQLite::Exception
// and are not thread-safe.
#pragma once

#include <string>

#include "catalog/sqlite/statements.hpp"

namespace hone {

// Makes the table if it is missing. For the writer, when it opens the file.
void prepare_state(SQLite::Database& database);
// Every transaction that writes calls it before its commit. Returns the new state.
std::string renew_state(Statements& statements);
// For a file that prepare_state() has seen; empty before the first write.
std::string written_state(Statements& statements);
// Empty in a file that never had a state.
std::string read_state(Statements& statements);

}  // namespace hone
