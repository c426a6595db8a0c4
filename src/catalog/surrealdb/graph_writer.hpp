// Writes the graph of new photos beside the changes that bring them, over connections of its own.
//
// A change that is nothing but new photos leaves a record hone_due:N {photos, at} on the server; whoever
// writes its part of the graph deletes that record in the same transaction. Until then no change may touch
// these photos, so what is written does not depend on when or by whom.
#pragma once

#include <condition_variable>
#include <deque>
#include <set>
#include <thread>

#include "catalog/surrealdb/client.hpp"
#include "catalog/surrealdb/graph.hpp"

namespace hone::surreal {

// Safe from any thread.
class GraphWriter {
  public:
    GraphWriter(const Address& address, const Patience& patience);
    // Writes what is left. When the server is away it is left to others.
    ~GraphWriter();

    // Waits while much is to be written already. What is under way under this number is not begun again.
    void write(std::int64_t change, GraphChange graph);
    // Until everything is written or given up.
    void finish();

  private:
    struct Part {
        std::int64_t change;
        GraphChange graph;
    };
    void run(Client& client);

    Client first_, second_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Part> waiting_;
    std::set<std::int64_t> under_way_;
    bool closed_ = false;
    std::vector<std::jthread> threads_;  // from the first part on
};

}  // namespace hone::surreal
