// SPDX-License-Identifier: GPL-3.0-or-later
// Images that tests and the reference (look/look.py, golden_images) build identically.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "photo/image.hpp"

namespace hone::test {

// color_at(x, y) -> {red, green, blue}, each 0..255.
template <typename ColorAt>
Image make_image(int width, int height, ColorAt color_at) {
    Image image{width, height, {}};
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            for (const int value : color_at(x, y)) image.rgb.push_back(static_cast<std::uint8_t>(value));
        }
    }
    return image;
}

using Color = std::array<int, 3>;

// In the order of the golden files: grey ramp, red and blue, checkers of 16 pixels, mixed colours, portrait
// sky.
inline std::array<Image, 5> golden_style_images() {
    return {
        make_image(256, 192, [](int x, int) { return Color{x, x, x}; }),
        make_image(256, 192, [](int x, int) { return Color{x < 128 ? 220 : 20, 30, x < 128 ? 30 : 210}; }),
        make_image(256, 192,
                   [](int x, int y) {
                       const int value = (x / 16 + y / 16) % 2 ? 240 : 16;
                       return Color{value, value, value};
                   }),
        make_image(256, 192, [](int x, int y) { return Color{x, y * 255 / 191, (x * 7 + y * 13) % 256}; }),
        make_image(192, 256, [](int, int y) { return Color{y / 2, 60 + y / 2, 255 - y / 4}; })};
}

// Rectangles of random colours, sizes and positions: enough corners for recognition, different for each seed.
// Longer side 256.
inline Image random_scene(std::uint32_t seed, int width = 256, int height = 192) {
    std::mt19937 random(seed);  // its numbers are the same everywhere; distributions are not
    const auto below = [&](int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); };
    Image image{width, height, std::vector<std::uint8_t>(std::size_t{3} * width * height, 128)};
    for (int shape = 0; shape < 60; ++shape) {
        const int left = below(width), top = below(height), right = left + 8 + below(60),
                  bottom = top + 8 + below(60);
        const Color color = {below(256), below(256), below(256)};
        for (int y = top; y < std::min(bottom, height); ++y) {
            for (int x = left; x < std::min(right, width); ++x) {
                for (int channel = 0; channel < 3; ++channel)
                    image.row(y)[3 * x + channel] = static_cast<std::uint8_t>(color[channel]);
            }
        }
    }
    return image;
}

template <typename SourceOf>
Image moved(const Image& source, int width, int height, SourceOf source_of) {
    return make_image(width, height, [&](int x, int y) {
        const auto [from_x, from_y] = source_of(x, y);
        const std::uint8_t* pixel = source.row(from_y) + 3 * from_x;
        return Color{pixel[0], pixel[1], pixel[2]};
    });
}
inline Image mirrored(const Image& source) {
    return moved(source, source.width, source.height,
                 [&](int x, int y) { return std::pair{source.width - 1 - x, y}; });
}
// Rotates 90 degrees clockwise.
inline Image turned(const Image& source) {
    return moved(source, source.height, source.width,
                 [&](int x, int y) { return std::pair{y, source.height - 1 - x}; });
}

}  // namespace hone::test
