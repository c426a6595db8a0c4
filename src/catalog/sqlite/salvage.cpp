// SPDX-License-Identifier: GPL-3.0-or-later
// Copies a damaged database row by row, and restores its consistency afterwards.
#include "catalog/sqlite/salvage.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <algorithm>
#include <limits>
#include <map>

#include "catalog/sqlite/columns.hpp"
#include "catalog/sqlite/faces.hpp"
#include "catalog/sqlite/schema.hpp"
#include "catalog/sqlite/text_index.hpp"

namespace hone {

namespace {

constexpr int kBusyMilliseconds = 10'000;
// Row ids tried in sequence after the last readable row. One lost interior page takes some tens of thousands
// of rows with it; one attempt takes some microseconds.
constexpr std::int64_t kMostTries = 5'000'000;
constexpr std::int64_t kFirst = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();

std::vector<std::string> texts(SQLite::Database& database, const std::string& sql) {
    SQLite::Statement query(database, sql);
    std::vector<std::string> found;
    while (query.executeStep()) found.push_back(query.getColumn(0).getString());
    return found;
}

std::optional<std::int64_t> number(SQLite::Database& database, const std::string& sql) {
    try {
        SQLite::Statement query(database, sql);
        if (query.executeStep() && !query.getColumn(0).isNull()) return query.getColumn(0).getInt64();
    } catch (const SQLite::Exception&) {  // that part of the file is lost too
    }
    return std::nullopt;
}

std::uint64_t change(SQLite::Database& database, const std::string& sql) {
    return static_cast<std::uint64_t>(database.exec(sql));
}

void bind_column(SQLite::Statement& statement, int index, const SQLite::Column& column) {
    switch (column.getType()) {
        case SQLITE_INTEGER:
            return statement.bind(index, column.getInt64());
        case SQLITE_FLOAT:
            return statement.bind(index, column.getDouble());
        case SQLITE_TEXT:
            return statement.bind(index, text_of(column));
        case SQLITE_BLOB:
            // An empty BLOB is not NULL.
            return statement.bind(index, column.getBytes() > 0 ? column.getBlob() : "", column.getBytes());
        default:
            return statement.bind(index);
    }
}

// Copies one table, row by row.
class TableCopy {
  public:
    TableCopy(SQLite::Database& from, SQLite::Database& to, std::string name, bool has_rowid)
        : from_(from), to_(to), has_rowid_(has_rowid) {
        table_.name = std::move(name);
    }

    SavedTable run() {
        const auto columns =
            texts(to_, fmt::format("SELECT name FROM pragma_table_info('{}') ORDER BY cid", table_.name));
        const auto there = columns_there();
        std::vector<std::string> both;
        std::ranges::copy_if(columns, std::back_inserter(both), [&](const std::string& column) {
            return std::ranges::find(there, column) != there.end();
        });
        if (both.empty()) {
            // The file's description of its tables is lost.
            table_.whole = false;
            return table_;
        }
        const auto key = texts(
            to_,
            fmt::format("SELECT name FROM pragma_table_info('{}') WHERE pk > 0 ORDER BY pk", table_.name));
        const std::string first = has_rowid_ ? "rowid" : key.front();
        numbered_ =
            has_rowid_ || number(to_, fmt::format("SELECT 1 FROM pragma_table_info('{}') WHERE name = "
                                                  "'{}' AND type = 'INTEGER'",
                                                  table_.name, first));
        const auto ordered = [&](const char* direction) {
            if (has_rowid_) return fmt::format("rowid {}", direction);
            return fmt::format("{} {}", fmt::join(key, fmt::format(" {}, ", direction)), direction);
        };
        const std::string select = fmt::format("SELECT {}, {} FROM {} {}", first, fmt::join(both, ", "),
                                               table_.name, has_rowid_ ? "NOT INDEXED" : "");
        const auto bounded = [&](const char* comparison) {
            return numbered_ ? fmt::format("WHERE {} {} ?", first, comparison)
                             : std::string("WHERE ? IS NOT NULL");
        };
        const std::string upwards = fmt::format("{} {} ORDER BY {}", select, bounded(">="), ordered("ASC"));
        const std::string downwards = fmt::format("{} {} ORDER BY {}", select, bounded("<"), ordered("DESC"));
        up_.emplace(from_, upwards);
        down_.emplace(from_, downwards);
        std::string places = "?";
        for (std::size_t at = 1; at < both.size(); ++at) places += ",?";
        insert_.emplace(to_, fmt::format("INSERT OR IGNORE INTO {} ({}) VALUES ({})", table_.name,
                                         fmt::join(both, ", "), places));
        width_ = static_cast<int>(both.size());
        copy_rows();
        count_lost();
        return table_;
    }

