// SPDX-License-Identifier: GPL-3.0-or-later
// Small WebP images for the grid. Safe from any thread.
#pragma once

#include <string>

#include "base/result.hpp"
#include "photo/image.hpp"

namespace hone {

inline constexpr int kThumbnailSizes[] = {240, 480, 1080};  // long side, pixels

}  // namespace hone

namespace vips {
class VImage;
}

namespace hone {

// Encodes an image that already has its final size; returns the WebP file. Throws vips::VError.
std::string encode_thumbnail(const vips::VImage& rgb);

// Returns a WebP file whose longer side is at most `size` pixels; a smaller image is not enlarged. kFailed
// when libvips fails.
Result<std::string> make_thumbnail(const Image& image, int size);

}  // namespace hone
