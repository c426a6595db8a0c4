// SPDX-License-Identifier: GPL-3.0-or-later
// Turns Ctrl-C and SIGTERM into a stop request.
#pragma once

#include <stop_token>
#include <thread>

namespace hone {

// Only one object at a time. token() and asked() are safe from any thread.
class Interrupt {
  public:
    Interrupt();
    [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }
    [[nodiscard]] bool asked() const { return stop_.stop_requested(); }

  private:
    std::stop_source stop_;
    std::jthread watch_;
};

}  // namespace hone
