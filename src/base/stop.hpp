// SPDX-License-Identifier: GPL-3.0-or-later
// How a long computation ends early, for example a search.
#pragma once

#include <stop_token>

namespace hone {

// Thrown by computations when nobody waits for their result any more; the function that began them turns it
// into an error. (A value would have to pass through every formula.)
struct Stopped {};

inline void throw_if_stopped(const std::stop_token& stop) {
    if (stop.stop_requested()) throw Stopped{};
}

}  // namespace hone