  private:
    std::vector<std::string> columns_there() {
        try {
            return texts(from_, fmt::format("SELECT name FROM pragma_table_info('{}')", table_.name));
        } catch (const SQLite::Exception&) {
            return {};
        }
    }

    struct Reached {
        bool end = false;                 // the table ended, not just its readable part
        std::optional<std::int64_t> key;  // key of the last row read
    };

    void copy_rows() {
        const Reached head = read(*up_, kFirst, kLast);
        if (head.end) return;
        table_.whole = false;
        const Reached tail = read(*down_, kLast, head.key.value_or(kFirst));
        if (!numbered_) return;
        // Between the two ends, any row id may start a readable page.
        const std::optional<std::int64_t> largest = tail.key ? std::nullopt : largest_number();
        const std::int64_t stop = tail.key.value_or(largest && *largest < kLast ? *largest + 1 : kLast);
        std::int64_t low = head.key.value_or(0), tries = 0;
        std::uint64_t missed = 0;
        for (std::int64_t next = low + 1; next < stop && tries < kMostTries; ++next, ++tries) {
            const std::optional<std::int64_t> found = seek(next);
            if (found == kLast) break;  // no row follows
            if (!found) {
                ++missed;
                continue;
            }
            if (*found >= stop) break;
            // With a key of several columns, this page may contain rows with smaller keys.
            read(*down_, *found, low);
            const Reached island = read(*up_, *found, stop);
            low = next = island.key.value_or(*found);
            tries = 0;
        }
        if (has_rowid_ && stop != kLast) table_.at_most = missed;
    }

    // Reads rows from a key on, in statement order, until one is unreadable or reaches `until`.
    Reached read(SQLite::Statement& rows, std::int64_t from, std::int64_t until) {
        const bool upwards = &rows == &*up_;
        Reached reached;
        rows.tryReset();
        rows.bind(1, from);
        for (;;) {
            const int result = rows.tryExecuteStep();
            if (result == SQLITE_DONE) {
                reached.end = true;
                break;
            }
            if (result != SQLITE_ROW) break;
            const std::int64_t key = numbered_ ? rows.getColumn(0).getInt64() : 0;
            if (numbered_) {
                if (upwards ? until != kLast && key >= until
                            : until != kFirst && key < until + (has_rowid_ ? 1 : 0))
                    break;
                // A page in the wrong place.
                if (reached.key && (upwards ? key < *reached.key : key > *reached.key)) break;
                if (reached.key && has_rowid_ && key == *reached.key) break;
            }
            keep(rows, upwards);
            reached.key = key;
        }
        rows.tryReset();
        return reached;
    }

    // Returns the key of the first row at or after `from`; std::nullopt when its page is unreadable, kLast
    // when there is none.
    std::optional<std::int64_t> seek(std::int64_t from) {
        up_->tryReset();
        up_->bind(1, from);
        const int result = up_->tryExecuteStep();
        std::optional<std::int64_t> key;
        if (result == SQLITE_DONE) key = kLast;
        if (result == SQLITE_ROW && up_->getColumn(0).getInt64() >= from) key = up_->getColumn(0).getInt64();
        up_->tryReset();
        return key;
    }

    void keep(SQLite::Statement& row, bool count_refused) {
        insert_->tryReset();
        for (int column = 1; column <= width_; ++column) bind_column(*insert_, column, row.getColumn(column));
        const int result = insert_->tryExecuteStep();
        if (result == SQLITE_DONE && sqlite3_changes(to_.getHandle()) > 0)
            ++table_.saved;
        else if (result == SQLITE_DONE || result == SQLITE_CONSTRAINT || result == SQLITE_MISMATCH)
            table_.left_out += count_refused ? 1 : 0;  // downwards, a row may come a second time
        else
            throw SQLite::Exception(to_.getHandle(), result);
    }

    // Returns the largest row id that was ever used: from the table's own counter, or that of the table it
    // refers to.
    std::optional<std::int64_t> largest_number() {
        const auto counter = [&](const std::string& table) {
            return number(from_, fmt::format("SELECT seq FROM sqlite_sequence WHERE name = '{}'", table));
        };
        if (auto own = counter(table_.name)) return own;
        const auto parents = texts(
            to_,
            fmt::format(
                "SELECT f.\"table\" FROM pragma_foreign_key_list('{0}') f JOIN "
                "pragma_table_info('{0}') c ON c.name = f.\"from\" WHERE c.pk = 1 AND c.type = 'INTEGER'",
                table_.name));
        return parents.empty() ? std::nullopt : counter(parents.front());
    }

