// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps the SQLite replica and the server in agreement.
//
// The server counts its changes in hone_counter:current {value, token, sequences}. Change number N is
// hone_commit:N {token, rows, gone}: the records (rows.hpp) that it wrote and the rows that it deleted. The
// token is random and identifies the writer. The replica stores the number up to which it is complete. The
// server refuses a change from an outdated replica; the change then runs again after a pull. The graph of new
// photos follows later (graph_writer.hpp); any other change of the graph is part of the change itself.
//
// A pull commits through the same ChangeFeed as the writes of this process, so the observer of the catalogue
// gets the changes of other processes like its own.
#pragma once

#include <condition_variable>
#include <thread>

#include "base/file.hpp"
#include "catalog/sqlite/change_feed.hpp"
#include "catalog/sqlite/commit_hook.hpp"
#include "catalog/surrealdb/client.hpp"
#include "catalog/surrealdb/graph_writer.hpp"
#include "catalog/surrealdb/surreal_leases.hpp"

namespace hone::surreal {

class Tables;  // columns and keys of the replica's tables

// The replica of the server at `address` in the library folder `folder`: replica-HASH.db. Renames a file that
// an older version left as mirror-HASH.db, so that the library need not be read again. Call before the file
// is opened.
fs::path replica_file(const fs::path& folder, const Address& address);

// Safe from any thread.
class Replica final : public CommitHook {
  public:
    // Opens or creates the replica and fills it from the server. kUnavailable when the server does not answer
    // and there is no usable replica; kUsage when the server refuses the user; kNotFound when there is no
    // library and not `writable`.
    static Result<std::unique_ptr<Replica>> open(const Address& address, const fs::path& file, bool writable,
                                                 Patience patience);
    ~Replica() override;

    Result<Decision> before_commit(Statements& statements, const std::vector<ChangedRow>& changes) override;
    Result<bool> catch_up() override;
    // The server is fastest with a few tens of photos per transaction.
    [[nodiscard]] std::size_t batch() const override { return 32; }
    Catalog::Condition condition() override;
    Leases& leases() override { return leases_; }
    ChangeFeed& feed() override { return feed_; }

  private:
    struct State;  // the replica's own record of its state
    struct Head;   // the server's latest change

    Replica(const Address& address, fs::path file, Patience patience);
    Result<> prepare(bool writable);
    Result<bool> pull();
    // For a reader. Returns true when another process, which keeps the replica current, has taken everything
    // in that the server had at the call. That process would have to read the whole library again if this one
    // did it. Requires pull_mutex_.
    Result<bool> another_pulled();
    [[nodiscard]] fs::path follower_file() const;
    // Requires pull_mutex_, like head_of_server(), pull_all(), pull_changes() and write_photo_documents().
    Result<bool> pull_locked();
    Result<Head> head_of_server();
    // Reads everything. `head`: the server's state from before the call.
    Result<> pull_all(const Head& head);
    // Applies the changes after `from` and updates `head` to the server's state. Returns false when some of
    // them are gone, or the server's change `from` is a different one.
    Result<bool> pull_changes(const State& from, Head& head);
    // Converts a library of schema 2, where every row was a record, to schema 3. An interruption loses
    // nothing. Waits briefly when another process is converting it.
    Result<> write_photo_documents();
    // Writes the graph that another process left unfinished.
    Result<> complete_graph();
    void watch(const std::stop_token& stop);
    [[nodiscard]] bool whole_edges();
    void note(const Result<>& outcome);

    const fs::path file_;
    const Patience patience_;
    Client writes_, reads_;
    GraphWriter graphs_;
    ChangeFeed feed_;
    std::optional<LockFile> follower_;          // of a writer
    bool writable_ = false, prepared_ = false;  // prepared_: the server's tables have been checked
    std::unique_ptr<const Tables> tables_;
    std::string library_;
    std::mutex pull_mutex_, condition_mutex_;
    std::condition_variable_any wake_;
    std::unique_ptr<SQLite::Database> database_;  // for pulls, under pull_mutex_
    std::unique_ptr<Statements> statements_;      // of database_, under pull_mutex_
    std::int64_t schema_ = 0;                     // of the server, under pull_mutex_
    std::string trouble_;
    SurrealLeases leases_;
    std::jthread watcher_;
};

}  // namespace hone::surreal
