#include "photo/decode.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <vips/vips8>

#include "photo/vips_start.hpp"

namespace hone {

void start_vips() {
    static std::once_flag once;
    std::call_once(once, [] {
        VIPS_INIT("hone");
        // Photos are decoded side by side by our own threads, each once: no threads and no cache of its own.
        vips_concurrency_set(1);
        vips_cache_set_max(0);
    });
}

namespace {

// libvips joins several lines; a person gets the first, without the loader's name in front.
std::string first_reason() {
    // Other threads write into the same buffer: only the copy is taken under its lock.
    const std::unique_ptr<char, void (*)(void*)> copy(vips_error_buffer_copy(), g_free);
    std::string text = copy.get();
    text = text.substr(0, text.find('\n'));
    if (const auto colon = text.find(": "); colon != std::string::npos) text = text.substr(colon + 2);
    while (!text.empty() && (text.back() == ' ' || text.back() == '.')) text.pop_back();
    return text.empty() ? "the decoder gave no reason" : text;
}

vips::VImage open(std::span<const std::uint8_t> bytes, int shrink) {
    auto* options =
        vips::VImage::option()->set("access", VIPS_ACCESS_SEQUENTIAL)->set("fail_on", VIPS_FAIL_ON_TRUNCATED);
    if (shrink > 1) options->set("shrink", shrink);
    return vips::VImage::new_from_buffer(bytes.data(), bytes.size(), "", options);
}

vips::VImage to_rgb(vips::VImage image, Colors colors) {
    const bool cmyk = image.interpretation() == VIPS_INTERPRETATION_CMYK;
    const bool profile = image.get_typeof(VIPS_META_ICC_NAME) != 0;
    if (cmyk || (profile && colors == Colors::kSrgb)) {
        image = image.icc_transform(
            "srgb",
            vips::VImage::option()->set("embedded", true)->set("input_profile", cmyk ? "cmyk" : "srgb"));
    } else if (image.interpretation() != VIPS_INTERPRETATION_sRGB) {
        image = image.colourspace(VIPS_INTERPRETATION_sRGB);
    }
    if (image.has_alpha())
        image = image.flatten(vips::VImage::option()->set("background", std::vector<double>{255}));
    if (image.format() != VIPS_FORMAT_UCHAR) image = image.cast(VIPS_FORMAT_UCHAR);
    if (image.bands() == 1) image = image.bandjoin({image, image});
    if (image.bands() > 3) image = image.extract_band(0, vips::VImage::option()->set("n", 3));
    return image;
}

}  // namespace

Result<DecodedPhoto> decode_photo(std::span<const std::uint8_t> bytes, int wanted_side, Colors colors,
                                  std::uint64_t maximum_pixels) {
    start_vips();
    DecodedPhoto photo;
    photo.format = detect_format(bytes);
    if (photo.format == Format::kNone) return fail("not a picture Hone knows");
    try {
        vips::VImage image = open(bytes, 1);
        const auto pixels =
            static_cast<std::uint64_t>(image.width()) * static_cast<std::uint64_t>(image.height());
        if (pixels > maximum_pixels) {
            return fail("too large: {} x {} pixels; at most {} million are read", image.width(),
                        image.height(), maximum_pixels / 1'000'000);
        }
        const int orientation =
            image.get_typeof(VIPS_META_ORIENTATION) != 0 ? image.get_int(VIPS_META_ORIENTATION) : 1;
        const bool turned = orientation >= 5 && orientation <= 8;
        photo.width = turned ? image.height() : image.width();
        photo.height = turned ? image.width() : image.height();
        int shrink = 1;
        while (photo.format == Format::kJpeg && wanted_side > 0 && shrink < 8 &&
               std::min(photo.width, photo.height) / (2 * shrink) >= wanted_side) {
            shrink *= 2;
        }
        if (shrink > 1) image = open(bytes, shrink);
        // Turning needs random access to a picture that is read from top to bottom: take its pixels first.
        if (orientation > 1)
            image = to_rgb(image, colors).copy_memory().autorot();
        else
            image = to_rgb(image, colors);
        photo.image.width = image.width();
        photo.image.height = image.height();
        photo.image.rgb.resize(std::size_t{3} * image.width() * image.height());
        const vips::VImage target =
            vips::VImage::new_from_memory(photo.image.rgb.data(), photo.image.rgb.size(), image.width(),
                                          image.height(), 3, VIPS_FORMAT_UCHAR);
        image.write(target);
    } catch (const vips::VError&) {
        return fail("damaged or unsupported {}: {}", format_name(photo.format), first_reason());
    } catch (const std::exception& error) {
        return fail("damaged or unsupported {}: {}", format_name(photo.format), error.what());
    }
    return photo;
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