    // An index reveals the number of rows.
    void count_lost() {
        if (!has_rowid_) return;
        const auto indexes = texts(
            to_, fmt::format("SELECT name FROM pragma_index_list('{}') WHERE partial = 0", table_.name));
        for (const std::string& index : indexes) {
            const auto rows = number(
                from_, fmt::format("SELECT count(rowid) FROM {} INDEXED BY \"{}\"", table_.name, index));
            if (!rows) continue;
            const std::uint64_t read = table_.saved + table_.left_out,
                                all = static_cast<std::uint64_t>(*rows);
            table_.lost = all > read ? all - read : 0;
            if (*table_.lost > 0) table_.whole = false;
            return;
        }
    }

    SQLite::Database& from_;
    SQLite::Database& to_;
    const bool has_rowid_;
    bool numbered_ = true;  // the key begins with a number
    std::optional<SQLite::Statement> up_, down_, insert_;
    int width_ = 0;
    SavedTable table_;
};

// Makes the salvaged rows consistent with each other.
class Reconciliation {
  public:
    Reconciliation(SQLite::Database& from, SQLite::Database& to) : from_(from), to_(to) {}

    // Called for each table, after those that it refers to.
    void end_table(SavedTable& table) {
        std::uint64_t refused = 0;
        if (table.name == "photo") {
            refused += change(to_, "DELETE FROM photo WHERE typeof(sha) <> 'blob' OR length(sha) <> 32");
            change(to_, "UPDATE photo SET shown_as = NULL WHERE shown_as NOT IN (SELECT id FROM photo)");
        }
        if (table.name == "metadata")
            refused += change(to_, "DELETE FROM metadata WHERE NOT json_valid(document)");
        // A face without its person is grouped again.
        if (table.name == "face")
            change(to_,
                   "UPDATE face SET person_id = NULL, confirmed = 0 WHERE person_id NOT IN (SELECT id FROM "
                   "person)");
        if (table.name == "people_edit") {
            // An edit that would return faces to a lost person cannot be undone.
            refused += change(
                to_,
                "DELETE FROM people_edit WHERE CASE WHEN json_valid(before) THEN EXISTS (SELECT 1 FROM "
                "json_each(before, '$.faces') WHERE json_extract(value, '$[1]') <> 0 AND "
                "json_extract(value, '$[1]') NOT IN (SELECT id FROM person)) ELSE 1 END");
        }
        SQLite::Statement keys(
            to_,
            fmt::format("SELECT \"from\", \"table\", \"to\" FROM pragma_foreign_key_list('{}')", table.name));
        while (keys.executeStep())
            refused += change(
                to_, fmt::format("DELETE FROM {0} WHERE {1} IS NOT NULL AND {1} NOT IN (SELECT {3} FROM {2})",
                                 table.name, keys.getColumn(0).getString(), keys.getColumn(1).getString(),
                                 keys.getColumn(2).getString()));
        table.saved -= refused;
        table.left_out += refused;
    }

    // Rebuilds derived data and marks lost work for repetition.
    void end(const std::vector<SavedTable>& tables) {
        const auto complete = [&](const char* name) {
            const auto table = std::ranges::find(tables, name, &SavedTable::name);
            return table != tables.end() && table->whole && table->left_out == 0;
        };
        if (!complete("keyword"))
            to_.exec(
                "INSERT OR IGNORE INTO keyword SELECT photo_id, value FROM metadata, json_each(document, "
                "'$.keywords') WHERE typeof(value) = 'text'");
        to_.exec(
            "DELETE FROM analysis WHERE analyzer = 'content' AND NOT EXISTS (SELECT 1 FROM vector WHERE "
            "vector.photo_id = analysis.photo_id AND space = 'content' AND vector.model = analysis.model)");
        to_.exec(
            "DELETE FROM analysis WHERE analyzer = 'metadata' AND photo_id NOT IN (SELECT photo_id FROM "
            "metadata)");
        to_.exec(
            "DELETE FROM analysis WHERE analyzer IN ('look', 'hashes') AND photo_id NOT IN (SELECT photo_id "
            "FROM look)");
        if (!complete("same_picture")) to_.exec("DELETE FROM analysis WHERE analyzer = 'same-picture'");
        if (!complete("face")) forget_lost_faces();
        // Numbers are never reused.
        for (const SavedTable& table : tables) {
            const auto last =
                number(from_, fmt::format("SELECT seq FROM sqlite_sequence WHERE name = '{}'", table.name));
            if (!last) continue;
            to_.exec(fmt::format(
                "UPDATE sqlite_sequence SET seq = max(seq, {0}) WHERE name = '{1}'; INSERT INTO "
                "sqlite_sequence SELECT '{1}', {0} WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence "
                "WHERE name = '{1}')",
                *last, table.name));
        }
        Statements statements(to_);
        SQLite::Statement photos(to_, "SELECT id FROM photo");
        while (photos.executeStep())
            refresh_text_index(statements, static_cast<PhotoNumber>(photos.getColumn(0).getInt64()));
        count_change(statements);
    }

