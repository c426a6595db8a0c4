// SPDX-License-Identifier: GPL-3.0-or-later
// Resampling with the same bytes as Pillow's Image.resize. Networks were trained on Pillow's pixels; filters
// of the same name in libvips, OpenCV and Eigen differ enough to change the vectors. Pure functions.
#pragma once

#include "photo/image.hpp"

namespace hone {

enum class Filter { kBilinear, kBicubic, kLanczos };

// width, height: of the result, pixels, > 0. Antialiased: the filter's support grows with the reduction.
// Source: Pillow's documented filters (bicubic a = -0.5, Lanczos with 3 lobes), two passes, horizontal first,
// weights in fixed point with 22 bits, each pass rounded to 8 bits.
Image resample(const Image& source, int width, int height, Filter filter);

// Returns the width x height part whose upper left corner is (left, top), in pixels. Parts outside the image
// are filled with `fill` (RGB).
Image crop(const Image& source, int left, int top, int width, int height, const std::uint8_t (&fill)[3]);

}  // namespace hone
