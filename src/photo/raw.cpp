// SPDX-License-Identifier: GPL-3.0-or-later
// Extracts previews from camera raw, or develops the sensor data, with LibRaw.
#include "photo/raw.hpp"

#include <libraw/libraw.h>

#include <algorithm>
#include <memory>

namespace hone {

namespace {

// LibRaw's flip codes (its documentation, "sizes.flip") as EXIF orientations.
int orientation_of_flip(int flip) {
    switch (flip) {
        case 3:
            return 3;
        case 5:
            return 8;
        case 6:
            return 6;
        default:
            return 1;
    }
}

// Translates LibRaw's messages about an unknown camera, a truncated file and its own state for people.
std::unexpected<Error> refused(int code) {
    return fail("damaged or unsupported camera raw: {}", LibRaw::strerror(code));
}

Result<Image> develop(LibRaw& raw) {
    raw.imgdata.params.half_size = 1;
    raw.imgdata.params.use_camera_wb = 1;
    raw.imgdata.params.output_color = 1;  // sRGB
    raw.imgdata.params.output_bps = 8;
    int code = raw.unpack();
    if (code == LIBRAW_SUCCESS) code = raw.dcraw_process();
    if (code != LIBRAW_SUCCESS) return refused(code);
    const std::unique_ptr<libraw_processed_image_t, void (*)(libraw_processed_image_t*)> made(
        raw.dcraw_make_mem_image(&code), LibRaw::dcraw_clear_mem);
    if (!made) return refused(code);
    const std::size_t pixels = std::size_t{made->width} * made->height;
    if (made->type != LIBRAW_IMAGE_BITMAP || made->bits != 8 || (made->colors != 3 && made->colors != 1) ||
        made->data_size < pixels * made->colors)
        return fail("it has no colours that can be developed");
    Image image{made->width, made->height, {}};
    image.rgb.resize(3 * pixels);
    for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
        for (std::size_t band = 0; band < 3; ++band)
            image.rgb[3 * pixel + band] = made->data[made->colors * pixel + (made->colors == 3 ? band : 0)];
    }
    return image;
}

}  // namespace

Result<RawPicture> read_raw(std::span<const std::uint8_t> bytes, int wanted_side) {
    const auto raw = std::make_unique<LibRaw>();  // the object has hundreds of kilobytes
    // LibRaw only reads the buffer.
    if (const int code = raw->open_buffer(const_cast<std::uint8_t*>(bytes.data()), bytes.size());
        code != LIBRAW_SUCCESS)
        return refused(code);
    const auto& sizes = raw->imgdata.sizes;
    RawPicture picture;
    const bool turned = sizes.flip == 5 || sizes.flip == 6;
    picture.width = turned ? sizes.height : sizes.width;
    picture.height = turned ? sizes.width : sizes.height;
    const auto& preview = raw->imgdata.thumbnail;
    const bool has_preview = raw->unpack_thumb() == LIBRAW_SUCCESS &&
                             preview.tformat == LIBRAW_THUMBNAIL_JPEG && preview.tlength > 0;
    const auto take_preview = [&] {
        const auto* start = reinterpret_cast<const std::uint8_t*>(preview.thumb);
        picture.preview.assign(start, start + preview.tlength);
        picture.orientation = orientation_of_flip(sizes.flip);
    };
    if (has_preview && std::max(preview.twidth, preview.theight) >= wanted_side) {
        take_preview();
        return picture;
    }
    if (auto image = develop(*raw)) {
        picture.developed = std::move(*image);
    } else if (has_preview) {
        take_preview();
    } else {
        return std::unexpected(image.error());
    }
    return picture;
}

}  // namespace hone
