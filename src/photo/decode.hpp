// Bytes of a picture -> upright sRGB pixels, by libvips. Safe from any thread.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.hpp"
#include "photo/format.hpp"
#include "photo/image.hpp"

namespace hone {

inline constexpr std::uint64_t kMaximumPixels = 400'000'000;    // checked in the header before decoding
inline constexpr std::uint64_t kMaximumFileBytes = 1ULL << 30;  // a larger file is no photo

struct DecodedPhoto {
    Image image;  // at least wanted_side on its shorter side, or the full size when that is smaller
    int width = 0, height = 0;  // full size, upright
    Format format = Format::kNone;
};

// What the numbers of a picture with a colour profile become. Networks were trained on the numbers as they
// are stored; people want the colours.
enum class Colors { kAsStored, kSrgb };

// wanted_side: the caller needs no more pixels than this on the shorter side (pixels; 0 = all). JPEG is then
// decoded at 1/2, 1/4 or 1/8, the largest shrink that keeps the shorter side >= wanted_side. Fails with the
// decoder's reason for damaged, truncated, oversized or unsupported pictures.
Result<DecodedPhoto> decode_photo(std::span<const std::uint8_t> bytes, int wanted_side,
                                  Colors colors = Colors::kAsStored,
                                  std::uint64_t maximum_pixels = kMaximumPixels);

}  // namespace hone
