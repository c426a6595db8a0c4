// SPDX-License-Identifier: GPL-3.0-or-later
// Maps the rows of the catalogue to records of the server.
//
// All rows of a photo form one photo document, a hone_bundle record (photo_document.hpp), which is far less
// work for the server than one record per row. Every other row is a record hone_TABLE:KEY with one field per
// column that is not NULL. A row belongs to a photo document if it is a photo row or has a photo_id. Not
// thread-safe, except Tables.
#pragma once

#include <optional>
#include <set>

#include "catalog/sqlite/commit_hook.hpp"
#include "catalog/sqlite/statements.hpp"
#include "catalog/surrealdb/value.hpp"

namespace hone::surreal {

inline constexpr const char* kDocument = "bundle";  // hone_bundle; no table of the replica has this name

struct Column {
    std::string name;
    bool blob = false;
    int key = 0;  // position in the primary key, from 1; 0: not in it
};

struct Table {
    std::string name;
    std::vector<Column> columns;
    std::vector<std::size_t> key;      // columns of the primary key, in key order
    std::optional<std::size_t> photo;  // the column with the photo's number
    std::string names;                 // of all columns: "id, path"
    std::string read, write, remove;   // SQL for one row by its key
    std::string insert;                // like write, for a row that does not exist: fails on a conflict
    std::string read_photo, remove_photo;
};

// The columns and keys of the replica's tables. Immutable, so safe from any thread.
class Tables {
  public:
    explicit Tables(SQLite::Database& database);
    [[nodiscard]] const Table* find(std::string_view name) const;            // null for an unknown table
    [[nodiscard]] const std::vector<Table>& all() const { return tables_; }  // in the order of kHookedTables

  private:
    std::vector<Table> tables_;
};

// Returns true when CBOR and SurrealDB can carry it as a string.
bool travels_as_text(std::string_view text);

// A transaction's changes of the records.
struct RecordChange {
    Array gone;     // ids of deleted or replaced records
    Array rows;     // records with their ids
    Array written;  // their ids
    Array deleted;  // for other replicas: [table, [key, ...]] of rows, ["bundle", [photo]] of whole photos
};

// statements: of the connection, inside the transaction that made the changes.
RecordChange record_change(Statements& statements, const Tables& tables,
                           const std::vector<ChangedRow>& changes);

// Returns the record with all rows of a photo; NONE when it has none.
Value document_of(Statements& statements, const Tables& tables, std::int64_t photo);

// Writes records into the replica's tables and maintains its text index.
class RecordReader {
  public:
    // empty: the tables have no rows yet.
    RecordReader(Statements& statements, const Tables& tables, bool empty);
    Result<> write(const Value& record);  // kFailed for a damaged document; ignores records that are not rows
    void remove(const Value& row);        // row: an element of RecordChange::deleted
    // Rebuilds the text index of the touched photos. Call it once at the end.
    void finish();

  private:
    Result<> write_photo(std::int64_t photo, const Value& rows);
    void remove_photo(std::int64_t photo);

    const Tables& tables_;
    const bool empty_;
    Statements& statements_;
    std::set<std::int64_t> words_;  // photos whose text index must be rebuilt
};

}  // namespace hone::surreal
