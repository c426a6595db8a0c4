// SPDX-License-Identifier: GPL-3.0-or-later
// A small hand-written parser for dates and times in file names.
#include "photo/file_name_date.hpp"

#include <array>
#include <chrono>
#include <string>

namespace hone {

namespace {

constexpr int kFirstYear = 1900, kLastYear = 2100;
// Thirteen digits with a leading 1: 2001-09-09 to 2033-05-18. Larger numbers are more likely article numbers.
constexpr std::int64_t kLastMilliseconds = 1'999'999'999'999;
// After these prefixes, thirteen digits are a time; after any other, just a number.
constexpr std::array<std::string_view, 11> kMillisecondNames = {
    "", "FB_IMG_", "FB_VID_", "FB_IMG", "mmexport", "IMG_", "IMG-", "IMG", "VID_", "image_", "photo_"};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Reads a name from left to right. A copy serves as a bookmark.
class Reader {
  public:
    Reader(std::string_view text, std::size_t at) : text_(text), at_(at) {}

    [[nodiscard]] std::size_t run() const {  // number of digits from here on
        std::size_t end = at_;
        while (end < text_.size() && is_digit(text_[end])) ++end;
        return end - at_;
    }
    // count <= run()
    int number(std::size_t count) {
        int value = 0;
        for (; count > 0; --count) value = value * 10 + (text_[at_++] - '0');
        return value;
    }
    bool skip(std::string_view expected) {
        if (!text_.substr(at_).starts_with(expected)) return false;
        at_ += expected.size();
        return true;
    }
    // Skips one of the characters and returns it, or '\0' when another one follows.
    char skip_one_of(std::string_view characters) {
        if (at_ >= text_.size() || characters.find(text_[at_]) == std::string_view::npos) return '\0';
        return text_[at_++];
    }
    [[nodiscard]] std::size_t at() const { return at_; }

  private:
    std::string_view text_;
    std::size_t at_;
};

std::optional<std::int64_t> day_seconds(int year, int month, int day) {
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (year < kFirstYear || year > kLastYear || !date.ok()) return std::nullopt;
    return std::chrono::sys_seconds(std::chrono::sys_days(date)).time_since_epoch().count();
}

std::optional<int> time_seconds(int hour, int minute, int second) {
    if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
    return hour * 3600 + minute * 60 + second;
}

// HHMMSS, followed by milliseconds (9 digits) or hundredths (8).
std::optional<int> packed_time(Reader& reader, std::size_t digits) {
    if (digits != 6 && digits != 8 && digits != 9) return std::nullopt;
    const int hour = reader.number(2), minute = reader.number(2), second = reader.number(2);
    return time_seconds(hour, minute, second);
}

// The time after a date: "_142530", " 14.25.30", "-14-25-30", " at 2.25.30 PM". Moves the reader past a valid
// time only.
std::optional<int> time_after_date(Reader& reader) {
    Reader ahead = reader;
    if (!ahead.skip(" at ") && !ahead.skip(", ") && ahead.skip_one_of("_- T.") == '\0') return std::nullopt;
    const std::size_t digits = ahead.run();
    if (digits > 2) {
        const auto time = packed_time(ahead, digits);
        if (time) reader = ahead;
        return time;
    }
    if (digits == 0) return std::nullopt;
    int hour = ahead.number(digits);
    const char separator = ahead.skip_one_of(".-_:");
    if (separator == '\0' || ahead.run() != 2) return std::nullopt;
    const int minute = ahead.number(2);
    if (ahead.skip_one_of(std::string_view(&separator, 1)) == '\0' || ahead.run() != 2) return std::nullopt;
    const int second = ahead.number(2);
    Reader half = ahead;
    // macOS writes a narrow no-break space (U+202F) before AM and PM.
    if (!half.skip("\xE2\x80\xAF")) half.skip(" ");
    const bool morning = half.skip("AM") || half.skip("am"),
               evening = !morning && (half.skip("PM") || half.skip("pm"));
    if (morning || evening) {
        if (hour < 1 || hour > 12) return std::nullopt;
        hour = hour % 12 + (evening ? 12 : 0);
        ahead = half;
    } else if (digits != 2) {
        return std::nullopt;
    }
    const auto time = time_seconds(hour, minute, second);
    if (time) reader = ahead;
    return time;
}

// A date that begins exactly at `start`, at the first digit of a run.
std::optional<NameDate> date_at(std::string_view name, std::size_t start) {
    Reader reader(name, start);
    const std::size_t digits = reader.run();
    if (digits == 8 || digits == 14 || digits == 17) {
        const int year = reader.number(4), month = reader.number(2), day = reader.number(2);
        const auto date = day_seconds(year, month, day);
        if (!date) return std::nullopt;
        const auto time = digits == 8 ? time_after_date(reader) : packed_time(reader, digits - 8);
        if (digits != 8 && !time) return std::nullopt;  // a number that only begins like a date
        return NameDate{*date + time.value_or(0), std::nullopt, time.has_value()};
    }
    if (digits != 4) return std::nullopt;
    const int year = reader.number(4);
    const char separator = reader.skip_one_of("-_.:");
    if (separator == '\0' || reader.run() != 2) return std::nullopt;
    const int month = reader.number(2);
    if (reader.skip_one_of(std::string_view(&separator, 1)) == '\0') return std::nullopt;
    if (reader.run() != 2) return std::nullopt;
    const int day = reader.number(2);
    const auto date = day_seconds(year, month, day);
    if (!date) return std::nullopt;
    const auto time = time_after_date(reader);
    return NameDate{*date + time.value_or(0), std::nullopt, time.has_value()};
}

// In 31-01-2024-12-05 the year belongs to the digits before it.
bool ends_another_date(std::string_view name, std::size_t start) {
    if (start < 6) return false;
    const std::string_view before = name.substr(start - 6, 6);
    return is_digit(before[0]) && is_digit(before[1]) && !is_digit(before[2]) && is_digit(before[3]) &&
           is_digit(before[4]) && before[5] == before[2];
}

std::optional<NameDate> milliseconds_at(std::string_view name, std::size_t start) {
    Reader reader(name, start);
    if (reader.run() != 13 || name[start] != '1') return std::nullopt;
    bool known = false;
    for (const std::string_view before : kMillisecondNames) known = known || name.substr(0, start) == before;
    if (!known) return std::nullopt;
    std::int64_t value = 0;
    for (int digit = 0; digit < 13; ++digit) value = value * 10 + reader.number(1);
    if (value > kLastMilliseconds) return std::nullopt;
    return NameDate{value / 1000, 0, true};
}

}  // namespace

std::optional<NameDate> date_from_name(std::string_view name) {
    std::optional<NameDate> day_only;
    for (std::size_t at = 0; at < name.size(); ++at) {
        if (!is_digit(name[at]) || (at > 0 && is_digit(name[at - 1]))) continue;
        if (ends_another_date(name, at)) continue;
        if (const auto time = milliseconds_at(name, at)) return time;
        auto date = date_at(name, at);
        if (!date) continue;
        if (date->has_time) {
            // Google's camera writes UTC, which the prefix reveals.
            if (name.substr(0, at) == "PXL_") date->offset_minutes = 0;
            return date;
        }
        if (!day_only) day_only = date;
    }
    return day_only;
}

}  // namespace hone
