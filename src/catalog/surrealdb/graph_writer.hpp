// SPDX-License-Identifier: GPL-3.0-or-later
// Writes the graph of new photos after the changes that add them, over separate connections.
//
// A change with new photos only leaves an outbox record (hone_due) with {photos, at} on the server. The
// process that writes its part of the graph deletes the record in the same transaction. Until then no change
// may touch these photos, so the result does not depend on when or by whom the graph is written.
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
    // Writes the remaining parts; leaves them to other processes when the server is unavailable.
    ~GraphWriter();

    // Queues a part; blocks while the queue is full. Ignores a change number that is already in progress.
    void write(std::int64_t change, GraphChange graph);
    // Waits until every part is written or has failed.
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
    std::vector<std::jthread> threads_;  // started with the first part
};

}  // namespace hone::surreal
