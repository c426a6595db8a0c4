// SPDX-License-Identifier: GPL-3.0-or-later
// Copies catalogues between files and servers, and compares the results.
#include "catalog/surrealdb/copy.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include "catalog/sqlite/change_recorder.hpp"
#include "catalog/sqlite/schema.hpp"
#include "catalog/sqlite/text_index.hpp"
#include "catalog/surrealdb/replica.hpp"

namespace hone::surreal {

namespace {

constexpr int kBusyMilliseconds = 60'000;
constexpr int kPhotosAtOnce = 16;

template <typename Call>
auto guarded(Call call) -> decltype(call()) {
    try {
        return call();
    } catch (const SQLite::Exception& error) {
        return fail("the copy of the catalogue stopped: {}", error.what());
    }
}

// Attaches another database; its tables become source.*.
void attach(SQLite::Database& database, const fs::path& file) {
    SQLite::Statement attach(database, "ATTACH ? AS source");
    attach.bind(1, file.native());
    attach.exec();
}

Result<> check_source(const fs::path& file) {
    SQLite::Database source(file.native(), SQLite::OPEN_READONLY, kBusyMilliseconds);
    return check_schema(source);
}

Result<> check_target(SQLite::Database& database) {
    for (const char* table : {"photo", "folder", "person"}) {
        const char* column = std::string_view(table) == "photo" ? "id, sha" : "id";
        const int strange =
            database
                .execAndGet(fmt::format("SELECT count(*) FROM (SELECT {0} FROM main.{1} EXCEPT "
                                        "SELECT {0} FROM source.{1})",
                                        column, table))
                .getInt();
        if (strange > 0)
            return fail(ErrorKind::kConflict,
                        "the target already has {} rows in {}; copy into an empty catalogue", strange, table);
    }
    return {};
}

void copy_sequences(SQLite::Database& database) {
    database.exec(
        "DELETE FROM main.sqlite_sequence; INSERT INTO main.sqlite_sequence SELECT name, seq FROM "
        "source.sqlite_sequence");
}

Result<CopyReport> compare(SQLite::Database& database) {
    CopyReport report;
    for (const char* table : kHookedTables) {
        const auto count = [&](const char* left, const char* right) {
            return database
                .execAndGet(
                    fmt::format("SELECT count(*) FROM (SELECT * FROM {0}.{2} EXCEPT SELECT * FROM {1}.{2})",
                                left, right, table))
                .getInt();
        };
        if (const int differing = count("main", "source") + count("source", "main"); differing > 0)
            return fail(
                "after the copy {} rows of {} differ: stop every process that writes the library, then copy "
                "again",
                differing, table);
        report.rows += static_cast<std::uint64_t>(
            database.execAndGet(fmt::format("SELECT count(*) FROM source.{}", table)).getInt64());
        ++report.tables;
    }
    report.photos =
        static_cast<std::uint64_t>(database.execAndGet("SELECT count(*) FROM source.photo").getInt64());
    return report;
}

void remove_database(const fs::path& file) {
    for (const char* end : {"", "-wal", "-shm"}) (void)remove_file(file.native() + end);
}

}  // namespace

Result<CopyReport> copy_to_server(const fs::path& catalog, const Address& server, const fs::path& folder,
                                  const CopyProgress& progress) {
    return guarded([&]() -> Result<CopyReport> {
        HONE_CHECK(check_source(catalog));
        HONE_CHECK(make_directories(folder));
        const fs::path file = replica_file(folder, server);
        HONE_TRY(const auto replica, Replica::open(server, file, true, {}));
        SQLite::Database database(file.native(), SQLite::OPEN_READWRITE, kBusyMilliseconds);
        attach(database, catalog);
        HONE_CHECK(check_target(database));
        Statements statements(database);
        const auto step = [&](const std::function<void()>& change) -> Result<> {
            for (;;) {
                {
                    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
                    ChangeRecorder recorder(database, kHookedTables);
                    change();
                    HONE_TRY(const auto decision, replica->before_commit(statements, recorder.changes()));
                    if (decision == CommitHook::Decision::kCommit) {
                        transaction.commit();
                        return {};
                    }
                }
                HONE_TRY(const bool changed, replica->catch_up());
                (void)changed;
            }
        };
        HONE_CHECK(step([&] {
            for (const char* table : {"setting", "folder", "person", "people_edit"})
                database.exec(fmt::format("INSERT OR REPLACE INTO main.{0} SELECT * FROM source.{0}", table));
            database.exec(
                "INSERT OR REPLACE INTO main.place SELECT * FROM source.place WHERE photo_id IS NULL");
            copy_sequences(database);
        }));
        const std::int64_t photos = database.execAndGet("SELECT count(*) FROM source.photo").getInt64();
        std::int64_t done = 0;
        // The vectors' key begins with these columns, which makes those of a few photos fast to find.
        std::vector<std::pair<std::string, std::string>> spaces;
        SQLite::Statement known(database, "SELECT DISTINCT space, model FROM source.vector");
        while (known.executeStep())
            spaces.emplace_back(known.getColumn(0).getString(), known.getColumn(1).getString());
        known.reset();
        for (std::int64_t last = 0;;) {
            std::vector<std::int64_t> numbers;
            SQLite::Statement next(database, "SELECT id FROM source.photo WHERE id > ? ORDER BY id LIMIT ?");
            next.bind(1, last);
            next.bind(2, kPhotosAtOnce);
            while (next.executeStep()) numbers.push_back(next.getColumn(0).getInt64());
            next.reset();
            if (numbers.empty()) break;
            HONE_CHECK(step([&] {
                const auto copy = [&](const char* table, const std::string& where, const auto&... more) {
                    SQLite::Statement insert(
                        database,
                        fmt::format("INSERT OR REPLACE INTO main.{0} SELECT * FROM source.{0} WHERE {1}",
                                    table, where));
                    insert.bind(1, numbers.front());
                    insert.bind(2, numbers.back());
                    int at = 2;
                    (insert.bind(++at, more), ...);
                    insert.exec();
                };
                copy("photo", "id BETWEEN ? AND ?");
                for (const char* table : {"place", "analysis", "metadata", "keyword", "look", "face"})
                    copy(table, "photo_id BETWEEN ? AND ?");
                for (const auto& [space, model] : spaces)
                    copy("vector", "photo_id BETWEEN ? AND ? AND space = ? AND model = ?", space, model);
                copy("same_picture", "first BETWEEN ? AND ?");
                copy("face_rejection",
                     "face_id IN (SELECT id FROM source.face WHERE photo_id BETWEEN ? AND ?)");
                for (const std::int64_t photo : numbers)
                    refresh_text_index(statements, static_cast<PhotoNumber>(photo));
                copy_sequences(database);
            }));
            last = numbers.back();
            done += static_cast<std::int64_t>(numbers.size());
            progress(static_cast<double>(done) / static_cast<double>(photos),
                     fmt::format("{} of {} photos", done, photos));
        }
        // Only the server's content counts, so read it into a separate replica.
        const fs::path check(file.native() + ".check");
        remove_database(check);
        progress(1, "comparing");
        const auto compared = [&]() -> Result<CopyReport> {
            HONE_TRY(const auto fresh, Replica::open(server, check, false, {}));
            SQLite::Database copied(check.native(), SQLite::OPEN_READWRITE, kBusyMilliseconds);
            attach(copied, catalog);
            return compare(copied);
        }();
        remove_database(check);
        return compared;
    });
}

Result<CopyReport> copy_from_server(const Address& server, const fs::path& catalog, const fs::path& folder,
                                    const CopyProgress& progress) {
    return guarded([&]() -> Result<CopyReport> {
        HONE_CHECK(make_directories(folder));
        const fs::path file = replica_file(folder, server);
        progress(0, "reading the server");
        HONE_TRY(const auto replica, Replica::open(server, file, false, {}));
        {
            HONE_TRY(const auto made, open_sqlite_catalog(catalog, true));
        }
        SQLite::Database database(catalog.native(), SQLite::OPEN_READWRITE, kBusyMilliseconds);
        attach(database, file);
        HONE_CHECK(check_target(database));
        SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
        double done = 0;
        for (const char* table : kHookedTables) {
            progress(++done / static_cast<double>(kHookedTables.size() + 1), table);
            database.exec(fmt::format("INSERT OR REPLACE INTO main.{0} SELECT * FROM source.{0}", table));
        }
        std::vector<PhotoNumber> numbers;
        SQLite::Statement photos(database, "SELECT id FROM main.photo");
        while (photos.executeStep())
            numbers.push_back(static_cast<PhotoNumber>(photos.getColumn(0).getInt64()));
        photos.reset();
        Statements statements(database);
        for (const PhotoNumber photo : numbers) refresh_text_index(statements, photo);
        copy_sequences(database);
        transaction.commit();
        progress(1, "comparing");
        return compare(database);
    });
}

}  // namespace hone::surreal
