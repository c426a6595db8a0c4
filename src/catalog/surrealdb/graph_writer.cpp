// SPDX-License-Identifier: GPL-3.0-or-later
// The two background threads that write graph parts.
#include "catalog/surrealdb/graph_writer.hpp"

#include "base/log.hpp"

namespace hone::surreal {

namespace {

constexpr std::size_t kMostWaiting = 4;
constexpr const char* kDone = "hone: done";

Result<> send(Client& client, std::int64_t change, GraphChange graph) {
    Object variables{{"due", Array{RecordId{"hone_due", change}}}, {"rows", std::move(graph.rows)}};
    const std::string edges = insert_edges(graph, variables);
    const auto written = client.query(fmt::format("BEGIN;\n"
                                                  "LET $there = (SELECT * FROM $due);\n"
                                                  "IF array::len($there) == 0 {{ THROW '{}' }};\n"
                                                  "INSERT $rows RETURN NONE;\n"
                                                  "{}"
                                                  "DELETE $due RETURN NONE;\n"
                                                  "COMMIT;",
                                                  kDone, edges),
                                      variables);
    if (written || written.error().message.contains(kDone)) return {};
    return std::unexpected(written.error());
}

}  // namespace

GraphWriter::GraphWriter(const Address& address, const Patience& patience)
    : first_(address, patience), second_(address, patience) {}

GraphWriter::~GraphWriter() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        first_.stop();
        second_.stop();
    }
    changed_.notify_all();
}

void GraphWriter::write(std::int64_t change, GraphChange graph) {
    std::unique_lock lock(mutex_);
    if (!under_way_.insert(change).second) return;
    if (threads_.empty()) {
        for (Client* client : {&first_, &second_}) threads_.emplace_back([this, client] { run(*client); });
    }
    changed_.wait(lock, [&] { return waiting_.size() < kMostWaiting; });
    waiting_.push_back({change, std::move(graph)});
    changed_.notify_all();
}

void GraphWriter::finish() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return under_way_.empty(); });
}

void GraphWriter::run(Client& client) {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [&] { return closed_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        Part part = std::move(waiting_.front());
        waiting_.pop_front();
        changed_.notify_all();
        lock.unlock();
        const auto sent = send(client, part.change, std::move(part.graph));
        if (!sent)
            log::warning("the graph of the photos of change {} is written later: {}", part.change,
                         sent.error().message);
        lock.lock();
        under_way_.erase(part.change);
        if (closed_ && !sent) waiting_.clear();
        changed_.notify_all();
    }
}

}  // namespace hone::surreal
