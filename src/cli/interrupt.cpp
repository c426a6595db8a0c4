// SPDX-License-Identifier: GPL-3.0-or-later
// The signal handler and the thread that watches its flag.
#include "cli/interrupt.hpp"

#include <csignal>

#include "base/time.hpp"

namespace hone {

namespace {

// Interval of the checks; a signal handler may only set a number.
constexpr auto kCheckInterval = std::chrono::milliseconds(100);

volatile std::sig_atomic_t interrupted = 0;

}  // namespace

Interrupt::Interrupt() {
    for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { interrupted = 1; });
    watch_ = std::jthread([this](const std::stop_token& over) {
        while (!over.stop_requested() && interrupted == 0) sleep_for(kCheckInterval, over);
        if (interrupted != 0) stop_.request_stop();
    });
}

}  // namespace hone
