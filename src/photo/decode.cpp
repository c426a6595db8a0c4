// SPDX-License-Identifier: GPL-3.0-or-later
// Decodes a photo in the calling process, from the opened image to upright RGB pixels.
#include "photo/decode.hpp"

#include <algorithm>

#include "photo/picture.hpp"

namespace hone {

Result<DecodedPhoto> decode_photo(std::span<const std::uint8_t> bytes, int wanted_side, Colors colors,
                                  std::uint64_t maximum_pixels) {
    Format format = detect_format(bytes.first(std::min(bytes.size(), kFormatBytes)));
    return decoded(format, [&] {
        OpenedPicture picture = open_picture(bytes, wanted_side, 0, maximum_pixels);
        format = picture.format;
        vips::VImage image = to_rgb(picture, picture.image, colors);
        // Rotation needs random access, but the image streams from top to bottom: copy its pixels first.
        if (picture.orientation > 1) image = turn_upright(picture, image.copy_memory());
        return DecodedPhoto{to_image(image), picture.width, picture.height, format};
    });
}

std::uint32_t mean_color(const Image& image) {
    std::uint64_t sum[3] = {};
    for (std::size_t at = 0; at + 2 < image.rgb.size(); at += 3) {
        for (int band = 0; band < 3; ++band) sum[band] += image.rgb[at + band];
    }
    const std::uint64_t count = std::max<std::uint64_t>(1, image.rgb.size() / 3);
    return static_cast<std::uint32_t>(sum[0] / count << 16 | sum[1] / count << 8 | sum[2] / count);
}

}  // namespace hone
