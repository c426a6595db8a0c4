// SPDX-License-Identifier: GPL-3.0-or-later
// `hone bench feedback`: simulated users who search, mark and search again. docs/feedback.md describes
// protocol and fields. For the main thread only.
#pragma once

#include <string>

#include "base/result.hpp"

namespace hone {

struct GlobalOptions;

struct FeedbackBenchFlags {
    std::string embeddings, method = "all", user = "oracle", protocol = "pages", per_query;
    std::size_t page = 20, rounds = 6, synthetic = 0;
    std::uint64_t seed = 1;
};

Result<> bench_feedback(const FeedbackBenchFlags& flags, const GlobalOptions& options);

}  // namespace hone
