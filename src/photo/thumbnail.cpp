// SPDX-License-Identifier: GPL-3.0-or-later
// Encodes thumbnails as WebP with libvips.
#include "photo/thumbnail.hpp"

#include <algorithm>
#include <string_view>
#include <vips/vips8>

#include "photo/vips_start.hpp"

namespace hone {

namespace {

// RFC 9649: "RIFF", length of the rest, "WEBP", then the chunk "VP8 " alone (plain), or VP8X with flags and
// size, "VP8 ", and metadata around it. A chunk is padded to an even length. Numbers are little-endian.
constexpr std::size_t kFileHead = 12, kChunkHead = 8, kFrameHead = 10;

std::uint32_t number_at(std::string_view bytes, std::size_t at, std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t byte = 0; byte < count; ++byte)
        value |= std::uint32_t{static_cast<std::uint8_t>(bytes[at + byte])} << (8 * byte);
    return value;
}

bool is_at(std::string_view bytes, std::size_t at, std::string_view text) {
    return bytes.size() >= at + text.size() && bytes.substr(at, text.size()) == text;
}

bool is_riff(std::string_view head, std::uint64_t bytes) {
    return is_at(head, 0, "RIFF") && is_at(head, 8, "WEBP") &&
           number_at(head, 4, 4) + std::uint64_t{8} == bytes;
}

bool is_plain(std::string_view head, std::uint64_t bytes, int size) {
    if (!is_riff(head, bytes) || !is_at(head, kFileHead, "VP8 ")) return false;
    constexpr std::size_t kFrame = kFileHead + kChunkHead;
    const std::uint64_t chunk = number_at(head, kFileHead + 4, 4);
    if (head.size() < kFrame + kFrameHead || kFrame + chunk + chunk % 2 != bytes) return false;
    // RFC 6386, 9.1: three bytes with the bit of a key frame, the start code, width and height of 14 bits.
    constexpr std::uint32_t kSide = 0x3FFF;
    const std::uint32_t width = number_at(head, kFrame + 6, 2) & kSide,
                        height = number_at(head, kFrame + 8, 2) & kSide;
    return (number_at(head, kFrame, 1) & 1U) == 0 && is_at(head, kFrame + 3, "\x9D\x01\x2A") && width > 0 &&
           height > 0 && std::max(width, height) <= static_cast<std::uint32_t>(size);
}

// Returns the same image as a plain file. libvips 8.14 keeps EXIF, XMP and profile in spite of `strip`.
std::string plain(std::string_view webp) {
    for (std::size_t at = kFileHead; at + kChunkHead <= webp.size();) {
        const std::size_t length = kChunkHead + number_at(webp, at + 4, 4) + number_at(webp, at + 4, 4) % 2;
        if (is_at(webp, at, "VP8 ")) {
            std::string file = "RIFF";
            const auto rest = static_cast<std::uint32_t>(4 + length);
            for (int byte = 0; byte < 4; ++byte) file += static_cast<char>(rest >> (8 * byte) & 0xFF);
            file += "WEBP";
            return file.append(webp.substr(at, length));
        }
        at += length;
    }
    return std::string(webp);
}

}  // namespace

std::string encode_thumbnail(const vips::VImage& rgb) {
    constexpr int kQuality = 80;  // of 100, WebP
    constexpr int kEffort = 2;    // of 6: a third of the default's time for a few per cent more bytes
    VipsBlob* blob = rgb.webpsave_buffer(
        vips::VImage::option()->set("Q", kQuality)->set("effort", kEffort)->set("strip", true));
    std::size_t length = 0;
    const auto* bytes = static_cast<const char*>(vips_blob_get(blob, &length));
    std::string webp = plain({bytes, length});
    vips_area_unref(VIPS_AREA(blob));
    return webp;
}

bool is_thumbnail(std::string_view file, int size) {
    return is_plain(file, file.size(), size);
}

bool is_thumbnail_head(std::span<const std::uint8_t> head, std::uint64_t bytes, int size) {
    const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
    if (is_plain(text, bytes, size)) return true;
    constexpr std::size_t kFlags = kFileHead + kChunkHead, kCanvas = kFlags + 4;
    constexpr std::uint32_t kMetadata = 0x2C;  // flags of profile, EXIF and XMP
    if (!is_riff(text, bytes) || !is_at(text, kFileHead, "VP8X") || text.size() < kCanvas + 6) return false;
    const std::uint32_t longer = std::max(number_at(text, kCanvas, 3), number_at(text, kCanvas + 3, 3)) + 1;
    return (number_at(text, kFlags, 4) & ~kMetadata) == 0 && longer <= static_cast<std::uint32_t>(size);
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
