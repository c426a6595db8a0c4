// SPDX-License-Identifier: GPL-3.0-or-later
// Opens connections and runs transactions.
#include "catalog/sqlite/connections.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include "catalog/sqlite/change_recorder.hpp"
#include "catalog/sqlite/filter_functions.hpp"
#include "catalog/sqlite/schema.hpp"
#include "catalog/sqlite/statement_counts.hpp"
#include "catalog/sqlite/write_state.hpp"

namespace hone {

namespace {

constexpr int kBusyMilliseconds = 10'000;         // longer than any of Hone's transactions
constexpr std::size_t kHookedRows = 256;          // files or faces in one transaction
constexpr int kHookedBusyMilliseconds = 120'000;  // a hook may fill the whole file in one transaction

// Translates a database error into advice for people.
Error to_error(const SQLite::Exception& error, const fs::path& file) {
    switch (error.getErrorCode()) {
        case SQLITE_FULL:
            return {ErrorKind::kFailed,
                    "the disk of the library is full; free some space and run it again, nothing is lost"};
        case SQLITE_IOERR:
            return {ErrorKind::kFailed, fmt::format("cannot read or write the catalogue ({}); is the disk "
                                                    "full or gone? nothing that was committed is lost",
                                                    error.what())};
        case SQLITE_NOTADB:
        case SQLITE_CORRUPT:
            return {ErrorKind::kFailed, fmt::format("the catalogue {} is damaged ({}); `hone doctor` saves "
                                                    "the readable rows and shows the next steps",
                                                    printable(file), error.what())};
        case SQLITE_INTERRUPT:
            return {ErrorKind::kUnavailable, "cancelled: nobody waits for the answer any more"};
        case SQLITE_READONLY:
            return {ErrorKind::kFailed, "the library cannot be written; check its owner and permissions"};
        default:
            return {ErrorKind::kFailed, fmt::format("the catalogue says: {}", error.what())};
    }
}

// While it exists, a requested stop ends the connection's statements with SQLITE_INTERRUPT.
class Interruption {
  public:
    Interruption(SQLite::Database& database, const std::stop_token& stop) : database_(database.getHandle()) {
        constexpr int kInstructions = 4096;  // of SQLite's machine, between two looks
        if (!stop.stop_possible()) return;
        ::sqlite3_progress_handler(
            database_, kInstructions,
            [](void* token) { return static_cast<const std::stop_token*>(token)->stop_requested() ? 1 : 0; },
            const_cast<std::stop_token*>(&stop));
    }
    ~Interruption() { ::sqlite3_progress_handler(database_, 0, nullptr, nullptr); }
    Interruption(const Interruption&) = delete;
    Interruption& operator=(const Interruption&) = delete;

  private:
    sqlite3* database_;
};

template <typename Call>
auto guarded(const fs::path& file, Call call) -> decltype(call()) {
    try {
        return call();
    } catch (const SQLite::Exception& error) {
        return std::unexpected(to_error(error, file));
    }
}

}  // namespace

struct Connections::Connection {
    explicit Connection(std::unique_ptr<SQLite::Database> opened)
        : database(std::move(opened)), statements(*database) {}

