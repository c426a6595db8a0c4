// SPDX-License-Identifier: GPL-3.0-or-later
// `hone bench near`: the cost of finding the photos that may show the same picture as a new one.
#pragma once

#include "cli/context.hpp"

namespace hone {

// Prints the median time to compare one photo with `photos` made ones, beside reading the same bytes once.
Result<> bench_near(const GlobalOptions& options, std::size_t photos);

}  // namespace hone
