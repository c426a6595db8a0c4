// Resampling that gives the same bytes as Pillow's Image.resize: networks were trained on its pixels, and
// other filters of the same name (libvips, OpenCV, Eigen) differ enough to move the vectors.
#pragma once

#include "photo/image.hpp"

namespace hone {

enum class Filter { kBilinear, kBicubic, kLanczos };

// Antialiased: the filter grows with the reduction. Source: Pillow's documented filters (bicubic a = -0.5,
// Lanczos 3 lobes), two passes, horizontal first, weights in fixed point with 22 bits, each pass rounded to 8
// bits.
Image resample(const Image& source, int width, int height, Filter filter);

// The part from (left, top); parts outside the image are filled with `fill` (RGB).
Image crop(const Image& source, int left, int top, int width, int height, const std::uint8_t (&fill)[3]);

}  // namespace hone
