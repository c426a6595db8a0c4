// Wall-clock times as text and measured durations.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace hone {

std::int64_t unix_seconds();
// "2026-01-31T12:00:00Z"
std::string iso8601(std::int64_t unix_seconds);

// Runs the call on a thread of its own, for calls that the system may never let come back (a network drive
// that is gone). False when it has not come back in time; it is left alone then, so it must own what it uses.
bool comes_back_within(std::chrono::milliseconds time, std::function<void()> call);

class Stopwatch {
  public:
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

  private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace hone
