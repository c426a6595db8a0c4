// SPDX-License-Identifier: GPL-3.0-or-later
// Pulls the server's changes into the SQLite replica, and sends the replica's changes to the server.
#include "catalog/surrealdb/replica.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <future>
#include <set>

#include "base/log.hpp"
#include "base/parallel.hpp"
#include "base/sha256.hpp"
#include "catalog/sqlite/change_recorder.hpp"
#include "catalog/sqlite/schema.hpp"
#include "catalog/sqlite/statement_counts.hpp"
#include "catalog/sqlite/write_state.hpp"
#include "catalog/surrealdb/graph.hpp"
#include "catalog/surrealdb/rows.hpp"
#include "catalog/surrealdb/schema.hpp"

namespace hone::surreal {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

constexpr int kBusyMilliseconds = 60'000;  // the longest pull of another process
constexpr std::int64_t kChangesAtOnce = 32;
constexpr int kPageRows = 2'000;
constexpr std::int64_t kFarBehind = 4'000;  // beyond this distance, reading everything is faster
// More changes at once are not recorded row by row, which takes memory for all of them; reading the library
// once is then a small part of the work for each.
constexpr std::int64_t kRecordedChanges = 512;
constexpr int kRecordedRows = 65'536;
constexpr std::int64_t kKeptChanges = 20'000;
constexpr int kTurnsToGraph = 4;
constexpr std::size_t kDocumentsAtOnce = 64;
constexpr int kFillCacheKilobytes = 65'536;
constexpr auto kAnotherMigrates = milliseconds(500);
constexpr auto kFollowerPatience = milliseconds(2'000);  // of a reader
constexpr auto kFollowerPoll = milliseconds(20);
constexpr auto kTellEvery = milliseconds(5'000);
constexpr auto kLeftUndone = milliseconds(3'000);  // a graph that its process has not written by then
constexpr const char* kBehind = "hone: behind";
constexpr const char* kGraphPending = "hone: graph due";
constexpr const char* kForbidden = "hone: forbidden";

Value sequences_of(Statements& statements) {
    Object sequences;
    const auto query = statements("SELECT name, seq FROM sqlite_sequence ORDER BY name");
    while (query->executeStep())
        sequences.emplace_back(query->getColumn(0).getString(), std::int64_t{query->getColumn(1).getInt64()});
    return sequences;
}

void set_sequences(Statements& statements, const Value& sequences) {
    const auto* all = sequences.as<Object>();
    if (!all) return;
    for (const auto& [name, value] : *all) {
        const auto update = statements("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?");
        update->bind(1, value.integer());
        update->bind(2, name);
        if (update->exec() > 0) continue;
        const auto insert = statements("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)");
        insert->bind(1, name);
        insert->bind(2, value.integer());
        insert->exec();
    }
}

template <typename Call>
auto guarded(Call call) -> decltype(call()) {
    try {
        return call();
    } catch (const SQLite::Exception& error) {
        return fail("the replica of the catalogue reports: {}", error.what());
    }
}

}  // namespace

// counter and token: of the last applied change. library: the name of the library that the replica belongs
// to.
struct Replica::State {
    std::string library, token;
    std::int64_t counter = 0;
    bool operator==(const State&) const = default;

    static State read(Statements& statements) {
        const auto query = statements("SELECT library, token, counter FROM mirror");
        if (!query->executeStep()) return {};
        return {query->getColumn(0).getString(), query->getColumn(1).getString(),
                query->getColumn(2).getInt64()};
    }
    void write(Statements& statements) const {
        const auto replace = statements("INSERT OR REPLACE INTO mirror VALUES (1, ?, ?, ?)");
        replace->bind(1, library);
        replace->bind(2, token);
        replace->bind(3, counter);
        replace->exec();
    }
};

struct Replica::Head : State {
    Value sequences;
};

Replica::Replica(const Address& address, fs::path file, Patience patience)
    : file_(std::move(file)),
      patience_(patience),
      writes_(address, patience),
      reads_(address, patience),
      graphs_(address, patience),
      leases_(address, patience, [this]() -> Result<> {
          HONE_TRY(const bool changed, catch_up());
          (void)changed;
          return {};
      }) {}

Replica::~Replica() {
    writes_.stop();
    reads_.stop();
    watcher_.request_stop();
    wake_.notify_all();
}

fs::path replica_file(const fs::path& folder, const Address& address) {
    const std::string hash = to_hex(sha256(address.shown())).substr(0, 16);
    const fs::path file = folder / fmt::format("replica-{}.db", hash);
    const fs::path before = folder / fmt::format("mirror-{}.db", hash);
    std::error_code error;
    if (!fs::exists(file, error) && fs::exists(before, error)) {
        // The log first: a database without its log is an older state, a log without its database is ignored.
        for (const char* end : {"-wal", "-shm", ""})
            (void)rename_file(before.native() + end, file.native() + end);  // otherwise it is made again
    }
    return file;
}

Result<std::unique_ptr<Replica>> Replica::open(const Address& address, const fs::path& file, bool writable,
                                               Patience patience) {
    std::unique_ptr<Replica> replica(new Replica(address, file, patience));
    HONE_CHECK(guarded([&] { return replica->prepare(writable); }));
    return replica;
}

Result<> Replica::prepare(bool writable) {
    database_ = std::make_unique<SQLite::Database>(
        file_.native(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX,
        kBusyMilliseconds);
    count_statements(*database_);
    // A page of 4096 bytes would waste half its space on a vector of 512 values.
    database_->exec("PRAGMA page_size = 16384; PRAGMA synchronous = NORMAL");
    HONE_CHECK(prepare_schema(*database_));
    prepare_state(*database_);
    database_->exec(
        "CREATE TABLE IF NOT EXISTS mirror (one INTEGER PRIMARY KEY, library TEXT NOT NULL, token TEXT NOT "
        "NULL, "
        "counter INTEGER NOT NULL)");
    tables_ = std::make_unique<const Tables>(*database_);
    statements_ = std::make_unique<Statements>(*database_);
    writable_ = writable;
    if (writable) {
        if (auto lock = LockFile::acquire(follower_file(), "")) follower_.emplace(std::move(*lock));
    }
    const auto prepared = prepare_server(reads_, writable);
    if (!prepared && prepared.error().kind != ErrorKind::kUnavailable)
        return std::unexpected(prepared.error());
    const State state = State::read(*statements_);
    // An empty replica is filled without a write-ahead log, which would write everything twice.
    const auto keep_log = [&] { database_->exec("PRAGMA journal_mode = WAL"); };
    if (!state.library.empty()) keep_log();
    if (!prepared) {
        if (state.library.empty()) return std::unexpected(prepared.error());
        log::warning("{}; showing the last known state", prepared.error().message);
        library_ = state.library;
        note(std::unexpected(prepared.error()));
    } else {
        library_ = *prepared;
        prepared_ = true;
        if (auto pulled = pull(); !pulled) return std::unexpected(pulled.error());
        keep_log();
    }
    if (prepared) (void)complete_graph();
    watcher_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
    return {};
}

Result<CommitHook::Decision> Replica::before_commit(Statements& statements,
                                                    const std::vector<ChangedRow>& changes) {
    if (changes.empty()) return Decision::kCommit;
    State state = State::read(statements);
    auto [gone, rows, written, deleted] = record_change(statements, *tables_, changes);
    const GraphScope scope = graph_scope(statements, changes);
    const bool graph_later = scope.only_new();
    if (!graph_later && !scope.empty()) graphs_.finish();
    GraphChange graph = graph_change(statements, scope, whole_edges());
    GraphChange later;
    if (graph_later) std::swap(graph, later);
    gone.insert(gone.end(), std::make_move_iterator(graph.gone.begin()),
                std::make_move_iterator(graph.gone.end()));
    rows.insert(rows.end(), std::make_move_iterator(graph.rows.begin()),
                std::make_move_iterator(graph.rows.end()));

    const std::string token = random_name();
    const std::int64_t next = state.counter + 1;
    const RecordId commit{"hone_commit", next};
    const auto weight = static_cast<std::int64_t>(rows.size() + gone.size());
    Object variables{
        {"expected", state.counter},
        {"last", state.token},
        {"library", state.library},
        {"commit",
         Object{
             {"id", commit}, {"token", token}, {"rows", std::move(written)}, {"gone", std::move(deleted)}}},
        {"counter", Object{{"value", next}, {"token", token}, {"sequences", sequences_of(statements)}}},
        {"old", Array{RecordId{"hone_commit", next - kKeptChanges}}}};
    std::string text = fmt::format(
        "BEGIN;\n"
        "LET $now = (SELECT * FROM ONLY hone_counter:current);\n"
        "LET $whose = (SELECT * FROM ONLY hone_schema:version);\n"
        "IF $now.value != $expected OR $now.token != $last OR $whose.library != $library {{ THROW '{}' }};\n",
        kBehind);
    if (graph_later) {
        text += "INSERT INTO hone_due {id: $due, photos: $photos, at: time::now()} RETURN NONE;\n";
        variables.emplace_back("due", RecordId{"hone_due", next});
        variables.emplace_back("photos", scope.photos());
    } else if (!scope.empty()) {
        text += fmt::format(
            "LET $due = (SELECT * FROM hone_due WHERE photos CONTAINSANY $photos);\n"
            "IF array::len($due) > 0 {{ THROW '{}' }};\n",
            kGraphPending);
        variables.emplace_back("photos", scope.photos());
    }
    // The engine refuses to insert a record that the same transaction has deleted. Replace such records;
    // leave such edges unchanged.
    const auto name_of = [](const Value& id) {
        Bytes bytes;
        encode(id, bytes);
        return bytes;
    };
    std::set<Bytes> old, kept;
    for (const Value& id : gone) old.insert(name_of(id));
    Array fresh, replaced;
    for (Value& row : rows) {
        const Bytes name = name_of(row["id"]);
        const bool known = old.contains(name);
        if (known) kept.insert(name);
        (known ? replaced : fresh).push_back(std::move(row));
    }
    for (const auto& [table, edges] : graph.edges) {
        for (const Value& edge : edges) kept.insert(name_of(edge["id"]));
    }
    std::erase_if(gone, [&](const Value& id) { return kept.contains(name_of(id)); });
    if (!gone.empty()) {
        text += "DELETE $gone RETURN NONE;\n";
        variables.emplace_back("gone", std::move(gone));
    }
    if (!replaced.empty()) {
        text += "FOR $row IN $replaced { UPSERT $row.id CONTENT $row RETURN NONE };\n";
        variables.emplace_back("replaced", std::move(replaced));
    }
    if (!fresh.empty()) {
        text += "INSERT $rows RETURN NONE;\n";
        variables.emplace_back("rows", std::move(fresh));
    }
    text += insert_edges(graph, variables);
    text += fmt::format(
        "INSERT INTO hone_commit $commit RETURN NONE;\n"
        "DELETE $old RETURN NONE;\n"
        "LET $counted = (UPSERT hone_counter:current CONTENT $counter RETURN AFTER);\n"
        "IF array::len($counted) == 0 {{ THROW '{}' }};\n"
        "COMMIT;",
        kForbidden);

    const auto accepted = [&]() -> Result<Decision> {
        note({});
        if (graph_later) graphs_.write(next, std::move(later));
        state.counter = next;
        state.token = token;
        state.write(statements);
        return Decision::kCommit;
    };
    const auto until = Clock::now() + patience_.outage + milliseconds(weight / 10);
    for (milliseconds pause(20);; pause = std::min(2 * pause, milliseconds(1'000))) {
        const auto sent = writes_.query_once(text, variables);
        if (sent) return accepted();
        const Error& error = sent.error();
        if (error.message.contains(kForbidden))
            return fail(ErrorKind::kUsage, "the user {} may only read the catalogue at {}",
                        writes_.address().user, writes_.address().shown());
        const bool graph_pending = error.message.contains(kGraphPending);
        bool waiting = graph_pending || error.kind == ErrorKind::kUnavailable || is_conflict(error);
        if (error.message.contains(kBehind)) {
            // The change is ours if an earlier answer was lost. (3.0 cannot select a field of records that a
            // variable names.)
            const auto there = writes_.query_once("SELECT * FROM $ids", {{"ids", Array{commit}}});
            if (there) {
                const auto found = there->empty() ? std::span<const Value>() : there->front().items();
                if (!found.empty() && found[0]["token"].text() == token) return accepted();
                return Decision::kAgain;
            }
            if (there.error().kind != ErrorKind::kUnavailable && !is_conflict(there.error()))
                return std::unexpected(there.error());
            waiting = true;
        }
        if (!waiting) return std::unexpected(error);
        if (error.kind == ErrorKind::kUnavailable) note(std::unexpected(error));
        if (Clock::now() + pause >= until) {
            if (error.kind == ErrorKind::kUnavailable) return std::unexpected(error);
            return fail(ErrorKind::kUnavailable, "the catalogue at {} is too busy; trying again",
                        writes_.address().shown());
        }
        std::this_thread::sleep_for(pause);
    }
}

Result<bool> Replica::catch_up() {
    auto pulled = guarded([&] { return pull(); });
    note(pulled ? Result<>{} : Result<>(std::unexpected(pulled.error())));
    return pulled;
}

bool Replica::whole_edges() {
    return writes_.major_version() == 2 || (writes_.version().empty() && reads_.major_version() == 2);
}

Result<> Replica::complete_graph() {
    if (!writable_) return {};
    HONE_TRY(const Array due,
             reads_.query_once("SELECT * FROM hone_due WHERE at < time::now() - <duration>$age LIMIT 8",
                               {{"age", fmt::format("{}ms", kLeftUndone.count())}}));
    if (due.empty() || due[0].items().empty()) return {};
    HONE_CHECK(catch_up());
    for (const Value& part : due[0].items()) {
        const RecordId* id = record_of(part["id"]);
        if (id == nullptr) continue;
        GraphScope scope;
        for (const Value& photo : part["photos"].items()) scope.made.insert(photo.integer());
        HONE_TRY(GraphChange graph, guarded([&]() -> Result<GraphChange> {
                     const std::lock_guard lock(pull_mutex_);
                     return graph_change(*statements_, scope, whole_edges());
                 }));
        graphs_.write(id->key.integer(), std::move(graph));
    }
    return {};
}

Result<bool> Replica::pull() {
    const std::lock_guard lock(pull_mutex_);
    if (!prepared_) {
        if (auto prepared = prepare_server(reads_, writable_); !prepared)
            return std::unexpected(prepared.error());
        prepared_ = true;
    }
    HONE_TRY(const bool pulled, another_pulled());
    if (pulled) return false;
    HONE_TRY(const bool changed, pull_locked());
    while (writable_ && schema_ < kDocumentSchema) {
        HONE_CHECK(write_photo_documents());
        HONE_TRY(const bool more, pull_locked());
        (void)more;
    }
    return changed;
}

fs::path Replica::follower_file() const {
    return file_.native() + ".lock";
}

Result<bool> Replica::another_pulled() {
    if (writable_ || !LockFile::holder(follower_file())) return false;
    HONE_TRY(const Head head, head_of_server());
    for (const auto until = Clock::now() + kFollowerPatience;;) {
        const State state = State::read(*statements_);
        if (state.library == head.library && state.counter >= head.counter) return true;
        if (Clock::now() >= until) return false;
        std::this_thread::sleep_for(kFollowerPoll);
    }
}

Result<bool> Replica::pull_locked() {
    HONE_TRY(Head head, head_of_server());
    if (State::read(*statements_) == head && feed_.is_current(*statements_)) return false;
    SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
    // Ask again: while this call waited for the replica, another process may have advanced it.
    HONE_TRY(head, head_of_server());
    State state = State::read(*statements_);
    if (state == head) {
        // Another process has taken the changes in.
        if (!feed_.is_current(*statements_)) feed_.commit(*statements_, transaction, {.from_others = true});
        return true;
    }
    const int changes_before = database_->getTotalChanges();
    bool all = state.library != head.library || state.counter > head.counter ||
               head.counter - state.counter > kFarBehind;
    std::optional<ChangeRecorder> recorder;
    if (!all && head.counter - state.counter <= kRecordedChanges && feed_.is_observed())
        recorder.emplace(*database_, kPulledTables);
    // At most twice: a process that writes continuously is caught up with next time.
    for (int filled = 0;;) {
        if (all) {
            recorder.reset();
            ++filled;
            HONE_TRY(head, head_of_server());
            HONE_CHECK(pull_all(head));
            HONE_TRY(head, head_of_server());
        }
        state = State::read(*statements_);
        all = false;
        while (!all && state.counter < head.counter) {
            HONE_TRY(const bool applied, pull_changes(state, head));
            all = !applied;
            state = State::read(*statements_);
            if (database_->getTotalChanges() - changes_before > kRecordedRows) recorder.reset();
        }
        all = all || state.token != head.token;
        if (!all || filled == 2) break;
    }
    ChangeFeed::Written written{.any = database_->getTotalChanges() != changes_before, .from_others = true};
    if (recorder) written.rows = recorder->changes();
    feed_.commit(*statements_, transaction, written);
    const std::lock_guard named(condition_mutex_);
    library_ = head.library;
    return true;
}

Result<Replica::Head> Replica::head_of_server() {
    HONE_TRY(const Array heads,
             reads_.query_once("SELECT * FROM hone_counter;\nSELECT * FROM hone_schema:version"));
    if (heads.size() != 2 || heads[0].items().empty() || heads[1].items().empty()) {
        return fail(ErrorKind::kUnavailable, "the catalogue at {} no longer has a library",
                    reads_.address().shown());
    }
    const Value &counter = heads[0].items()[0], &schema = heads[1].items()[0];
    schema_ = schema["version"].integer();
    return Head{{schema["library"].text(), counter["token"].text(), counter["value"].integer()},
                counter["sequences"]};
}

Result<bool> Replica::pull_changes(const State& from, Head& head) {
    const std::int64_t count = std::min(kChangesAtOnce, head.counter - from.counter);
    Array ids, news;  // the first of the ids shows that the replica continues the server's changes
    for (std::int64_t number = std::max<std::int64_t>(from.counter, 1); number <= from.counter + count;
         ++number) {
        ids.emplace_back(RecordId{"hone_commit", number});
        if (number > from.counter) news.push_back(ids.back());
    }
    // Reads the current rows; a later change will deliver its rows again.
    HONE_TRY(const Array results,
             reads_.query("SELECT * FROM $ids;\n"
                          "SELECT * FROM array::distinct(array::flatten((SELECT VALUE rows FROM $news)));\n"
                          "SELECT * FROM hone_counter",
                          {{"ids", std::move(ids)}, {"news", std::move(news)}}));
    if (results.size() != 3) return false;
    // The server can leave out the record that every change replaces; that does not mean that the changes are
    // gone.
    if (results[2].items().empty())
        return fail(ErrorKind::kUnavailable, "the catalogue at {} did not tell its state",
                    reads_.address().shown());
    State state = from;
    RecordReader reader(*statements_, *tables_, false);
    std::int64_t expected = from.counter;
    if (from.counter > 0) {
        const auto changes = results[0].items();
        if (changes.empty() || changes[0]["token"].text() != from.token) return false;
    } else {
        expected = 1;
    }
    for (const Value& change : results[0].items()) {
        const RecordId* id = record_of(change["id"]);
        if (id == nullptr || id->key.integer() != expected) return false;
        ++expected;
        state.counter = id->key.integer();
        state.token = change["token"].text();
        if (state.counter == from.counter) continue;
        for (const Value& row : change["gone"].items()) reader.remove(row);
    }
    if (state.counter != from.counter + count) return false;
    for (const Value& row : results[1].items()) HONE_CHECK(reader.write(row));
    reader.finish();
    const Value& counter = results[2].items()[0];
    set_sequences(*statements_, counter["sequences"]);
    state.write(*statements_);
    // Some rows may already contain later changes, so apply those changes completely.
    head.counter = counter["value"].integer();
    head.token = counter["token"].text();
    return true;
}

Result<> Replica::pull_all(const Head& head) {
    std::vector<std::string> tables;
    for (const Table& table : tables_->all()) {
        database_->exec(fmt::format("DELETE FROM {}", table.name));
        tables.push_back("hone_" + table.name);
    }
    if (schema_ >= kDocumentSchema) tables.push_back(std::string("hone_") + kDocument);
    database_->exec("DELETE FROM words; DELETE FROM sqlite_sequence");
    // Everything is one transaction, and pages that do not fit into the cache are written twice.
    database_->exec(fmt::format("PRAGMA cache_size = -{}", kFillCacheKilobytes));
    RecordReader reader(*statements_, *tables_, true);
    struct Page {
        std::size_t table = 0;
        Value after;
    };
    // 3.0 reads a range of records from a variable completely before LIMIT applies, but not one from a
    // function.
    const std::string range = reads_.major_version() == 2 ? "type::thing" : "type::record";
    const auto ask = [&](const Page& page) {
        const std::string from =
            page.after.is_nothing() ? "type::table($table)" : range + "($table, $after>..)";
        return std::async(std::launch::async, [this, from, table = tables[page.table], after = page.after] {
            return reads_.query(fmt::format("SELECT * FROM {} LIMIT {}", from, kPageRows),
                                {{"table", table}, {"after", after}});
        });
    };
    Page page;
    auto coming = ask(page);  // fetch the next page while this one is applied
    std::size_t read = 0;
    auto reported = Clock::now();
    while (page.table < tables.size()) {
        HONE_TRY(const Array answer, coming.get());
        const auto records = answer.empty() ? std::span<const Value>() : answer.front().items();
        const RecordId* last = records.size() == kPageRows ? record_of(records.back()["id"]) : nullptr;
        page = last != nullptr ? Page{page.table, last->key} : Page{page.table + 1, {}};
        if (page.table < tables.size()) coming = ask(page);
        for (const Value& record : records) HONE_CHECK(reader.write(record));
        read += records.size();
        if (Clock::now() - reported >= kTellEvery) {
            reported = Clock::now();
            log::info("reading the whole library from {}: {} records so far", reads_.address().shown(), read);
        }
    }
    reader.finish();
    database_->exec("PRAGMA cache_size = -2000");  // SQLite's default
    set_sequences(*statements_, head.sequences);
    // Changes made during the reading have higher numbers and are pulled afterwards.
    head.write(*statements_);
    return {};
}

Result<> Replica::write_photo_documents() {
    const State state = State::read(*statements_);
    const std::string mine = random_name();
    // One process at a time, on a library that does not change meanwhile. Returns false when this process may
    // not do it now.
    const auto step = [&](std::string_view statements, Object variables) -> Result<bool> {
        variables.emplace_back("mine", mine);
        variables.emplace_back("expected", state.counter);
        const auto done = writes_.query(
            fmt::format("BEGIN;\n"
                        "LET $schema = (SELECT * FROM ONLY hone_schema:version);\n"
                        "LET $now = (SELECT * FROM ONLY hone_counter:main);\n"
                        "IF $schema.version != {} OR $now.value != $expected {{ THROW '{}' }};\n"
                        "{}\n"
                        "UPDATE hone_schema:version SET bundler = $mine, bundler_until = time::now() + 30s "
                        "RETURN NONE;\n"
                        "COMMIT;",
                        kDocumentSchema - 1, kBehind, statements),
            variables);
        if (done) return true;
        if (done.error().message.contains(kBehind)) return false;
        return std::unexpected(done.error());
    };
    const std::string ours = fmt::format("IF $schema.bundler != $mine {{ THROW '{}' }};\n", kBehind);
    const auto all_steps = [&]() -> Result<bool> {
        HONE_TRY(bool ready, step(fmt::format("IF $schema.bundler != $mine AND $schema.bundler_until > "
                                              "time::now() {{ THROW '{}' }};\n"
                                              "REMOVE TABLE IF EXISTS hone_bundle;\n"
                                              "DEFINE TABLE hone_bundle SCHEMALESS;",
                                              kBehind),
                                  {}));
        if (!ready) return false;
        log::info("updating the library at {} to the schema of this version", writes_.address().shown());
        const auto photos = (*statements_)("SELECT id FROM photo ORDER BY id");
        for (bool more = photos->executeStep(); more;) {
            Array documents;
            for (; more && documents.size() < kDocumentsAtOnce; more = photos->executeStep())
                documents.push_back(document_of(*statements_, *tables_, photos->getColumn(0).getInt64()));
            HONE_TRY(ready, step(ours + "INSERT IGNORE INTO hone_bundle $documents RETURN NONE;",
                                 {{"documents", std::move(documents)}}));
            if (!ready) return false;
        }
        // A replica then finds no change to continue from and reads everything. A process of an older version
        // finds no counter and changes nothing.
        std::string last = ours;
        for (const Table& table : tables_->all()) {
            if (table.photo && table.name != "place")
                last +=
                    fmt::format("REMOVE TABLE hone_{0};\nDEFINE TABLE hone_{0} SCHEMALESS;\n", table.name);
        }
        last += fmt::format(
            "DELETE hone_place WHERE photo_id > 0 RETURN NONE;\n"
            "REMOVE TABLE hone_commit;\nDEFINE TABLE hone_commit SCHEMALESS;\n"
            "INSERT INTO hone_commit $commit RETURN NONE;\n"
            "INSERT INTO hone_counter $counter RETURN NONE;\n"
            "DELETE hone_counter:main RETURN NONE;\n"
            "UPDATE hone_schema:version SET version = {} RETURN NONE;",
            kDocumentSchema);
        const std::int64_t next = state.counter + 1;
        return step(last, {{"commit", Object{{"id", RecordId{"hone_commit", next}},
                                             {"token", mine},
                                             {"rows", Array{}},
                                             {"gone", Array{}}}},
                           {"counter", Object{{"id", RecordId{"hone_counter", "current"}},
                                              {"value", next},
                                              {"token", mine},
                                              {"sequences", sequences_of(*statements_)}}}});
    };
    HONE_TRY(const bool done, all_steps());
    if (!done) std::this_thread::sleep_for(kAnotherMigrates);
    return {};
}

void Replica::watch(const std::stop_token& stop) {
    for (int turn = 1;; ++turn) {
        {
            std::unique_lock lock(condition_mutex_);
            wake_.wait_for(lock, stop, patience_.pull_every, [] { return false; });
        }
        if (stop.stop_requested()) return;
        // The observer of the changes runs here, too: whatever it throws must not end the process.
        const auto turned = catching("following the catalogue", [&]() -> Result<> {
            HONE_TRY(const bool changed, catch_up());
            (void)changed;
            if (turn % kTurnsToGraph == 0) (void)complete_graph();
            return {};
        });
        if (!turned) note(turned);
    }
}

void Replica::note(const Result<>& outcome) {
    const std::lock_guard lock(condition_mutex_);
    trouble_ = outcome ? "" : outcome.error().message;
}

Catalog::Condition Replica::condition() {
    const std::lock_guard lock(condition_mutex_);
    return {reads_.address().shown(), library_, trouble_};
}

}  // namespace hone::surreal
