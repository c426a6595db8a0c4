// SPDX-License-Identifier: GPL-3.0-or-later
// SQLite calls back at the end of every statement.
#include "catalog/sqlite/statement_counts.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <atomic>

namespace hone {

namespace {

std::atomic<std::uint64_t> statements = 0, steps = 0;

int count(unsigned, void*, void* statement, void*) {
    statements.fetch_add(1, std::memory_order_relaxed);
    const int ran =
        ::sqlite3_stmt_status(static_cast<sqlite3_stmt*>(statement), SQLITE_STMTSTATUS_VM_STEP, 1);
    steps.fetch_add(static_cast<std::uint64_t>(ran), std::memory_order_relaxed);
    return 0;
}

}  // namespace

StatementCounts statement_counts() {
    return {statements.load(std::memory_order_relaxed), steps.load(std::memory_order_relaxed)};
}

void count_statements(SQLite::Database& database) {
    ::sqlite3_trace_v2(database.getHandle(), SQLITE_TRACE_PROFILE, &count, nullptr);
}

}  // namespace hone
