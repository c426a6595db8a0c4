// High dynamic range and wide colours of HEIF and AVIF files that say so by numbers (nclx) and not by an ICC
// profile: plainly mapped to sRGB.
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

// Of a HEIF or AVIF file; nothing when it has none, or an ICC profile instead.
std::optional<ColorCode> heif_color_code(std::span<const std::uint8_t> bytes);

// codes: 3 numbers a pixel, 0..65535 = the code range; rgb: 8-bit sRGB, same length. PQ: SMPTE ST 2084; HLG:
// ITU-R BT.2100 with a peak of 1000 cd/m2. Diffuse white (203 cd/m2, ITU-R BT.2408) stays near white; what is
// brighter is pressed into the rest by Reinhard's extended curve, 1000 cd/m2 becomes 1.
void to_srgb(std::span<const std::uint16_t> codes, ColorCode color, std::span<std::uint8_t> rgb);

}  // namespace hone
