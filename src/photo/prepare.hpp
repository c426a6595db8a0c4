// All that is made from the pixels of one photo, out of one decoding. Runs behind the wall (photo/sandbox/), on
// bytes that nobody trusts.
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
    int network_side = 0;  // pixels that the network wants on the shorter side; 0: no picture for the network
    int faces_side = 0;    // pixels on the longer side of the picture in which faces are found; 0: no such
    bool thumbnails = false;
    bool metadata = false;
    bool svg = false;  // SVG drawings are refused otherwise
    std::uint64_t maximum_pixels = kMaximumPixels;
};

struct PreparedPhoto {
    Format format = Format::kNone;
    int width = 0, height = 0;  // full size, upright
    std::uint32_t color = 0;    // mean, 0xRRGGBB
    // The numbers as stored, shorter side >= network_side (or the full size), less than twice of it.
    Image network;
    // As network; longer side <= faces_side, or as long as kMostTiles of them for a panorama, or the full
    // size.
    Image faces;
    // sRGB, longer side <= 480: what look and hashes are made from. With thumbnails only.
    Image small;
    std::array<std::string, std::size(kThumbnailSizes)> thumbnails;  // WebP, in the order of kThumbnailSizes
    std::string metadata;  // JSON of photo/metadata.hpp; empty when not asked for
};

// sidecars: XMP packets that lie beside the photo. Fails with the decoder's reason. Safe from any thread.
Result<PreparedPhoto> prepare_photo(std::span<const std::uint8_t> bytes,
                                    std::span<const std::string> sidecars, const PhotoWork& work);

}  // namespace hone
