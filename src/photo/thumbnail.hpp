// SPDX-License-Identifier: GPL-3.0-or-later
// Small WebP images for the grid. Safe from any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

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

// Returns true for a whole WebP file with one lossy image of at most `size` pixels on each side and nothing
// else, also no metadata: the only files that encode_thumbnail() makes. Decodes nothing, so it is safe on
// untrusted bytes.
bool is_thumbnail(std::string_view file, int size);
// For stored files, from the first kThumbnailHead bytes (or more, or all of a shorter file) and the file's
// length. Also accepts the form with metadata that older versions wrote, but no animation.
inline constexpr std::size_t kThumbnailHead = 48;
bool is_thumbnail_head(std::span<const std::uint8_t> head, std::uint64_t bytes, int size);

// Returns a WebP file whose longer side is at most `size` pixels; a smaller image is not enlarged. kFailed
// when libvips fails.
Result<std::string> make_thumbnail(const Image& image, int size);

}  // namespace hone
