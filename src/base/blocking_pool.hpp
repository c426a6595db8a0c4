// SPDX-License-Identifier: GPL-3.0-or-later
// Threads for jobs that may wait for a drive, apart from the threads that must always answer. Each drive has
// a limit, so that a dead drive leaves threads for the others.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/blocking_calls.hpp"

namespace hone {

struct BlockingPoolLimits {
    unsigned threads = 32;
    // Jobs of one drive at a time; a job whose call was abandoned counts until the drive answers the call.
    unsigned of_one_drive = 8;
    std::size_t waiting = 64;  // jobs of one drive that wait for their turn
    std::chrono::milliseconds patience = kBlockingCallPatience;
};

// Safe from any thread.
class BlockingPool {
  public:
    // Makes its blocking calls through the runner. Must not throw.
    using Job = std::function<void(BlockingCalls&)>;

    explicit BlockingPool(const BlockingPoolLimits& limits);
    ~BlockingPool();

    // Queues the job. drive: any name; jobs of the same name share a limit. Returns false, and drops the job,
    // when too many jobs of the drive wait, or when all its jobs were abandoned.
    [[nodiscard]] bool try_run(const std::string& drive, Job job);
    // Queues the job without a limit: for the continuation of a job that try_run() has accepted.
    void run(const std::string& drive, Job job);
    // Ends the waits of running jobs, drops the others, and joins the threads.
    void stop();

  private:
    struct State;
    struct Slot;
    static void work(const std::shared_ptr<State>& state, const std::stop_token& stop);

    const std::shared_ptr<State> state_;  // abandoned calls share the ownership
    std::vector<std::jthread> threads_;
};

}  // namespace hone
