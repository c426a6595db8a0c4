// SPDX-License-Identifier: GPL-3.0-or-later
// The state of a catalogue as a random value.
#include "catalog/sqlite/write_state.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include "catalog/sqlite/columns.hpp"

namespace hone {

void prepare_state(SQLite::Database& database) {
    database.exec(
        "CREATE TABLE IF NOT EXISTS write_state (one INTEGER PRIMARY KEY CHECK (one = 1), value TEXT NOT "
        "NULL)");
}

std::string renew_state(Statements& statements) {
    // Random, because a restored catalogue must not come to a state that another one had.
    const auto renew =
        statements("INSERT OR REPLACE INTO write_state VALUES (1, hex(randomblob(16))) RETURNING value");
    renew->executeStep();
    std::string state = renew->getColumn(0).getString();
    renew->executeStep();  // to its end, which completes the write
    return state;
}

std::string written_state(Statements& statements) {
    const auto query = statements("SELECT value FROM write_state");
    return query->executeStep() ? query->getColumn(0).getString() : "";
}

std::string read_state(Statements& statements) {
    // A reader may find a file that only older programs wrote.
    if (read_integer(statements, "SELECT count(*) FROM sqlite_master WHERE name = 'write_state'") == 0)
        return "";
    return written_state(statements);
}

}  // namespace hone
