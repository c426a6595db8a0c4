// SPDX-License-Identifier: GPL-3.0-or-later
// Opens images with libvips or LibRaw and converts them to upright RGB.
#include "photo/picture.hpp"

#include <algorithm>
#include <memory>
#include <mutex>

#include "photo/raw.hpp"
#include "photo/vips_start.hpp"

namespace hone {

void start_vips() {
    static std::once_flag once;
    std::call_once(once, [] {
        VIPS_INIT("hone");
        // Hone decodes photos on parallel threads, each photo once, so libvips needs neither threads nor a
        // cache.
        vips_concurrency_set(1);
        vips_cache_set_max(0);
    });
}

std::string take_vips_reason() {
    // Other threads write to the same buffer, so only its locked copy is safe.
    const std::unique_ptr<char, void (*)(void*)> copy(vips_error_buffer_copy(), g_free);
    std::string text = copy.get();
    // libvips joins several lines; people get the first, without the loader's name.
    text = text.substr(0, text.find('\n'));
    if (const auto colon = text.find(": "); colon != std::string::npos) text = text.substr(colon + 2);
    while (!text.empty() && (text.back() == ' ' || text.back() == '.')) text.pop_back();
    return text.empty() ? "the decoder gave no reason" : text;
}

namespace {

// Runs exactly the loader of the detected format.
vips::VImage load(std::span<const std::uint8_t> bytes, Format format, int shrink) {
    const auto options = [&] {
        return vips::VImage::option()
            ->set("access", VIPS_ACCESS_SEQUENTIAL)
            ->set("fail_on", VIPS_FAIL_ON_TRUNCATED);
    };
    const std::unique_ptr<VipsBlob, void (*)(VipsBlob*)> blob(
        vips_blob_new(nullptr, bytes.data(), bytes.size()),
        [](VipsBlob* area) { vips_area_unref(VIPS_AREA(area)); });
    switch (format) {
        case Format::kJpeg:
            return vips::VImage::jpegload_buffer(blob.get(), options()->set("shrink", shrink));
        case Format::kPng:
            return vips::VImage::pngload_buffer(blob.get(), options());
        case Format::kWebp:
            return vips::VImage::webpload_buffer(blob.get(), options());
        case Format::kGif:
            return vips::VImage::gifload_buffer(blob.get(), options());
        case Format::kTiff:
            return vips::VImage::tiffload_buffer(blob.get(), options());
        case Format::kBmp:
            return vips::VImage::magickload_buffer(blob.get(), options());
        case Format::kHeif:
        case Format::kAvif:
            return vips::VImage::heifload_buffer(blob.get(), options());
        case Format::kJxl:
            return vips::VImage::jxlload_buffer(blob.get(), options());
        case Format::kJpeg2000:
            return vips::VImage::jp2kload_buffer(blob.get(), options());
        case Format::kSvg:
            return vips::VImage::svgload_buffer(blob.get(), options());
        default:
            throw DecodeError{"not an image Hone knows"};
    }
}

// Rejects too large images by their header, before decoding.
void check_pixels(std::int64_t width, std::int64_t height, std::uint64_t maximum) {
    if (static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height) > maximum)
        throw DecodeError{fmt::format("too large: {} x {} pixels; the limit is {} million", width, height,
                                      maximum / 1'000'000)};
}

}  // namespace

