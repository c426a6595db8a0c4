// The texts and dates inside EXIF, XMP and IPTC, as they are found in the wild. Pure functions, safe from any
// thread. Used by metadata.cpp and metadata_json.cpp only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hone {

struct CalendarTime {
    std::int64_t local_seconds = 0;     // of the calendar that was written, as if it were UTC
    std::optional<int> offset_minutes;  // east of UTC
};

// "2019:05:01 12:30:00" (EXIF), "2019-05-01T12:30:00.25+02:00" (XMP, ISO 8601), with the parts after the year
// missing from the right ("2019-05" is the first of May). Nothing for blanks, zeros and for days and times
// that do not exist; a 60th second is read as the 59th. Years 1 to 9999.
std::optional<CalendarTime> parse_calendar_time(std::string_view text);
// "+02:00", "-0930", "+02", "Z"; at most 14 hours.
std::optional<int> parse_offset(std::string_view text);
// Whether a camera may have been there: 1826 (the first photograph) to 2100, and not the zero of a clock that
// was never set (midnight of 1904-01-01 and 1970-01-01).
bool is_plausible(const CalendarTime& time);

// "2.8", "28/10", "+0.5"; nothing for what is no number, or a fraction of zero. Decimal point in any locale.
std::optional<double> parse_number(std::string_view text);

// What cameras of the 1990s wrote in the place of EXIF: lines "TimeDate=909698819" (seconds of the camera's
// clock since 1970), "Shutter=33363" (microseconds), "FNumber=F2.8" after "[picture info]".
struct PictureInfo {
    std::optional<CalendarTime> time;
    std::optional<double> exposure_seconds, aperture;
};
PictureInfo parse_picture_info(std::string_view head);

// Up to the first NUL, without blanks at the ends, as UTF-8: bytes that are no UTF-8 are read as Latin-1.
// Longer than `limit` bytes: cut before a character.
std::string clean_text(std::string_view bytes, std::size_t limit);
// UTF-16 without byte order mark; single surrogates become U+FFFD.
std::string utf8_from_utf16(std::span<const std::uint8_t> bytes, bool big_endian);
bool is_utf8(std::string_view text);

}  // namespace hone
