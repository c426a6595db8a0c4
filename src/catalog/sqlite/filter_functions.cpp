// SPDX-License-Identifier: GPL-3.0-or-later
// Implements the SQL functions.
#include "catalog/sqlite/filter_functions.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <cmath>

#include "base/sha256.hpp"

namespace hone {

std::string folded(std::string_view utf8) {
    // Most names are ASCII, where only capitals change.
    if (std::ranges::none_of(utf8, [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
        std::string lower(utf8);
        for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
        return lower;
    }
    UErrorCode error = U_ZERO_ERROR;
    const icu::Normalizer2* const rule = icu::Normalizer2::getNFKCCasefoldInstance(error);
    const auto text = icu::UnicodeString::fromUTF8({utf8.data(), static_cast<std::int32_t>(utf8.size())});
    std::string out;
    if (U_FAILURE(error)) return std::string(utf8);
    rule->normalize(text, error).toUTF8String(out);
    return U_FAILURE(error) ? std::string(utf8) : out;
}

namespace {

// * matches any number of characters, including none.
bool matches_pattern(std::string_view text, std::string_view pattern) {
    std::size_t at = 0, in_pattern = 0, star = std::string_view::npos, retry = 0;
    while (at < text.size()) {
        if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
            star = in_pattern++;
            retry = at;
        } else if (in_pattern < pattern.size() && pattern[in_pattern] == text[at]) {
            ++in_pattern, ++at;
        } else if (star != std::string_view::npos) {
            in_pattern = star + 1;
            at = ++retry;
        } else {
            return false;
        }
    }
    while (in_pattern < pattern.size() && pattern[in_pattern] == '*') ++in_pattern;
    return in_pattern == pattern.size();
}

std::string_view argument(sqlite3_value* value) {
    const auto* const data = static_cast<const char*>(sqlite3_value_blob(value));
    return data == nullptr ? std::string_view()
                           : std::string_view(data, static_cast<std::size_t>(sqlite3_value_bytes(value)));
}

// hone_fold(text)
void sql_fold(sqlite3_context* context, int, sqlite3_value** values) {
    const std::string text = folded(argument(values[0]));
    sqlite3_result_text(context, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}
// hone_contains(text, folded part)
void sql_contains(sqlite3_context* context, int, sqlite3_value** values) {
    sqlite3_result_int(context,
                       folded(argument(values[0])).find(argument(values[1])) != std::string::npos ? 1 : 0);
}
// hone_matches(text, folded pattern)
void sql_matches(sqlite3_context* context, int, sqlite3_value** values) {
    sqlite3_result_int(context, matches_pattern(folded(argument(values[0])), argument(values[1])) ? 1 : 0);
}
// hone_bytes(hexadecimal SHA-256): NULL for other texts
void sql_bytes(sqlite3_context* context, int, sqlite3_value** values) {
    if (const auto hash = sha256_from_hex(argument(values[0])))
        sqlite3_result_blob(context, hash->data(), static_cast<int>(hash->size()), SQLITE_TRANSIENT);
    else
        sqlite3_result_null(context);
}
// hone_name_matches(path, folded pattern)
void sql_name_matches(sqlite3_context* context, int, sqlite3_value** values) {
    std::string_view path = argument(values[0]);
    path.remove_prefix(path.rfind('/') + 1);  // npos + 1 is 0
    sqlite3_result_int(context, matches_pattern(folded(path), argument(values[1])) ? 1 : 0);
}
// hone_in_folder(path, folded "/a/b/", from_root): matches whole folder names of the path, without the file
// name.
void sql_in_folder(sqlite3_context* context, int, sqlite3_value** values) {
    const std::string_view path = argument(values[0]), wanted = argument(values[1]);
    const std::size_t slash = path.rfind('/');
    const std::string folders =
        folded(slash == std::string_view::npos ? std::string_view("/") : path.substr(0, slash + 1));
    const bool from_root = sqlite3_value_int(values[2]) != 0;
    const bool inside = from_root ? folders.starts_with(wanted) : folders.find(wanted) != std::string::npos;
    sqlite3_result_int(context, inside ? 1 : 0);
}
// hone_distance_km(latitude, longitude, latitude, longitude), by the haversine formula (R. W. Sinnott, 1984).
void sql_distance(sqlite3_context* context, int, sqlite3_value** values) {
    const double from = sqlite3_value_double(values[0]) * kRadians,
                 to = sqlite3_value_double(values[2]) * kRadians,
                 east = (sqlite3_value_double(values[3]) - sqlite3_value_double(values[1])) * kRadians;
    const double half = std::pow(std::sin((to - from) / 2), 2) +
                        std::cos(from) * std::cos(to) * std::pow(std::sin(east / 2), 2);
    sqlite3_result_double(context, 2 * kEarthRadiusKm * std::asin(std::sqrt(std::min(1.0, half))));
}

}  // namespace

void register_filter_functions(SQLite::Database& database) {
    const auto add = [&](const char* name, int arguments, auto function) {
        database.createFunction(name, arguments, true, nullptr, function, nullptr, nullptr, nullptr);
    };
    add("hone_fold", 1, &sql_fold);
    add("hone_contains", 2, &sql_contains);
    add("hone_matches", 2, &sql_matches);
    add("hone_name_matches", 2, &sql_name_matches);
    add("hone_in_folder", 3, &sql_in_folder);
    add("hone_distance_km", 4, &sql_distance);
    add("hone_bytes", 1, &sql_bytes);
}

}  // namespace hone
