// Inside photo/ only: one way from bytes to a libvips image, shared by decoding and preparing.
#pragma once

#include <span>
#include <string>
#include <vector>
#include <vips/vips8>

#include "photo/decode.hpp"
#include "photo/hdr.hpp"

namespace hone {

// A picture whose header is read; its pixels are decoded when they are asked for. The caller's bytes must
// outlive it.
struct OpenedPicture {
    Format format = Format::kNone;
    int width = 0, height = 0;  // full size, upright
    int orientation = 1;        // EXIF; what is left to turn
    std::optional<ColorCode> color;
    std::vector<std::uint8_t> owned;  // what `image` reads, when it is not the caller's bytes
    vips::VImage image;
};

// short_side, long_side: no more pixels are needed than these on the shorter and the longer side (0: all).
// JPEG is decoded at 1/2, 1/4 or 1/8 where that is enough. Throws vips::VError or DecodeError.
OpenedPicture open_picture(std::span<const std::uint8_t> bytes, int short_side, int long_side,
                           std::uint64_t maximum_pixels);

// A reason in our own words.
struct DecodeError {
    std::string reason;
};

// Transparent pictures lie on white.
vips::VImage flatten_on_white(const vips::VImage& image);
// Three bytes a pixel, not yet turned upright. A profile that does not fit the picture costs the colours
// only.
vips::VImage to_rgb(const OpenedPicture& picture, vips::VImage image, Colors colors);
// Turned as the picture's EXIF orientation says. Needs random access: image must lie in memory.
vips::VImage turn_upright(const OpenedPicture& picture, const vips::VImage& image);
Image to_image(const vips::VImage& rgb);
// First line of what libvips complained of in this process; clears it.
std::string take_vips_reason();

// What the call gives, or why it broke, in words for a person.
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
