// Camera raw, by LibRaw: the preview that the camera put inside, or the sensor's data at half size.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "photo/image.hpp"

namespace hone {

struct RawPicture {
    int width = 0, height = 0;  // of the finished photo, upright
    // One of the two is filled.
    std::vector<std::uint8_t> preview;  // a JPEG file
    int orientation = 1;                // EXIF orientation to turn the preview upright
    Image developed;                    // upright sRGB, half the sensor's size
};

// wanted_side: the preview is good enough when its longer side has this many pixels; otherwise the sensor's
// data is developed (camera white balance, sRGB, half size), and the preview is only taken when that fails.
// Safe from any thread.
Result<RawPicture> read_raw(std::span<const std::uint8_t> bytes, int wanted_side);

}  // namespace hone
