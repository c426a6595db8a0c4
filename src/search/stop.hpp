// SPDX-License-Identifier: GPL-3.0-or-later
// How a computation of a search ends early.
#pragma once

#include <stop_token>

namespace hone {

// Thrown by the computations of a search when nobody waits for its answer any more; SearchEngine::search()
// turns it into an error. (A value would have to pass through every formula.)
struct SearchStopped {};

inline void throw_if_stopped(const std::stop_token& stop) {
    if (stop.stop_requested()) throw SearchStopped{};
}

}  // namespace hone
