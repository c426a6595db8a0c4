// SPDX-License-Identifier: GPL-3.0-or-later
// Detects the format of an image file by its first bytes; the name never decides. Pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace hone {

enum class Format {
    kNone,
    kJpeg,
    kPng,
    kWebp,
    kGif,
    kTiff,
    kBmp,
    kHeif,
    kAvif,
    kJxl,
    kJpeg2000,
    kSvg,
    // Camera raw: sensor data, with a preview inside.
    kDng,
    kCr2,
    kCr3,
    kNef,
    kArw,
    kRaf,
    kOrf,
    kRw2,
    kOtherRaw,
};

inline constexpr std::size_t kFormatBytes = 1024;  // the most bytes that detect_format() needs

// head: the first kFormatBytes bytes of the file, or all of a shorter one. Returns kNone when it is not an
// image. Raw formats inside a TIFF container come out as kTiff; detect_raw() distinguishes them.
Format detect_format(std::span<const std::uint8_t> head);
// bytes: a file that detect_format() calls kTiff. Returns the raw format when its directories declare sensor
// data, else kTiff. Reads at most 16 directories, and never outside `bytes`.
Format detect_raw(std::span<const std::uint8_t> bytes);
std::string_view format_name(Format format);  // "jpeg"; "" for kNone
bool is_raw(Format format);
// Returns true for a format_name() of a camera raw format.
inline bool is_raw_name(std::string_view name) {
    return name == "dng" || name == "cr2" || name == "cr3" || name == "nef" || name == "arw" ||
           name == "raf" || name == "orf" || name == "rw2" || name == "raw";
}

// Names the kind of a file that is not an image, for the counts of the summary: "video", "text", "empty file"
// ...
std::string_view kind_of_other(std::span<const std::uint8_t> head);

}  // namespace hone
