// SPDX-License-Identifier: GPL-3.0-or-later
// Hand-written parsers for the texts, dates and numbers in metadata.
#include "photo/metadata_text.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>

namespace hone {

namespace {

constexpr int kLongestOffset = 14 * 60;  // minutes; Kiribati

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::string_view trimmed(std::string_view text) {
    const auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

// Takes exactly `count` digits off the front.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
    if (text.size() < count) return std::nullopt;
    int value = 0;
    for (std::size_t at = 0; at < count; ++at) {
        if (!is_digit(text[at])) return std::nullopt;
        value = value * 10 + (text[at] - '0');
    }
    text.remove_prefix(count);
    return value;
}

bool take_one_of(std::string_view& text, std::string_view characters) {
    if (text.empty() || characters.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

std::int64_t to_seconds(std::chrono::year_month_day day) {
    return std::chrono::sys_seconds(std::chrono::sys_days(day)).time_since_epoch().count();
}

void append_utf8(std::string& out, char32_t c) {
    const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0 | c >> 6);
        put(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        put(0xE0 | c >> 12);
        put(0x80 | (c >> 6 & 0x3F));
        put(0x80 | (c & 0x3F));
    } else {
        put(0xF0 | c >> 18);
        put(0x80 | (c >> 12 & 0x3F));
        put(0x80 | (c >> 6 & 0x3F));
        put(0x80 | (c & 0x3F));
    }
}

}  // namespace

std::optional<int> parse_offset(std::string_view text) {
    text = trimmed(text);
    if (text == "Z" || text == "z") return 0;
    if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
    const int sign = text.front() == '-' ? -1 : 1;
    text.remove_prefix(1);
    const auto hours = take_digits(text, 2);
    if (!hours) return std::nullopt;
    take_one_of(text, ":");
    const auto minutes = text.empty() ? std::optional<int>(0) : take_digits(text, 2);
    if (!minutes || !text.empty() || *minutes > 59) return std::nullopt;
    const int offset = sign * (*hours * 60 + *minutes);
    if (std::abs(offset) > kLongestOffset) return std::nullopt;
    return offset;
}

std::optional<CalendarTime> parse_calendar_time(std::string_view text) {
    text = trimmed(text.substr(0, text.find('\0')));
    constexpr std::string_view kDateSeparators = ":-/.";
    const auto year = take_digits(text, 4);
    if (!year) return std::nullopt;
    int month = 1, day = 1;
    if (!text.empty()) {
        if (!take_one_of(text, kDateSeparators)) return std::nullopt;
        const auto read_month = take_digits(text, 2);
        if (!read_month) return std::nullopt;
        month = *read_month;
        if (!text.empty()) {
            if (!take_one_of(text, kDateSeparators)) return std::nullopt;
            const auto read_day = take_digits(text, 2);
            if (!read_day) return std::nullopt;
            day = *read_day;
        }
    }
    const std::chrono::year_month_day date{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok() || *year == 0) return std::nullopt;
    CalendarTime time{to_seconds(date), std::nullopt};
    if (text.empty()) return time;
    if (!take_one_of(text, " T")) return std::nullopt;
    text = trimmed(text);
    if (text.empty()) return time;
    const auto hour = take_digits(text, 2);
    if (!hour || !take_one_of(text, ":")) return std::nullopt;
    const auto minute = take_digits(text, 2);
    if (!minute) return std::nullopt;
    std::optional<int> second = 0;
    if (take_one_of(text, ":")) second = take_digits(text, 2);
    if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    if (take_one_of(text, ".,")) {
        while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
    }
    time.local_seconds += *hour * 3600 + *minute * 60 + std::min(*second, 59);
    // An offset or a maker's own remark follows; the time is valid either way.
    time.offset_minutes = parse_offset(text);
    return time;
}

bool is_plausible(const CalendarTime& time) {
    using std::chrono::January, std::chrono::year;
    static const std::int64_t first = to_seconds(year(1826) / January / 1),
                              last = to_seconds(year(2101) / January / 1),
                              mac_zero = to_seconds(year(1904) / January / 1);
    return time.local_seconds >= first && time.local_seconds < last && time.local_seconds != mac_zero &&
           time.local_seconds != 0;
}

std::optional<double> parse_number(std::string_view text) {
    const auto whole = [](std::string_view part) -> std::optional<double> {
        part = trimmed(part);
        if (part.starts_with('+')) part.remove_prefix(1);
        double value = 0;
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
        if (error != std::errc() || end != part.data() + part.size() || !std::isfinite(value))
            return std::nullopt;
        return value;
    };
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return whole(text);
    const auto above = whole(text.substr(0, slash)), below = whole(text.substr(slash + 1));
    if (!above || !below || *below == 0) return std::nullopt;
    const double value = *above / *below;
    return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

// RFC 3629: no overlong forms, no surrogates, at most U+10FFFF.
bool is_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const auto lead = static_cast<unsigned char>(text[at]);
        const std::size_t length = lead < 0x80                    ? 1
                                   : lead >= 0xC2 && lead <= 0xDF ? 2
                                   : lead >= 0xE0 && lead <= 0xEF ? 3
                                   : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                                  : 0;
        if (length == 0 || at + length > text.size()) return false;
        for (std::size_t more = 1; more < length; ++more) {
            if ((static_cast<unsigned char>(text[at + more]) & 0xC0) != 0x80) return false;
        }
        const auto second = length > 1 ? static_cast<unsigned char>(text[at + 1]) : 0x80;
        if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
            (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F))
            return false;
        at += length;
    }
    return true;
}

