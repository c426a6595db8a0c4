// SPDX-License-Identifier: GPL-3.0-or-later
// Decodes image bytes into upright sRGB pixels with libvips. Safe from any thread.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.hpp"
#include "photo/format.hpp"
#include "photo/image.hpp"

namespace hone {

inline constexpr std::uint64_t kMaximumPixels = 400'000'000;    // checked in the header, before decoding
inline constexpr std::uint64_t kMaximumFileBytes = 1ULL << 30;  // a larger file is not treated as a photo

struct DecodedPhoto {
    Image image;                // shorter side >= wanted_side, or the full size when that is smaller
    int width = 0, height = 0;  // full size, upright
    Format format = Format::kNone;
};

// How the values of an image with a colour profile are converted. Networks were trained on the values as
// stored; people want the colours.
enum class Colors { kAsStored, kSrgb };

// bytes: a whole image file. wanted_side: pixels that the caller needs on the shorter side; 0 = all. JPEG is
// then decoded at 1/2, 1/4 or 1/8, the largest reduction that keeps the shorter side >= wanted_side. kFailed
// with the decoder's reason for damaged, truncated, oversized (more than maximum_pixels) or unsupported
// images. Safe from any thread.
Result<DecodedPhoto> decode_photo(std::span<const std::uint8_t> bytes, int wanted_side,
                                  Colors colors = Colors::kAsStored,
                                  std::uint64_t maximum_pixels = kMaximumPixels);

}  // namespace hone
