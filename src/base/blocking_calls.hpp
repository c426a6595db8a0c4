// SPDX-License-Identifier: GPL-3.0-or-later
// Runs calls into file systems that may block for ever, such as a dead network drive. Each call runs on a
// helper thread; after `patience` without progress, that thread is abandoned with everything the call
// captured.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>

#include "base/file.hpp"

namespace hone {

// Shows that a call makes progress: the call beats once per answer of the drive. Safe from any thread.
class Heartbeat {
  public:
    void beat() { beats_.fetch_add(1, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t beats() const { return beats_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> beats_ = 0;
};

// A sleeping disk takes about ten seconds to wake up.
constexpr std::chrono::milliseconds kBlockingCallPatience{20'000};

// Not thread-safe. Each thread makes its own object.
class BlockingCalls {
  public:
    // patience: the longest time without a beat. stop: ends a wait early; its call is then abandoned as well.
    // held: released when this object and all its helper threads have ended, the abandoned ones included.
    explicit BlockingCalls(std::chrono::milliseconds patience = kBlockingCallPatience,
                           std::stop_token stop = {}, std::shared_ptr<void> held = {});
    BlockingCalls(const BlockingCalls&) = delete;
    BlockingCalls& operator=(const BlockingCalls&) = delete;
    ~BlockingCalls();

    // Runs the call on the helper thread and waits for it. Returns false when it made no progress for
    // `patience`, or when a stop was requested. The call is then abandoned, so it must own everything it uses
    // and release it itself. The next call gets a new thread. An exception of the call is thrown here.
    [[nodiscard]] bool run(std::function<void(Heartbeat&)> call);
    [[nodiscard]] std::chrono::milliseconds patience() const { return patience_; }
    // True when run() has abandoned a call.
    [[nodiscard]] bool abandoned() const { return abandoned_; }

  private:
    struct Thread;
    void leave();

    const std::chrono::milliseconds patience_;
    const std::stop_token stop_;
    const std::shared_ptr<void> held_;
    std::shared_ptr<Thread> thread_;
    bool abandoned_ = false;
};

// Returns the descriptor for shared use. Its last owner closes it on a separate thread, because closing asks
// the drive too. Safe from any thread.
std::shared_ptr<const FileDescriptor> share_descriptor(FileDescriptor descriptor);

}  // namespace hone
