// Small WebP pictures for the grid. Safe from any thread.
#pragma once

#include <string>

#include "base/result.hpp"
#include "photo/image.hpp"

namespace hone {

inline constexpr int kThumbnailSizes[] = {240, 480, 1080};  // long side, pixels

}  // namespace hone

namespace vips {
class VImage;
}

namespace hone {

// WebP of a picture that has its size already. Throws vips::VError.
std::string encode_thumbnail(const vips::VImage& rgb);

// WebP, long side at most `size`; a smaller picture is not enlarged.
Result<std::string> make_thumbnail(const Image& image, int size);

}  // namespace hone
