// SPDX-License-Identifier: GPL-3.0-or-later
// Wall-clock times as text, an interruptible sleep, and a stopwatch. Safe from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>

namespace hone {

// Returns the seconds since 1970, UTC.
std::int64_t unix_seconds();
// Formats seconds since 1970 as UTC: "2026-01-31T12:00:00Z".
std::string iso8601(std::int64_t unix_seconds);

// Sleeps for `time`, or until a stop is requested.
void sleep_for(std::chrono::milliseconds time, const std::stop_token& stop);

// Measures seconds since its construction, with the steady clock.
class Stopwatch {
  public:
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

  private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace hone
