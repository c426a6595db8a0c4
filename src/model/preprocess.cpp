// SPDX-License-Identifier: GPL-3.0-or-later
// Resizes, crops or pads an image and normalises its pixels.
#include "model/preprocess.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "photo/resample.hpp"

namespace hone {

namespace {

Filter filter_of(const ImageTower& tower) {
    if (tower.resample == "bilinear") return Filter::kBilinear;
    if (tower.resample == "lanczos") return Filter::kLanczos;
    return Filter::kBicubic;
}

// Floor division, like Python's //, for the negative margins of images smaller than the crop.
int margin(int outer, int inner) {
    return static_cast<int>(std::floor((outer - inner) / 2.0));
}

Image fit(const Image& image, const ImageTower& tower) {
    const Filter filter = filter_of(tower);
    const std::uint8_t fill[3] = {tower.pad[0], tower.pad[1], tower.pad[2]};
    switch (tower.resize) {
        case ResizeMode::kSquash:
            return resample(image, tower.width, tower.height, filter);
        case ResizeMode::kShortestEdge: {
            const int edge = std::min(tower.width, tower.height);
            const int longest =
                static_cast<int>(static_cast<double>(edge) * std::max(image.width, image.height) /
                                 std::min(image.width, image.height));
            const bool wide = image.width >= image.height;
            const int width = wide ? longest : edge, height = wide ? edge : longest;
            return crop(resample(image, width, height, filter), margin(width, tower.width),
                        margin(height, tower.height), tower.width, tower.height, fill);
        }
        case ResizeMode::kLongestEdge: {
            const double scale = std::min(static_cast<double>(tower.width) / image.width,
                                          static_cast<double>(tower.height) / image.height);
            const int width = std::max(1, static_cast<int>(std::lround(image.width * scale)));
            const int height = std::max(1, static_cast<int>(std::lround(image.height * scale)));
            return crop(resample(image, width, height, filter), -((tower.width - width) / 2),
                        -((tower.height - height) / 2), tower.width, tower.height, fill);
        }
    }
    return image;
}

}  // namespace

void preprocess(const Image& image, const ImageTower& tower, std::span<float> tensor) {
    const Image fitted = fit(image, tower);
    const std::size_t plane = std::size_t(fitted.width) * fitted.height;
    std::array<std::array<float, 256>, 3> levels{};
    for (int band = 0; band < 3; ++band) {
        for (int level = 0; level < 256; ++level) {
            levels[band][level] = (static_cast<float>(level) / 255.0F - tower.mean[band]) / tower.std[band];
        }
    }
    const std::uint8_t* pixel = fitted.rgb.data();
    for (std::size_t at = 0; at < plane; ++at, pixel += 3) {
        tensor[at] = levels[0][pixel[0]];
        tensor[plane + at] = levels[1][pixel[1]];
        tensor[2 * plane + at] = levels[2][pixel[2]];
    }
}

}  // namespace hone
