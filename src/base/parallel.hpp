// SPDX-License-Identifier: GPL-3.0-or-later
// Threads whose exceptions reach their caller instead of ending the process.
#pragma once

#include <algorithm>
#include <cstddef>
#include <exception>
#include <thread>
#include <vector>

#include "base/result.hpp"

namespace hone {

// Runs the call; an exception becomes an error of kind kFailed that names what was done. For the function of
// a thread, where an exception would end the process.
template <typename Call>
Result<> catching(const char* what, const Call& call) {
    try {
        return call();
    } catch (const std::exception& error) {
        return fail("{} failed: {}", what, error.what());
    } catch (...) {
        return fail("{} failed for an unknown reason", what);
    }
}

// Divides [0, count) into at most `threads` ranges of almost equal size and calls body(first, last) for each
// on a separate thread, the first on the calling thread. least: values per range, at least. Waits for all
// calls. When some throw, the exception of the lowest range is thrown here.
template <typename Body>
void in_parallel(std::size_t count, unsigned threads, const Body& body, std::size_t least = 1) {
    const std::size_t ranges =
        std::clamp<std::size_t>(count / std::max<std::size_t>(1, least), 1, std::max(1U, threads));
    std::vector<std::exception_ptr> thrown(ranges);
    const auto work = [&](std::size_t range) noexcept {
        try {
            body(count * range / ranges, count * (range + 1) / ranges);
        } catch (...) {
            thrown[range] = std::current_exception();
        }
    };
    {
        std::vector<std::jthread> helpers;
        helpers.reserve(ranges - 1);
        for (std::size_t range = 1; range < ranges; ++range) helpers.emplace_back(work, range);
        work(0);
    }
    for (const std::exception_ptr& exception : thrown) {
        if (exception) std::rethrow_exception(exception);
    }
}

}  // namespace hone
