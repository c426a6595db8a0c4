// Ctrl-C and SIGTERM as a wish to stop in order.
#pragma once

#include <stop_token>
#include <thread>

namespace hone {

// One at a time.
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
