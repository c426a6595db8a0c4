// SPDX-License-Identifier: GPL-3.0-or-later
// Reads arrays in NumPy's .npy format, versions 1 to 3 (numpy.lib.format): two dimensions, row-major,
// little-endian f2 or f4.
#pragma once

#include <span>
#include <vector>

#include "base/file.hpp"

namespace hone {

struct FloatArray {
    std::size_t rows = 0, columns = 0;
    std::vector<float> values;  // row-major, rows x columns
    [[nodiscard]] std::span<const float> row(std::size_t index) const {
        return std::span(values).subspan(index * columns, columns);
    }
};

// kFailed names the file and the problem. Safe from any thread.
Result<FloatArray> read_npy(const fs::path& file);

}  // namespace hone