  private:
    // Marks photos with missing faces for detection; all photos, when the file does not reveal which.
    void forget_lost_faces() {
        std::map<std::int64_t, std::int64_t> faces;
        const auto add = [&](SQLite::Database& database, const char* sql, int sign) {
            SQLite::Statement query(database, sql);
            while (query.executeStep())
                faces[query.getColumn(0).getInt64()] += sign * query.getColumn(1).getInt64();
        };
        try {
            add(from_, "SELECT photo_id, count(*) FROM face INDEXED BY face_photo GROUP BY photo_id", 1);
        } catch (const SQLite::Exception&) {
            to_.exec("DELETE FROM analysis WHERE analyzer = 'faces'");
            return;
        }
        add(to_, "SELECT photo_id, count(*) FROM face GROUP BY photo_id", -1);
        SQLite::Statement forget(to_, "DELETE FROM analysis WHERE analyzer = 'faces' AND photo_id = ?");
        for (const auto& [photo, missing] : faces) {
            if (missing == 0) continue;
            forget.reset();
            forget.bind(1, photo);
            forget.exec();
        }
    }

    SQLite::Database& from_;
    SQLite::Database& to_;
};

struct TableName {
    std::string name;
    bool has_rowid;
};

// In order of creation: each table after those that it refers to.
std::vector<TableName> tables_of(SQLite::Database& database) {
    SQLite::Statement query(
        database,
        "SELECT made.name, wr FROM sqlite_master AS made JOIN pragma_table_list AS known ON "
        "known.name = made.name WHERE known.type = 'table' AND known.schema = 'main' AND "
        "made.type = 'table' AND made.name NOT LIKE 'sqlite%' ORDER BY made.rowid");
    std::vector<TableName> tables;
    while (query.executeStep())
        tables.push_back({query.getColumn(0).getString(), query.getColumn(1).getInt() == 0});
    return tables;
}

Result<std::vector<SavedTable>> copy_all(const fs::path& damaged, const fs::path& saved) try {
    SQLite::Database from(damaged.native(), SQLite::OPEN_READONLY, kBusyMilliseconds);
    int version = 0;
    try {
        // Accepts the file as it is: truncated, or with an unreadable part of its schema.
        from.exec("PRAGMA writable_schema = ON; BEGIN");
        version = from.execAndGet("PRAGMA user_version").getInt();
    } catch (const SQLite::Exception&) {  // not even its first page is readable
    }
    if (version == 0) return {};
    HONE_CHECK(check_origin(from));
    SQLite::Database then(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    make_tables(then, version);
    const std::vector<TableName> known = tables_of(then);

    SQLite::Database to(saved.native(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    HONE_CHECK(prepare_schema(to));
    to.exec("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF");
    SQLite::Transaction transaction(to);
    Reconciliation reconciliation(from, to);
    std::vector<SavedTable> tables;
    for (const TableName& table : tables_of(to)) {
        if (std::ranges::find(known, table.name, &TableName::name) == known.end()) continue;
        tables.push_back(TableCopy(from, to, table.name, table.has_rowid).run());
        reconciliation.end_table(tables.back());
    }
    reconciliation.end(tables);
    transaction.commit();
    to.exec("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL");
    if (!damage_in(to).empty() || !texts(to, "PRAGMA foreign_key_check").empty())
        return fail("the rows read from {} do not fit together", printable(damaged));
    return tables;
} catch (const SQLite::Exception& error) {
    return fail("the readable rows of {} cannot be saved in {}: {}", printable(damaged), printable(saved),
                error.what());
}

}  // namespace

Result<std::optional<std::string>> damage_of(const fs::path& catalog) try {
    const auto check = [&](int mode) -> std::optional<std::string> {
        SQLite::Database database(catalog.native(), mode, kBusyMilliseconds);
        std::string found = damage_in(database);
        if (found.empty()) return std::nullopt;
        return found;
    };
    try {
        return check(SQLite::OPEN_READONLY);
    } catch (const SQLite::Exception& error) {
        // A crash cut a write short, and only a writer can roll it back.
        if (error.getErrorCode() != SQLITE_READONLY) throw;
        return check(SQLite::OPEN_READWRITE);
    }
} catch (const SQLite::Exception& error) {
    const int code = error.getErrorCode();
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_IOERR) return error.what();
    return fail("{} cannot be checked: {}", printable(catalog), error.what());
}

Result<std::vector<SavedTable>> salvage(const fs::path& damaged, const fs::path& saved) {
    auto tables = copy_all(damaged, saved);
    const bool nothing =
        !tables || std::ranges::all_of(*tables, [](const SavedTable& table) { return table.saved == 0; });
    if (nothing) (void)remove_file(saved);  // empty, and of no use
    if (tables && nothing) tables->clear();
    return tables;
}

}  // namespace hone