PictureInfo parse_picture_info(std::string_view head) {
    constexpr std::string_view kTitle = "[picture info]";
    PictureInfo info;
    const std::size_t title = head.find(kTitle);
    if (title == std::string_view::npos) return info;
    head.remove_prefix(title + kTitle.size());
    head = head.substr(0, head.find('['));
    while (!head.empty()) {
        const std::size_t end = std::min(head.find_first_of("\r\n"), head.size());
        const std::string_view line = head.substr(0, end);
        head.remove_prefix(std::min(end + 1, head.size()));
        const std::size_t equals = std::min(line.find('='), line.size());
        const std::string_view name = line.substr(0, equals);
        std::string_view value = line.substr(std::min(equals + 1, line.size()));
        if (value.starts_with('F')) value.remove_prefix(1);
        const auto number = parse_number(value);
        if (!number || !(*number > 0)) continue;
        if (name == "TimeDate" && *number < 4e9)
            info.time = {static_cast<std::int64_t>(*number), std::nullopt};
        else if (name == "Shutter" && *number < 1e9)
            info.exposure_seconds = *number / 1e6;
        else if (name == "FNumber" && *number < 1000)
            info.aperture = *number;
    }
    return info;
}

std::string clean_text(std::string_view bytes, std::size_t limit) {
    bytes = trimmed(bytes.substr(0, bytes.find('\0')));
    std::string text;
    // Truncate first, because the length may be the attack; do not split a character.
    if (bytes.size() > limit) {
        std::size_t end = limit;
        while (end > 0 && end + 3 > limit && (static_cast<unsigned char>(bytes[end]) & 0xC0) == 0x80) --end;
        bytes = bytes.substr(0, end);
    }
    if (is_utf8(bytes)) {
        text = bytes;
    } else {
        for (const char c : bytes) append_utf8(text, static_cast<unsigned char>(c));
    }
    return std::string(trimmed(text));
}

std::string utf8_from_utf16(std::span<const std::uint8_t> bytes, bool big_endian) {
    std::string out;
    const auto unit = [&](std::size_t at) -> char32_t {
        return big_endian ? static_cast<char32_t>(bytes[at] << 8 | bytes[at + 1])
                          : static_cast<char32_t>(bytes[at + 1] << 8 | bytes[at]);
    };
    for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
        char32_t c = unit(at);
        if (c >= 0xD800 && c < 0xDC00 && at + 3 < bytes.size()) {
            const char32_t low = unit(at + 2);
            if (low >= 0xDC00 && low < 0xE000) {
                c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
                at += 2;
            }
        }
        if (c >= 0xD800 && c < 0xE000) c = 0xFFFD;
        append_utf8(out, c);
    }
    return out;
}

}  // namespace hone
