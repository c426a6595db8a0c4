// Pixels in memory.
#pragma once

#include <cstdint>
#include <vector>

namespace hone {

// 8-bit sRGB, three bytes a pixel, rows from the top without gaps, upright (EXIF orientation applied).
struct Image {
    int width = 0, height = 0;
    std::vector<std::uint8_t> rgb;  // 3 * width * height

    [[nodiscard]] std::uint8_t* row(int y) { return rgb.data() + std::size_t{3} * width * y; }
    [[nodiscard]] const std::uint8_t* row(int y) const { return rgb.data() + std::size_t{3} * width * y; }
};

// Mean of all pixels, 0xRRGGBB.
std::uint32_t mean_color(const Image& image);

}  // namespace hone
