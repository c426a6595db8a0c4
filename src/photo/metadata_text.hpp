// SPDX-License-Identifier: GPL-3.0-or-later
// Parses the texts and dates of EXIF, XMP and IPTC, as they occur in real files. Pure functions, safe from
// any thread. For metadata.cpp and metadata_json.cpp only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hone {

struct CalendarTime {
    std::int64_t local_seconds = 0;     // of the calendar as written, as if it were UTC
    std::optional<int> offset_minutes;  // minutes east of UTC
};

// Accepts "2019:05:01 12:30:00" (EXIF) and "2019-05-01T12:30:00.25+02:00" (XMP, ISO 8601). Parts after the
// year may be missing from the right: "2019-05" is the first of May. Returns std::nullopt for blanks, zeros,
// and days and times that do not exist. A 60th second is read as the 59th. Years 1 to 9999.
std::optional<CalendarTime> parse_calendar_time(std::string_view text);
// "+02:00", "-0930", "+02", "Z"; at most 14 hours. Returns minutes east of UTC.
std::optional<int> parse_offset(std::string_view text);
// Returns true when a camera may have taken a photo at that time: 1826 (the first photograph) to 2100, and
// not the zero of a clock that was never set (midnight of 1904-01-01 and 1970-01-01).
bool is_plausible(const CalendarTime& time);

// "2.8", "28/10", "+0.5". Returns std::nullopt for other text and for a denominator of zero. The decimal
// point does not depend on the locale.
std::optional<double> parse_number(std::string_view text);

// The text block of cameras of the 1990s, before EXIF: lines "TimeDate=909698819" (seconds of the camera's
// clock since 1970), "Shutter=33363" (microseconds), "FNumber=F2.8" after "[picture info]".
struct PictureInfo {
    std::optional<CalendarTime> time;
    std::optional<double> exposure_seconds, aperture;
};
// head: the first bytes of the file.
PictureInfo parse_picture_info(std::string_view head);

// Returns the text up to the first NUL, trimmed, as UTF-8. Invalid UTF-8 is read as Latin-1. A text of more
// than `limit` bytes is cut before a character.
std::string clean_text(std::string_view bytes, std::size_t limit);
// Input without a byte order mark. Single surrogates become U+FFFD.
std::string utf8_from_utf16(std::span<const std::uint8_t> bytes, bool big_endian);
bool is_utf8(std::string_view text);

}  // namespace hone
