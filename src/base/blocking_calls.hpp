// Calls into file systems that may never come back: a network drive that is gone keeps whoever asks it. They
// run on a thread of their own, which is left behind, with all that the call holds, when it does not get on.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>

namespace hone {

// How a call shows that it gets on: a beat for each answer of the drive.
class Heartbeat {
  public:
    void beat() { beats_.fetch_add(1, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t beats() const { return beats_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> beats_ = 0;
};

// A disk that sleeps takes some ten seconds to wake up.
constexpr std::chrono::milliseconds kBlockingCallPatience{20'000};

// For one thread at a time.
class BlockingCalls {
  public:
    explicit BlockingCalls(std::chrono::milliseconds patience = kBlockingCallPatience, std::stop_token stop = {});
    BlockingCalls(const BlockingCalls&) = delete;
    BlockingCalls& operator=(const BlockingCalls&) = delete;
    ~BlockingCalls();

    // Waits for the call. False when it did not get on for `patience`, or stop was asked: it is left alone
    // then, so it must own what it uses, and be the one to let it go. The next call gets another thread.
    [[nodiscard]] bool run(std::function<void(Heartbeat&)> call);
    [[nodiscard]] std::chrono::milliseconds patience() const { return patience_; }

  private:
    struct Thread;
    void leave();

    const std::chrono::milliseconds patience_;
    const std::stop_token stop_;
    std::shared_ptr<Thread> thread_;
};

}  // namespace hone
