// The rows of the catalogue as records of the server.
//
// All rows of a photo are one record, hone_bundle:PHOTO (bundle.hpp), which is far less work for the server
// than a record for each row. Every other row is a record hone_TABLE:KEY with a field for each column that is
// not NULL. Which of the two a row is follows from the row: it is a photo or has a photo_id, or not.
#pragma once

#include <optional>
#include <set>

#include "catalog/sqlite/commit_hook.hpp"
#include "catalog/sqlite/statements.hpp"
#include "catalog/surrealdb/value.hpp"

namespace hone::surreal {

inline constexpr const char* kDocument = "bundle";  // hone_bundle; no table of the mirror has this name

struct Column {
    std::string name;
    bool blob = false;
    int key = 0;  // its place in the primary key, from 1
};

struct Table {
    std::string name;
    std::vector<Column> columns;
    std::vector<std::size_t> key;      // columns of the primary key, in its order
    std::optional<std::size_t> photo;  // the column with the photo's number
    std::string names;                 // of all columns: "id, path"
    std::string read, write, remove;   // one row by its key
    std::string insert;  // the same as write for a row that is not there: else SQLite refuses it
    std::string read_photo, remove_photo;
};

// What the mirror's tables are like. Never changes.
class Tables {
  public:
    explicit Tables(SQLite::Database& database);
    [[nodiscard]] const Table* find(std::string_view name) const;
    [[nodiscard]] const std::vector<Table>& all() const { return tables_; }  // as kHookedTables

  private:
    std::vector<Table> tables_;
};

bool travels_as_text(std::string_view text);  // as a string of CBOR and SurrealDB

// What a transaction does to the records.
struct RecordChange {
    Array gone;     // ids of records that go, or that are replaced
    Array rows;     // records with their ids
    Array written;  // ids of the same
    Array deleted;  // for other mirrors: [table, [key, ...]] of rows, ["bundle", [photo]] of whole photos
};

// database: in the transaction that made the changes.
RecordChange record_change(SQLite::Database& database, const Tables& tables,
                           const std::vector<ChangedRow>& changes);

// The record of a photo's rows; NONE when there are none.
Value document_of(Statements& statements, const Tables& tables, std::int64_t photo);

// Writes records into the mirror's tables and keeps its index of words.
class RecordReader {
  public:
    // empty: the tables hold nothing yet.
    RecordReader(SQLite::Database& database, const Tables& tables, bool empty);
    Result<> write(const Value& record);  // what is no row is passed over
    void remove(const Value& row);        // of RecordChange::deleted
    void finish();

  private:
    Result<> write_photo(std::int64_t photo, const Value& rows);
    void remove_photo(std::int64_t photo);

    const Tables& tables_;
    const bool empty_;
    Statements statements_;
    std::set<std::int64_t> words_;  // photos whose words have to be made anew
};

}  // namespace hone::surreal
