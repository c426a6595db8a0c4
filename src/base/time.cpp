// SPDX-License-Identifier: GPL-3.0-or-later
// Formats times and sleeps until a deadline or a stop request.
#include "base/time.hpp"

#include <fmt/chrono.h>

#include <algorithm>
#include <thread>

namespace hone {

std::int64_t unix_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::string iso8601(std::int64_t seconds) {
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

void sleep_for(std::chrono::milliseconds time, const std::stop_token& stop) {
    const auto until = std::chrono::steady_clock::now() + time;
    while (!stop.stop_requested()) {
        const auto left = until - std::chrono::steady_clock::now();
        if (left <= left.zero()) return;
        std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(left, std::chrono::milliseconds(50)));
    }
}

}  // namespace hone
