// SPDX-License-Identifier: GPL-3.0-or-later
// Makes everything that needs the pixels of one photo, from one decoding. Runs in the sandbox, on untrusted
// bytes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "base/result.hpp"
#include "photo/decode.hpp"
#include "photo/thumbnail.hpp"

namespace hone {

struct PhotoWork {
    int network_side = 0;  // pixels that the network needs on the shorter side; 0: no network image
    int faces_side = 0;    // pixels on the longer side of the image for face detection; 0: no such image
    bool thumbnails = false;
    bool metadata = false;
    bool svg = false;  // SVG drawings are refused unless set
    std::uint64_t maximum_pixels = kMaximumPixels;
};

struct PreparedPhoto {
    Format format = Format::kNone;
    int width = 0, height = 0;  // full size, upright
    std::uint32_t color = 0;    // mean colour, 0xRRGGBB
    // Values as stored; network_side <= shorter side < 2 * network_side, or the full size when that is
    // smaller.
    Image network;
    // Values as stored; longer side <= faces_side, up to kMostTiles times that for a panorama, or the full
    // size.
    Image faces;
    // sRGB, longer side <= 480: input of style and hashes. Only with `thumbnails`.
    Image small;
    std::array<std::string, std::size(kThumbnailSizes)> thumbnails;  // WebP, in the order of kThumbnailSizes
    std::string metadata;  // JSON of photo/metadata.hpp; empty unless requested
};

// bytes: a whole image file. sidecars: XMP packets next to the photo. kFailed with the decoder's reason. Safe
// from any thread.
Result<PreparedPhoto> prepare_photo(std::span<const std::uint8_t> bytes,
                                    std::span<const std::string> sidecars, const PhotoWork& work);

}  // namespace hone
