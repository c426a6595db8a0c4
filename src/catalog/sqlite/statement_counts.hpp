// SPDX-License-Identifier: GPL-3.0-or-later
// Counts the work of SQLite in this process, for the metrics and for tests that bound it.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>

namespace SQLite {
class Database;
}

namespace hone {

struct StatementCounts {
    std::uint64_t statements = 0;  // finished ones
    std::uint64_t steps = 0;  // instructions of SQLite's virtual machine: a few per row that is looked at
};

// Of all connections that were counted, since the start of the process. Safe from any thread.
StatementCounts statement_counts();
// Calls it and returns the SQL of every statement that finished meanwhile, on any thread. For tests that look
// at the plans of statements; one call at a time.
std::set<std::string> statements_of(const std::function<void()>& call);
// The same, but only those that had not run before: the ones that were prepared for it.
std::set<std::string> prepared_by(const std::function<void()>& call);
// Counts this connection's statements from now on.
void count_statements(SQLite::Database& database);

}  // namespace hone
