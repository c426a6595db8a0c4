#include "cli/interrupt.hpp"

#include <csignal>

#include "base/time.hpp"

namespace hone {

namespace {

constexpr auto kStyle = std::chrono::milliseconds(100);  // a handler may do no more than set a number

volatile std::sig_atomic_t interrupted = 0;

}  // namespace

Interrupt::Interrupt() {
    for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { interrupted = 1; });
    watch_ = std::jthread([this](const std::stop_token& over) {
        while (!over.stop_requested() && interrupted == 0) sleep_for(kStyle, over);
        if (interrupted != 0) stop_.request_stop();
    });
}

}  // namespace hone
