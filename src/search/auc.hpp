// SPDX-License-Identifier: GPL-3.0-or-later
// The area under the ROC curve.
#pragma once

#include <algorithm>
#include <vector>

namespace hone {

// Returns the probability that a value of `fits` is larger than one of `others`; equal ones count half. .5
// when one of them is empty. O(n log n): the Mann-Whitney U statistic from ranks (Hanley and McNeil 1982).
inline double area_under_roc(std::vector<double> fits, std::vector<double> others) {
    if (fits.empty() || others.empty()) return 0.5;
    std::ranges::sort(fits);
    std::ranges::sort(others);
    double right = 0;
    std::size_t smaller = 0, not_larger = 0;
    for (const double fit : fits) {
        while (smaller < others.size() && others[smaller] < fit) ++smaller;
        while (not_larger < others.size() && others[not_larger] <= fit) ++not_larger;
        right += static_cast<double>(smaller) + static_cast<double>(not_larger - smaller) / 2;
    }
    return right / (static_cast<double>(fits.size()) * static_cast<double>(others.size()));
}

}  // namespace hone
