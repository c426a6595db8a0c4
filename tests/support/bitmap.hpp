// SPDX-License-Identifier: GPL-3.0-or-later
// A BMP file in memory: the simplest image that every decoder reads.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace hone::test {

// 24 bits per pixel, 0xRRGGBB by color_at(x, y).
inline std::string bitmap(int width, int height, const std::function<std::uint32_t(int, int)>& color_at) {
    const int stride = (3 * width + 3) / 4 * 4;
    std::string bytes = "BM";
    const auto number = [&](std::uint64_t value, int count) {
        for (int at = 0; at < count; ++at) bytes += static_cast<char>(value >> (8 * at) & 0xFF);
    };
    number(static_cast<std::uint32_t>(54 + stride * height), 4);
    number(0, 4);
    number(54, 4);
    number(40, 4);
    number(static_cast<std::uint32_t>(width), 4);
    number(static_cast<std::uint32_t>(height), 4);
    number(1, 2);
    number(24, 2);
    number(0, 4);
    number(static_cast<std::uint32_t>(stride * height), 4);
    number(2835, 4);
    number(2835, 4);
    number(0, 8);
    for (int y = height - 1; y >= 0; --y) {
        for (int x = 0; x < width; ++x) number(color_at(x, y), 3);
        bytes.append(static_cast<std::size_t>(stride - 3 * width), '\0');
    }
    return bytes;
}

inline std::string plain_bitmap(int width, int height, std::uint32_t color) {
    return bitmap(width, height, [=](int, int) { return color; });
}

}  // namespace hone::test
