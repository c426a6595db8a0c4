// SPDX-License-Identifier: GPL-3.0-or-later
// Pixels in memory. Pure functions.
#pragma once

#include <cstdint>
#include <vector>

namespace hone {

// 8-bit sRGB, three bytes per pixel, rows from the top without gaps, upright (EXIF orientation applied).
struct Image {
    int width = 0, height = 0;
    std::vector<std::uint8_t> rgb;  // 3 * width * height

    [[nodiscard]] std::uint8_t* row(int y) { return rgb.data() + std::size_t{3} * width * y; }
    [[nodiscard]] const std::uint8_t* row(int y) const { return rgb.data() + std::size_t{3} * width * y; }
};

// Returns the mean of all pixels as 0xRRGGBB.
std::uint32_t mean_color(const Image& image);

}  // namespace hone
