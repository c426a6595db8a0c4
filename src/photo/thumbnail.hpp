// Small WebP pictures for the grid. Safe from any thread.
#pragma once

#include <string>

#include "base/result.hpp"
#include "photo/image.hpp"

namespace hone {

inline constexpr int kThumbnailSizes[] = {240, 480, 1080};  // long side, pixels

// WebP, long side at most `size`; a smaller picture is not enlarged.
Result<std::string> make_thumbnail(const Image& image, int size);

}  // namespace hone
