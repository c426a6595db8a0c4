// SPDX-License-Identifier: GPL-3.0-or-later
// Makes network images, thumbnails and metadata of one photo from a single decoding.
#include "photo/prepare.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "photo/metadata.hpp"
#include "photo/picture.hpp"

namespace hone {

namespace {

constexpr int kLargestThumbnail = 1080, kMiddleThumbnail = 480, kSmallestThumbnail = 240;
constexpr double kMostTiles = 4;
constexpr int kLongestSide = 16'384;  // pixels of the network's image: a longer one is an extreme panorama

vips::VImage box_shrink(const vips::VImage& image, int horizontal, int vertical) {
    return horizontal > 1 || vertical > 1 ? image.shrink(horizontal, vertical) : image;
}

vips::VImage fit(const vips::VImage& image, int size) {
    if (std::max(image.width(), image.height()) <= size) return image;
    return image
        .thumbnail_image(size, vips::VImage::option()->set("height", size)->set("size", VIPS_SIZE_DOWN))
        .copy_memory();
}

void make_network_image(const vips::VImage& rgb, int side, PreparedPhoto& photo) {
    const int shrink = std::max(1, std::min(rgb.width(), rgb.height()) / side);
    const auto along = [&](int length) {
        return std::max(shrink, (length + kLongestSide - 1) / kLongestSide);
    };
    photo.network = to_image(box_shrink(rgb, along(rgb.width()), along(rgb.height())));
}

// Panoramas keep more of their length, because their faces are small in proportion to the height.
int faces_length(int width, int height, int side) {
    if (side == 0) return 0;
    const double ratio = static_cast<double>(std::max(width, height)) / std::max(1, std::min(width, height));
    return static_cast<int>(side * std::clamp(ratio / 2, 1.0, kMostTiles));
}

void make_thumbnails(const vips::VImage& rgb, PreparedPhoto& photo) {
    const vips::VImage large = fit(rgb, kLargestThumbnail);
    const vips::VImage middle = fit(large, kMiddleThumbnail);
    const vips::VImage small = fit(middle, kSmallestThumbnail);
    photo.small = to_image(middle);
    photo.color = mean_color(photo.small);
    photo.thumbnails = {encode_thumbnail(small), encode_thumbnail(middle), encode_thumbnail(large)};
}

void prepare_pixels(std::span<const std::uint8_t> bytes, const PhotoWork& work, PreparedPhoto& photo) {
    int long_side = work.thumbnails ? kLargestThumbnail : 0;
    long_side = std::max(long_side, work.faces_side);
    // A panorama of faces_length() is half as high as faces_side.
    const int short_side = std::max(work.network_side, work.faces_side / 2);
    OpenedPicture picture = open_picture(bytes, short_side, long_side, work.maximum_pixels);
    photo.format = picture.format;
    photo.width = picture.width;
    photo.height = picture.height;
    // Reduce an image that is much too large while it streams, so that it is never in memory completely.
    vips::VImage image = picture.image;
    const int shorter = std::min(image.width(), image.height()),
              longer = std::max(image.width(), image.height());
    int shrink = std::max(1, short_side > 0 ? shorter / short_side : longer);
    if (long_side > 0) shrink = std::min(shrink, std::max(1, longer / long_side));
    if (shrink > 1) image = flatten_on_white(image);
    image = box_shrink(image, shrink, shrink).copy_memory();
    const auto upright = [&](Colors colors) {
        return turn_upright(picture, to_rgb(picture, image, colors)).copy_memory();
    };
    const vips::VImage stored = upright(Colors::kAsStored);
    const bool profile = image.get_typeof(VIPS_META_ICC_NAME) != 0;
    if (work.network_side > 0) make_network_image(stored, work.network_side, photo);
    if (work.faces_side > 0)
        photo.faces = to_image(fit(stored, faces_length(stored.width(), stored.height(), work.faces_side)));
    if (work.thumbnails)
        make_thumbnails(profile ? upright(Colors::kSrgb) : stored, photo);
    else
        photo.color = mean_color(work.network_side > 0 ? photo.network : photo.faces);
}

}  // namespace

Result<PreparedPhoto> prepare_photo(std::span<const std::uint8_t> bytes,
                                    std::span<const std::string> sidecars, const PhotoWork& work) {
    PreparedPhoto photo;
    vips_error_clear();  // discard the warnings of an earlier photo
    photo.format = detect_format(bytes.first(std::min(bytes.size(), kFormatBytes)));
    if (photo.format == Format::kSvg && !work.svg)
        return fail("SVG drawings are skipped (--svg indexes them)");
    HONE_CHECK(decoded(photo.format, [&] { prepare_pixels(bytes, work, photo); }));
    if (work.metadata) {
        photo.metadata = to_json(read_metadata(bytes, photo.format, sidecars))
                             .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    }
    return photo;
}

}  // namespace hone