    std::unique_ptr<SQLite::Database> database;
    Statements statements;
};

Connections::Connections(fs::path file, bool writable, std::unique_ptr<CommitHook> hook)
    : file_(std::move(file)),
      writable_(writable),
      hook_(std::move(hook)),
      feed_(hook_ ? hook_->feed() : own_feed_) {}

Connections::~Connections() = default;

Result<> Connections::open() {
    return guarded(file_, [&]() -> Result<> {
        if (!writable_) {
            auto reader = connect(SQLite::OPEN_READONLY);
            HONE_CHECK(check_schema(*reader->database));
            readers_.push_back(std::move(reader));
            return {};
        }
        writer_ = connect(SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        // FULL: a commit survives a power failure. NORMAL would lose the last ones, a person's edits too. A
        // replica gets them again from its server.
        writer_->database->exec(
            fmt::format("PRAGMA journal_mode = WAL; PRAGMA synchronous = {}; PRAGMA foreign_keys = ON;",
                        hook_ ? "NORMAL" : "FULL"));
        HONE_CHECK(prepare_schema(*writer_->database));
        prepare_state(*writer_->database);
        return {};
    });
}

std::size_t Connections::rows_at_once() const {
    return hook_ ? kHookedRows : SIZE_MAX;
}

Result<> Connections::observe(std::function<void(const Changes&)> observer,
                              const std::function<std::optional<Changes>(const std::string&)>& known) {
    return read([&](Statements& statements) -> Result<> {
        feed_.observe(statements, std::move(observer), known);
        return {};
    });
}

std::unique_ptr<Connections::Connection> Connections::connect(int flags) const {
    // SQLite needs neither memory statistics nor locks for connections used by one thread at a time.
    static const int counting = ::sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    (void)counting;
    auto database = std::make_unique<SQLite::Database>(file_.native(), flags | SQLite::OPEN_NOMUTEX,
                                                       hook_ ? kHookedBusyMilliseconds : kBusyMilliseconds);
    register_filter_functions(*database);
    count_statements(*database);
    return std::make_unique<Connection>(std::move(database));
}

Result<> Connections::run_reader(const std::function<void(Statements&)>& call, const std::stop_token& stop) {
    return guarded(file_, [&]() -> Result<> {
        std::unique_ptr<Connection> reader;
        {
            const std::lock_guard lock(readers_mutex_);
            if (!readers_.empty()) {
                reader = std::move(readers_.back());
                readers_.pop_back();
            }
        }
        if (!reader) reader = connect(SQLite::OPEN_READONLY);
        {
            const Interruption interruption(*reader->database, stop);
            call(reader->statements);
        }
        const std::lock_guard lock(readers_mutex_);
        readers_.push_back(std::move(reader));
        return {};
    });
}

Result<> Connections::run_writer(const std::function<Result<>(Statements&)>& call) {
    return guarded(file_, [&]() -> Result<> {
        if (!writer_) return fail("the library was opened read-only");
        const std::lock_guard lock(writer_mutex_);
        return hook_ ? write_hooked(call) : write_local(call);
    });
}

Result<> Connections::write_local(const std::function<Result<>(Statements&)>& call) {
    SQLite::Transaction transaction(*writer_->database, SQLite::TransactionBehavior::IMMEDIATE);
    const int changes_before = writer_->database->getTotalChanges();
    const ChangeRecorder recorder(*writer_->database, kObservedTables);
    HONE_CHECK(call(writer_->statements));
    feed_.commit(writer_->statements, transaction,
                 {recorder.changes(), writer_->database->getTotalChanges() != changes_before});
    return {};
}

Result<> Connections::write_hooked(const std::function<Result<>(Statements&)>& call) {
    for (;;) {
        std::optional<Error> refused;
        {
            SQLite::Transaction transaction(*writer_->database, SQLite::TransactionBehavior::IMMEDIATE);
            const int changes_before = writer_->database->getTotalChanges();
            const ChangeRecorder recorder(*writer_->database, kHookedTables);
            if (auto done = call(writer_->statements); done) {
                std::vector<ChangedRow> rows = recorder.changes();
                HONE_TRY(const auto decision, hook_->before_commit(writer_->statements, rows));
                if (decision == CommitHook::Decision::kCommit) {
                    feed_.commit(writer_->statements, transaction,
                                 {std::move(rows), writer_->database->getTotalChanges() != changes_before});
                    return {};
                }
            } else {
                refused = std::move(done).error();
            }
        }
        // The failure may come from another process's changes that are not here yet.
        const auto changed = hook_->catch_up();
        if (refused && !changed.value_or(false)) return std::unexpected(std::move(*refused));
        if (!changed) return std::unexpected(changed.error());
    }
}

}  // namespace hone
