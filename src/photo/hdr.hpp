// SPDX-License-Identifier: GPL-3.0-or-later
// Maps high dynamic range and wide colours to sRGB, for HEIF and AVIF files that declare them by code points
// (nclx) instead of an ICC profile. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace hone {

// Code points of ITU-T H.273.
enum class Transfer { kSrgb, kPq, kHlg };
enum class Primaries { kBt709, kBt2020, kDisplayP3 };

struct ColorCode {
    Transfer transfer = Transfer::kSrgb;
    Primaries primaries = Primaries::kBt709;

    [[nodiscard]] bool is_srgb() const {
        return transfer == Transfer::kSrgb && primaries == Primaries::kBt709;
    }
};

// bytes: a HEIF or AVIF file. Returns std::nullopt when it declares no code points, or has an ICC profile.
std::optional<ColorCode> heif_color_code(std::span<const std::uint8_t> bytes);

// codes: 3 values per pixel, 0..65535 = the code range. rgb: receives 8-bit sRGB; same length as codes. PQ
// follows SMPTE ST 2084; HLG follows ITU-R BT.2100 with a peak of 1000 cd/m2. Diffuse white (203 cd/m2, ITU-R
// BT.2408) stays near white. Reinhard's extended curve compresses brighter light into the remaining range;
// 1000 cd/m2 becomes 1.
void to_srgb(std::span<const std::uint16_t> codes, ColorCode color, std::span<std::uint8_t> rgb);

}  // namespace hone
