// Keeps the SQLite mirror and the server alike.
//
// The server counts its changes in hone_counter:current {value, token, sequences}. Change number N is
// hone_commit:N {token, rows, gone}: which records (rows.hpp) it wrote and which rows it deleted; token is
// random and tells whose it is. The mirror knows the number up to which it has everything. A change is
// refused by the server when the mirror was not up to date, and made again after a pull. The graph of new
// photos follows it (graph_writer.hpp); any other change of the graph is part of the change itself.
#pragma once

#include <condition_variable>
#include <thread>

#include "catalog/sqlite/commit_hook.hpp"
#include "catalog/surrealdb/client.hpp"
#include "catalog/surrealdb/graph_writer.hpp"
#include "catalog/surrealdb/surreal_leases.hpp"

namespace hone::surreal {

class Tables;  // what the mirror's own tables are like

class Replica final : public CommitHook {
  public:
    // Makes or opens the mirror and fills it from the server.
    static Result<std::unique_ptr<Replica>> open(const Address& address, const fs::path& file, bool writable,
                                                Patience patience);
    ~Replica() override;

    Result<Decision> before_commit(SQLite::Database& database,
                                  const std::vector<ChangedRow>& changes) override;
    Result<bool> catch_up() override;
    // A few tens of pictures in a transaction are fastest for the server.
    [[nodiscard]] std::size_t batch() const override { return 32; }
    Catalog::Condition condition() override;
    Leases& leases() override { return leases_; }

  private:
    struct State;  // what the mirror says of itself
    struct Head;   // what the server says

    Replica(const Address& address, fs::path file, Patience patience);
    Result<> prepare(bool writable);
    Result<bool> pull();
    Result<bool> pull_locked();  // this and what follows: under pull_mutex_
    Result<Head> head_of_server();
    // Reads everything; `head` was asked before.
    Result<> pull_all(SQLite::Database& database, const Head& head);
    // Applies the next changes after `from`, and says in `head` where the server is by then. False: not all
    // of them are there, or the change `from` is not the one the server has.
    Result<bool> pull_changes(SQLite::Database& database, const State& from, Head& head);
    // Brings a library of schema 2, where every row was a record, to schema 3. Nothing is lost when it is cut
    // short; when another process is at it, waits a moment.
    Result<> write_photo_documents();
    // Writes the graph that another process left undone.
    Result<> complete_graph();
    void watch(const std::stop_token& stop);
    [[nodiscard]] bool whole_edges();
    void note(const Result<>& outcome);

    const fs::path file_;
    const Patience patience_;
    Client writes_, reads_;
    GraphWriter graphs_;
    bool writable_ = false, prepared_ = false;  // prepared_: the server's tables are known to be right
    std::unique_ptr<const Tables> tables_;
    std::string library_;
    std::mutex pull_mutex_, condition_mutex_;
    std::condition_variable_any wake_;
    std::unique_ptr<SQLite::Database> database_;  // for pulls, under pull_mutex_
    std::int64_t schema_ = 0;                     // of the server, under pull_mutex_
    std::string trouble_;
    std::uint64_t from_others_ = 0;
    std::int64_t seen_ = 0;  // the change up to which this process knows the mirror
    SurrealLeases leases_;
    std::jthread watcher_;
};

}  // namespace hone::surreal
