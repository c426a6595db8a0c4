// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the changes of a transaction from SQLite's session extension.
#include "catalog/sqlite/change_recorder.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
// Debian's library contains the session extension; its header declares it only with this macro.
#define SQLITE_ENABLE_SESSION
#define SQLITE_ENABLE_PREUPDATE_HOOK
#include <sqlite3.h>

#include <algorithm>

namespace hone {

const std::vector<const char*> kHookedTables = {
    "setting", "folder", "photo",        "place",  "analysis", "vector",         "metadata",
    "keyword", "look",   "same_picture", "person", "face",     "face_rejection", "people_edit"};

const std::vector<const char*> kObservedTables = {"photo",        "place",  "metadata",
                                                  "same_picture", "person", "face"};

const std::vector<const char*> kPulledTables = {"photo", "place",        "vector", "metadata",
                                                "look",  "same_picture", "person", "face"};

namespace {

void check(int code) {
    if (code != SQLITE_OK) throw SQLite::Exception(::sqlite3_errstr(code), code);
}

ChangedRow::Key::value_type key_value(::sqlite3_value* value) {
    if (::sqlite3_value_type(value) == SQLITE_INTEGER) return std::int64_t{::sqlite3_value_int64(value)};
    const auto* bytes = static_cast<const char*>(::sqlite3_value_blob(value));
    return std::string(bytes == nullptr ? "" : bytes, static_cast<std::size_t>(::sqlite3_value_bytes(value)));
}

ChangedRow read(::sqlite3_changeset_iter* at) {
    const char* table = nullptr;
    int columns = 0, operation = 0, indirect = 0;
    check(::sqlite3changeset_op(at, &table, &columns, &operation, &indirect));
    unsigned char* is_key = nullptr;
    check(::sqlite3changeset_pk(at, &is_key, nullptr));
    ChangedRow row{table,
                   {},
                   operation == SQLITE_INSERT   ? ChangedRow::What::kInserted
                   : operation == SQLITE_DELETE ? ChangedRow::What::kDeleted
                                                : ChangedRow::What::kUpdated,
                   std::vector<bool>(static_cast<std::size_t>(columns)),
                   {}};
    std::vector<std::pair<int, ChangedRow::Key::value_type>> key;
    for (int column = 0; column < columns; ++column) {
        ::sqlite3_value* value = nullptr;
        if (operation == SQLITE_UPDATE) {
            check(::sqlite3changeset_new(at, column, &value));
            row.columns[static_cast<std::size_t>(column)] = value != nullptr;
        }
        if (is_key[column] == 0) continue;
        check((operation == SQLITE_INSERT ? ::sqlite3changeset_new : ::sqlite3changeset_old)(at, column,
                                                                                             &value));
        key.emplace_back(is_key[column], key_value(value));
    }
    if (operation != SQLITE_INSERT) {
        row.before.resize(static_cast<std::size_t>(columns));
        for (int column = 0; column < columns; ++column) {
            ::sqlite3_value* value = nullptr;
            check(::sqlite3changeset_old(at, column, &value));
            const int type = value == nullptr ? SQLITE_NULL : ::sqlite3_value_type(value);
            if (type == SQLITE_INTEGER || type == SQLITE_TEXT)
                row.before[static_cast<std::size_t>(column)] = key_value(value);
        }
    }
    // is_key numbers the columns of the key from 1, in key order.
    std::ranges::sort(key, {}, [](const auto& part) { return part.first; });
    for (auto& part : key) row.key.push_back(std::move(part.second));
    return row;
}

}  // namespace

ChangeRecorder::ChangeRecorder(SQLite::Database& database, std::span<const char* const> tables) {
    check(::sqlite3session_create(database.getHandle(), "main", &session_));
    for (const char* table : tables) check(::sqlite3session_attach(session_, table));
}

ChangeRecorder::~ChangeRecorder() {
    ::sqlite3session_delete(session_);
}

std::vector<ChangedRow> ChangeRecorder::changes() const {
    int size = 0;
    void* bytes = nullptr;
    check(::sqlite3session_changeset(session_, &size, &bytes));
    const std::unique_ptr<void, decltype(&::sqlite3_free)> owned(bytes, &::sqlite3_free);
    ::sqlite3_changeset_iter* at = nullptr;
    check(::sqlite3changeset_start(&at, size, bytes));
    std::vector<ChangedRow> changed;
    while (::sqlite3changeset_next(at) == SQLITE_ROW) changed.push_back(read(at));
    check(::sqlite3changeset_finalize(at));
    return changed;
}

}  // namespace hone
