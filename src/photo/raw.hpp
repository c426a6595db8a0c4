// SPDX-License-Identifier: GPL-3.0-or-later
// Camera raw, read by LibRaw: the camera's embedded preview, or the sensor data developed at half size.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "photo/image.hpp"

namespace hone {

struct RawPicture {
    int width = 0, height = 0;  // of the finished photo, upright
    // Exactly one of preview and developed is filled.
    std::vector<std::uint8_t> preview;  // a JPEG file
    int orientation = 1;                // EXIF orientation of the preview, 1..8
    Image developed;                    // upright sRGB, half the sensor's size
};

// wanted_side: the preview suffices when its longer side has this many pixels. Otherwise the sensor data is
// developed (camera white balance, sRGB, half size), and the preview is used only when that fails. kFailed
// with the reason for damaged or unsupported files. Safe from any thread.
Result<RawPicture> read_raw(std::span<const std::uint8_t> bytes, int wanted_side);

}  // namespace hone
