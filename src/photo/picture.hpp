// SPDX-License-Identifier: GPL-3.0-or-later
// For photo/ only: the one way from bytes to a libvips image, shared by decoding and preparing. Safe from any
// thread; calls may throw vips::VError.
#pragma once

#include <span>
#include <string>
#include <vector>
#include <vips/vips8>

#include "photo/decode.hpp"
#include "photo/hdr.hpp"

namespace hone {

// An image whose header has been read; libvips decodes the pixels on demand. The caller's bytes must outlive
// it.
struct OpenedPicture {
    Format format = Format::kNone;
    int width = 0, height = 0;  // full size, upright
    int orientation = 1;        // EXIF orientation that remains to be applied, 1..8
    std::optional<ColorCode> color;
    std::vector<std::uint8_t> owned;  // the bytes that `image` reads, when they are not the caller's
    vips::VImage image;
};

// short_side, long_side: pixels that the caller needs on the shorter and the longer side; 0 = all. JPEG is
// decoded at 1/2, 1/4 or 1/8 where that is enough. Throws vips::VError, or DecodeError for more than
// maximum_pixels.
OpenedPicture open_picture(std::span<const std::uint8_t> bytes, int short_side, int long_side,
                           std::uint64_t maximum_pixels);

// A reason in Hone's own words.
struct DecodeError {
    std::string reason;
};

// Composes a transparent image over white.
vips::VImage flatten_on_white(const vips::VImage& image);
// Returns three bytes per pixel, not yet rotated. An unusable colour profile is ignored.
vips::VImage to_rgb(const OpenedPicture& picture, vips::VImage image, Colors colors);
// Applies the image's EXIF orientation. Needs random access, so `image` must be in memory.
vips::VImage turn_upright(const OpenedPicture& picture, const vips::VImage& image);
// Copies the pixels. rgb: three bytes per pixel.
Image to_image(const vips::VImage& rgb);
// Returns the first line of this process's libvips error buffer, and clears the buffer.
std::string take_vips_reason();

// Returns the result of the call, or kFailed with a reason for people when the call throws.
template <typename Call>
auto decoded(const Format& format, Call call) -> Result<decltype(call())> {
    try {
        if constexpr (std::is_void_v<decltype(call())>) {
            call();
            return {};
        } else {
            return call();
        }
    } catch (const DecodeError& error) {
        return fail("{}", error.reason);
    } catch (const vips::VError&) {
        return fail("damaged or unsupported {}: {}", format_name(format), take_vips_reason());
    } catch (const std::bad_alloc&) {
        return fail("it needs more memory than a decoder may have");
    } catch (const std::exception& error) {
        return fail("damaged or unsupported {}: {}", format_name(format), error.what());
    }
}

}  // namespace hone