OpenedPicture open_picture(std::span<const std::uint8_t> bytes, int short_side, int long_side,
                           std::uint64_t maximum_pixels) {
    start_vips();
    OpenedPicture picture;
    picture.format = detect_format(bytes.first(std::min(bytes.size(), kFormatBytes)));
    if (picture.format == Format::kNone) throw DecodeError{"not an image Hone knows"};
    if (picture.format == Format::kTiff) picture.format = detect_raw(bytes);
    Format inside = picture.format;
    if (is_raw(picture.format)) {
        constexpr int kPreviewSide = 1080;  // the largest thumbnail
        auto raw = read_raw(bytes, long_side > 0 || short_side > 0 ? kPreviewSide : INT_MAX);
        if (!raw) throw DecodeError{raw.error().message};
        check_pixels(raw->width, raw->height, maximum_pixels);
        picture.width = raw->width;
        picture.height = raw->height;
        if (raw->preview.empty()) {
            const Image& developed = raw->developed;
            picture.owned = developed.rgb;
            picture.image =
                vips::VImage::new_from_memory(picture.owned.data(), picture.owned.size(), developed.width,
                                              developed.height, 3, VIPS_FORMAT_UCHAR)
                    .copy(vips::VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
            return picture;
        }
        picture.owned = std::move(raw->preview);
        picture.orientation = raw->orientation;
        bytes = picture.owned;
        inside = Format::kJpeg;
    }
    picture.image = load(bytes, inside, 1);
    check_pixels(picture.image.width(), picture.image.height(), maximum_pixels);
    if (!is_raw(picture.format)) {
        const int orientation = picture.image.get_typeof(VIPS_META_ORIENTATION) != 0
                                    ? picture.image.get_int(VIPS_META_ORIENTATION)
                                    : 1;
        picture.orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
        const bool turned = picture.orientation >= 5;
        picture.width = turned ? picture.image.height() : picture.image.width();
        picture.height = turned ? picture.image.width() : picture.image.height();
    }
    if (picture.format == Format::kHeif || picture.format == Format::kAvif) {
        picture.color = heif_color_code(bytes);
        if (picture.color && picture.color->is_srgb()) picture.color.reset();
    }
    if (inside == Format::kJpeg && (short_side > 0 || long_side > 0)) {
        const int shorter = std::min(picture.image.width(), picture.image.height());
        const int longer = std::max(picture.image.width(), picture.image.height());
        int shrink = 1;
        while (shrink < 8 && shorter / (2 * shrink) >= short_side && longer / (2 * shrink) >= long_side)
            shrink *= 2;
        if (shrink > 1) picture.image = load(bytes, inside, shrink);
    }
    return picture;
}

vips::VImage flatten_on_white(const vips::VImage& image) {
    if (!image.has_alpha()) return image;
    return image.flatten(vips::VImage::option()->set(
        "background", std::vector<double>{image.format() == VIPS_FORMAT_USHORT ? 65535.0 : 255.0}));
}

vips::VImage turn_upright(const OpenedPicture& picture, const vips::VImage& image) {
    if (picture.orientation == 1) return image;
    vips::VImage turned = image.copy();
    turned.set(VIPS_META_ORIENTATION, picture.orientation);
    return turned.autorot();
}

vips::VImage to_rgb(const OpenedPicture& picture, vips::VImage image, Colors colors) {
    image = flatten_on_white(image);
    if (picture.color && image.bands() == 3) {
        if (image.format() != VIPS_FORMAT_USHORT)
            image = image.cast(VIPS_FORMAT_USHORT).linear(257.0, 0.0).cast(VIPS_FORMAT_USHORT);
        std::size_t size = 0;
        const std::unique_ptr<void, void (*)(void*)> codes(image.write_to_memory(&size), g_free);
        std::vector<std::uint8_t> rgb(size / 2);
        to_srgb({static_cast<const std::uint16_t*>(codes.get()), size / 2}, *picture.color, rgb);
        return vips::VImage::new_from_memory(rgb.data(), rgb.size(), image.width(), image.height(), 3,
                                             VIPS_FORMAT_UCHAR)
            .copy(vips::VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB))
            .copy_memory();
    }
    const bool cmyk = image.interpretation() == VIPS_INTERPRETATION_CMYK;
    const bool profile = image.get_typeof(VIPS_META_ICC_NAME) != 0;
    bool transformed = false;
    if (cmyk || (profile && colors == Colors::kSrgb)) {
        try {
            image = image.icc_transform(
                "srgb",
                vips::VImage::option()->set("embedded", true)->set("input_profile", cmyk ? "cmyk" : "srgb"));
            transformed = true;
        } catch (const vips::VError&) {
            // The profile is broken or of another kind of image: programs that convert a photo to grey often
            // leave its RGB profile inside. Decode the image without a profile.
            if (cmyk) throw;
            vips_error_clear();
        }
    }
    if (!transformed && image.interpretation() != VIPS_INTERPRETATION_sRGB)
        image = image.colourspace(VIPS_INTERPRETATION_sRGB);
    if (image.format() != VIPS_FORMAT_UCHAR) image = image.cast(VIPS_FORMAT_UCHAR);
    if (image.bands() == 1) image = image.bandjoin({image, image});
    if (image.bands() > 3) image = image.extract_band(0, vips::VImage::option()->set("n", 3));
    return image;
}

Image to_image(const vips::VImage& rgb) {
    Image image{rgb.width(), rgb.height(), {}};
    image.rgb.resize(std::size_t{3} * image.width * image.height);
    const vips::VImage target = vips::VImage::new_from_memory(image.rgb.data(), image.rgb.size(), image.width,
                                                              image.height, 3, VIPS_FORMAT_UCHAR);
    rgb.write(target);
    return image;
}

}  // namespace hone
