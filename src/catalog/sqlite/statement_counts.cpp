// SPDX-License-Identifier: GPL-3.0-or-later
// SQLite calls back at the end of every statement.
#include "catalog/sqlite/statement_counts.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <atomic>
#include <mutex>

namespace hone {

namespace {

std::atomic<std::uint64_t> statements = 0, steps = 0;
enum class Record { kNothing, kEverything, kFirstRuns };
std::atomic<Record> recording = Record::kNothing;
std::mutex recording_mutex;
std::set<std::string> recorded;  // guarded by recording_mutex

int count(unsigned, void*, void* statement, void*) {
    statements.fetch_add(1, std::memory_order_relaxed);
    const int ran =
        ::sqlite3_stmt_status(static_cast<sqlite3_stmt*>(statement), SQLITE_STMTSTATUS_VM_STEP, 1);
    steps.fetch_add(static_cast<std::uint64_t>(ran), std::memory_order_relaxed);
    const Record record = recording.load(std::memory_order_relaxed);
    if (record == Record::kEverything ||
        (record == Record::kFirstRuns &&
         ::sqlite3_stmt_status(static_cast<sqlite3_stmt*>(statement), SQLITE_STMTSTATUS_RUN, 0) == 1)) {
        const std::lock_guard lock(recording_mutex);
        recorded.emplace(::sqlite3_sql(static_cast<sqlite3_stmt*>(statement)));
    }
    return 0;
}

std::set<std::string> record(const std::function<void()>& call, Record what) {
    {
        const std::lock_guard lock(recording_mutex);
        recorded.clear();
    }
    recording = what;
    call();
    recording = Record::kNothing;
    const std::lock_guard lock(recording_mutex);
    return recorded;
}

}  // namespace

StatementCounts statement_counts() {
    return {statements.load(std::memory_order_relaxed), steps.load(std::memory_order_relaxed)};
}

std::set<std::string> statements_of(const std::function<void()>& call) {
    return record(call, Record::kEverything);
}

std::set<std::string> prepared_by(const std::function<void()>& call) {
    return record(call, Record::kFirstRuns);
}

void count_statements(SQLite::Database& database) {
    ::sqlite3_trace_v2(database.getHandle(), SQLITE_TRACE_PROFILE, &count, nullptr);
}

}  // namespace hone
