#include "base/time.hpp"

#include <fmt/chrono.h>

#include <future>
#include <memory>
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

bool comes_back_within(std::chrono::milliseconds time, std::function<void()> call) {
    // Not std::async: its future waits for the thread.
    auto done = std::make_shared<std::promise<void>>();
    std::future<void> back = done->get_future();
    std::thread([done, call = std::move(call)] {
        call();
        done->set_value();
    }).detach();
    return back.wait_for(time) == std::future_status::ready;
}

}  // namespace hone
