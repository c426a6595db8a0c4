// SPDX-License-Identifier: GPL-3.0-or-later
// Identifies what an analyzer did.
#pragma once

#include <string>

namespace hone {

// Identifies an analyzer's work on a photo. Another version or model means that the work is repeated.
struct AnalyzerKey {
    std::string analyzer;
    int version = 0;
    std::string model;  // fingerprint; "" without a network
    bool operator==(const AnalyzerKey&) const = default;
};

}  // namespace hone
