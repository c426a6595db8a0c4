// Which picture format a file holds, by its first bytes; the name never decides.
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
    // Camera raw: what the sensor saw, with a preview inside.
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

inline constexpr std::size_t kFormatBytes = 1024;  // detect_format needs at most these many

// By the first bytes. Raw formats that are TIFF inside are told apart by detect_raw().
Format detect_format(std::span<const std::uint8_t> head);
// For a file that detect_format() calls kTiff: the raw format when its directories say that it holds sensor
// data, else kTiff. Reads at most 16 directories, never outside of bytes.
Format detect_raw(std::span<const std::uint8_t> bytes);
std::string_view format_name(Format format);  // "jpeg"; "" for kNone
bool is_raw(Format format);
inline bool is_raw_name(std::string_view name) {
    return name == "dng" || name == "cr2" || name == "cr3" || name == "nef" || name == "arw" ||
           name == "raf" || name == "orf" || name == "rw2" || name == "raw";
}

// What a file that is no picture is, for the summary's counts: "video", "text", "empty file" ...
std::string_view kind_of_other(std::span<const std::uint8_t> head);

}  // namespace hone
