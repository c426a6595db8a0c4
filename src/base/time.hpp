// Wall-clock times as text and measured durations.
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>

namespace hone {

std::int64_t unix_seconds();
// "2026-01-31T12:00:00Z"
std::string iso8601(std::int64_t unix_seconds);

// Ends early when stop is asked.
void sleep_for(std::chrono::milliseconds time, const std::stop_token& stop);

class Stopwatch {
  public:
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

  private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace hone
