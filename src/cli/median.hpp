// SPDX-License-Identifier: GPL-3.0-or-later
// The middle of measured values, for the commands that measure.
#pragma once

#include <algorithm>
#include <vector>

namespace hone {

// values: at least one. Of an even number, the larger of the two in the middle.
inline double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

}  // namespace hone
