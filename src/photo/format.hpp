// Which picture format a file holds, by its first bytes; the name never decides.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace hone {

enum class Format { kNone, kJpeg, kPng, kWebp, kGif, kTiff, kBmp, kHeif, kAvif, kJxl, kJpeg2000 };

inline constexpr std::size_t kFormatBytes = 64;  // detect_format needs at most these many

Format detect_format(std::span<const std::uint8_t> head);
std::string_view format_name(Format format);  // "jpeg"; "" for kNone

}  // namespace hone
