// SPDX-License-Identifier: GPL-3.0-or-later
// Encodes thumbnails as WebP with libvips.
#include "photo/thumbnail.hpp"

#include <algorithm>
#include <vips/vips8>

#include "photo/vips_start.hpp"

namespace hone {

std::string encode_thumbnail(const vips::VImage& rgb) {
    constexpr int kQuality = 80;  // of 100, WebP
    constexpr int kEffort = 2;    // of 6: a third of the default's time for a few per cent more bytes
    VipsBlob* blob = rgb.webpsave_buffer(
        vips::VImage::option()->set("Q", kQuality)->set("effort", kEffort)->set("strip", true));
    std::size_t length = 0;
    const auto* bytes = static_cast<const char*>(vips_blob_get(blob, &length));
    std::string webp(bytes, length);
    vips_area_unref(VIPS_AREA(blob));
    return webp;
}

Result<std::string> make_thumbnail(const Image& image, int size) {
    start_vips();
    try {
        vips::VImage picture =
            vips::VImage::new_from_memory(const_cast<std::uint8_t*>(image.rgb.data()), image.rgb.size(),
                                          image.width, image.height, 3, VIPS_FORMAT_UCHAR)
                .copy(vips::VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
        const double scale = static_cast<double>(size) / std::max(image.width, image.height);
        if (scale < 1) {
            picture = picture.thumbnail_image(
                size, vips::VImage::option()->set("height", size)->set("size", VIPS_SIZE_DOWN));
        }
        return encode_thumbnail(picture);
    } catch (const vips::VError& error) {
        vips_error_clear();
        return fail("cannot make a thumbnail: {}", error.what());
    }
}

}  // namespace hone
