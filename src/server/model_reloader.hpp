// SPDX-License-Identifier: GPL-3.0-or-later
// Puts the models that are chosen now in the place of those that the server uses, while requests continue.
#pragma once

#include <condition_variable>
#include <functional>
#include <thread>

#include "server/context.hpp"

namespace hone {

// Safe from any thread. The context must outlive it.
class ModelReloader {
  public:
    // Opens models, vectors and a search engine.
    using Open = std::function<Result<SearchParts>()>;
    // Adds an indexer. The one before has ended: the vectors have one writer. first_scan: the number that its
    // first scan gets, because clients wait for numbers.
    using Index = std::function<Result<>(SearchParts& parts, std::uint64_t first_scan)>;

    ModelReloader(ServerContext& context, Open open, Index index);

    // Returns at once. Requests that come together are one.
    void request();
    // No change begins any more. Returns at once.
    void request_stop() { thread_.request_stop(); }

  private:
    void loop(const std::stop_token& stop);
    Result<> reload(const std::stop_token& stop);

    ServerContext& context_;
    const Open open_;
    const Index index_;
    std::mutex mutex_;  // guards requested_
    std::condition_variable_any wake_;
    bool requested_ = false;
    std::jthread thread_;
};

}  // namespace hone
