// SPDX-License-Identifier: GPL-3.0-or-later
// Time limits of a catalogue on a server.
#pragma once

#include <chrono>

namespace hone::surreal {

// Time limits towards the server.
struct Patience {
    std::chrono::milliseconds connect{5'000};  // for one attempt
    std::chrono::milliseconds answer{60'000};  // for one request
    std::chrono::milliseconds outage{30'000};  // until a request fails because the server is unavailable
    std::chrono::milliseconds lease{60'000};   // of a lease that is not renewed
    // Between two looks for changes of others: two processes see each other's changes within 2 s.
    std::chrono::milliseconds pull_every{700};
};

}  // namespace hone::surreal
