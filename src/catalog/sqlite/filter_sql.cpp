// SPDX-License-Identifier: GPL-3.0-or-later
// Translates filter terms into SQL, with custom functions for text and distance.
#include "catalog/sqlite/filter_sql.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>

#include "base/sha256.hpp"

namespace hone {

namespace {

// Mean radius of the Earth (IUGG). The great circle differs from the ellipsoid's by at most 0.6 %.
constexpr double kEarthRadiusKm = 6371.0088;
constexpr double kRadians = std::numbers::pi / 180;
// "aperture:2.8" also matches 2.797, computed from an APEX value.
constexpr double kSameNumber = 0.005;
constexpr double kSquare = 1.02;  // sides within 2 % look square
constexpr double kPanorama = 2;   // long side / short side

// is_raw_name() of photo/format.hpp.
constexpr const char* kRawFormats = "('dng', 'cr2', 'cr3', 'nef', 'arw', 'raf', 'orf', 'rw2', 'raw')";

// Unicode NFKC_Casefold: ignores case, width and composition of letters, but not accents.
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

class Writer {
  public:
    Result<> write(const PhotoFilter& filter) {
        switch (filter.kind) {
            case PhotoFilter::Kind::kTerm:
                return write_term(filter.term);
            case PhotoFilter::Kind::kNot:
                condition.where += "NOT (";
                for (const PhotoFilter& part : filter.parts) HONE_CHECK(write(part));
                if (filter.parts.empty()) condition.where += "1";
                condition.where += ")";
                return {};
            case PhotoFilter::Kind::kAnd:
            case PhotoFilter::Kind::kOr:
                break;
        }
        const bool all = filter.kind == PhotoFilter::Kind::kAnd;
        if (filter.parts.empty()) {
            condition.where += all ? "1" : "0";
            return {};
        }
        condition.where += "(";
        for (std::size_t part = 0; part < filter.parts.size(); ++part) {
            if (part > 0) condition.where += all ? " AND " : " OR ";
            HONE_CHECK(write(filter.parts[part]));
        }
        condition.where += ")";
        return {};
    }

    SqlCondition condition;

  private:
    using Kind = FilterField;

    Result<> write_term(const FilterTerm& term) {
        if (term.field == Kind::kOnly) return write_only(term);
        std::string& where = condition.where;
        // Each field looks up one table. A missing row means "no match", never NULL.
        static constexpr const char* kMetadata = "photo.id IN (SELECT photo_id FROM metadata WHERE ";
        static constexpr const char* kFileCondition =
            "photo.id IN (SELECT photo_id FROM place WHERE state = 0 AND photo_id IS NOT NULL AND ";
        switch (term.field) {
            case Kind::kTaken:
            case Kind::kCamera:
            case Kind::kLens:
            case Kind::kNear:
            case Kind::kTitle:
            case Kind::kIso:
            case Kind::kAperture:
            case Kind::kFocal:
            case Kind::kExposure:
                where += kMetadata;
                break;
            case Kind::kFolder:
            case Kind::kName:
                where += kFileCondition;
                break;
            case Kind::kKeyword:
                where += "photo.id IN (SELECT photo_id FROM keyword WHERE ";
                break;
            default:
                where += "(";
                break;
        }
        where += "(";
        for (std::size_t value = 0; value < term.values.size(); ++value) {
            if (value > 0) where += " OR ";
            HONE_CHECK(write_value(term.field, term.values[value]));
        }
        if (term.values.empty()) where += "0";
        where += "))";
        return {};
    }

    Result<> write_value(FilterField field, const FilterValue& value) {
        if (const auto* const text = std::get_if<std::string>(&value)) return write_text(field, *text);
        if (const auto* const range = std::get_if<NumberRange>(&value)) return write_number(field, *range);
        if (const auto* const days = std::get_if<DayRange>(&value);
            days != nullptr && field == Kind::kTaken) {
            condition.where += "taken_at IS NOT NULL";
            if (days->from) add(" AND taken_at >= ?", *days->from);
            if (days->before) add(" AND taken_at < ?", *days->before);
            return {};
        }
        if (const auto* const circle = std::get_if<Circle>(&value); circle != nullptr && field == Kind::kNear)
            return write_circle(*circle);
        return wrong_kind();
    }

    Result<> write_number(FilterField field, const NumberRange& range) {
        const char* expression = nullptr;
        bool measured = false;  // a rounded real number
        switch (field) {
            case Kind::kRating:
                expression = "COALESCE((SELECT rating FROM metadata WHERE photo_id = photo.id), 0)";
                break;
            case Kind::kIso:
                expression = "iso";
                break;
            case Kind::kAperture:
                expression = "aperture";
                measured = true;
                break;
            case Kind::kFocal:
                expression = "focal";
                measured = true;
                break;
            case Kind::kExposure:
                expression = "exposure";
                measured = true;
                break;
            case Kind::kWidth:
                expression = "photo.width";
                break;
            case Kind::kHeight:
                expression = "photo.height";
                break;
            case Kind::kMegapixels:
                expression = "(photo.width * photo.height / 1e6)";
                measured = true;
                break;
            case Kind::kFaces:
                expression = "(SELECT count(*) FROM face WHERE photo_id = photo.id)";
                break;
            case Kind::kAge:
                return write_age(range);
            case Kind::kCopies:
                expression = "(SELECT count(*) FROM place WHERE photo_id = photo.id AND state = 0)";
                break;
            default:
                return wrong_kind();
        }
        double slack = 0;
        if (measured && range.least && range.least == range.most) slack = *range.least * kSameNumber;
        condition.where += fmt::format("({} IS NOT NULL", expression);
        if (range.least)
            add(fmt::format(" AND {} {} ?", expression, range.least_included ? ">=" : ">"),
                *range.least - slack);
        if (range.most)
            add(fmt::format(" AND {} {} ?", expression, range.most_included ? "<=" : "<"),
                *range.most + slack);
        condition.where += ")";
        return {};
    }

    Result<> write_text(FilterField field, const std::string& text) {
        switch (field) {
            case Kind::kWords:
                // FTS5: a quoted phrase is plain text; the star makes its last word a prefix.
                add("photo.id IN (SELECT rowid FROM words WHERE words MATCH ?)", quoted_phrase(text) + " *");
                return {};
            case Kind::kCamera:
                add("hone_contains(COALESCE(make, '') || ' ' || COALESCE(model, ''), ?)", folded(text));
                return {};
            case Kind::kLens:
                add("hone_contains(lens, ?)", folded(text));
                return {};
            case Kind::kTitle:
                add("hone_contains(title, ?)", folded(text));
                return {};
            case Kind::kKeyword:
                add("hone_matches(word, ?)", folded(text));
                return {};
            case Kind::kName:
                add("hone_name_matches(path, ?)",
                    text.find('*') == std::string::npos ? "*" + folded(text) + "*" : folded(text));
                return {};
            case Kind::kFolder:
                return write_folder(text);
            case Kind::kPeople:
                return write_person(text);
            case Kind::kFormat:
                if (text == "raw")
                    condition.where += fmt::format("photo.format IN {}", kRawFormats);
                else
                    add("photo.format = ?", text);
                return {};
            case Kind::kHas:
                return write_fixed(text, {{"gps", "latitude IS NOT NULL AND longitude IS NOT NULL"},
                                          {"title", "title <> ''"},
                                          {"rating", "rating <> 0"},
                                          // The file's modification time does not count as a date.
                                          {"date", "taken_at IS NOT NULL AND taken_source IS NOT 'modified'"},
                                          {"camera", "make <> '' OR model <> ''"}});
            case Kind::kOrientation:
                return write_orientation(text);
            case Kind::kIs:
                if (text == "raw") {
                    condition.where += fmt::format("photo.format IN {}", kRawFormats);
                    return {};
                }
                if (text == "unreachable") {
                    condition.where +=
                        "photo.id IN (SELECT photo_id FROM place WHERE state = 0 AND photo_id IS NOT NULL) "
                        "AND photo.id NOT IN (SELECT photo_id FROM place JOIN folder ON folder.id = "
                        "folder_id "
                        "WHERE state = 0 AND reachable <> 0 AND photo_id IS NOT NULL)";
                    return {};
                }
                return write_fixed(text, {{"motion", "motion <> 0"}});
            default:
                return wrong_kind();
        }
    }

    Result<> write_fixed(const std::string& text,
                         std::initializer_list<std::pair<std::string_view, const char*>> meanings) {
        if (text == "keyword") {
            condition.where += "photo.id IN (SELECT photo_id FROM keyword)";
            return {};
        }
        for (const auto& [name, meaning] : meanings) {
            if (text != name) continue;
            condition.where += fmt::format("photo.id IN (SELECT photo_id FROM metadata WHERE {})", meaning);
            return {};
        }
        return wrong_kind();
    }

    Result<> write_orientation(const std::string& text) {
        const auto sides = [&](const char* meaning, double ratio) {
            add(fmt::format(fmt::runtime(meaning), "?"), ratio);
            return Result<>{};
        };
        if (text == "landscape") return sides("photo.width > {} * photo.height", kSquare);
        if (text == "portrait") return sides("photo.height > {} * photo.width", kSquare);
        const char* const longer = "max(photo.width, photo.height)";
        const char* const shorter = "min(photo.width, photo.height)";
        if (text == "square") {
            add(fmt::format("{} <= ? * {}", longer, shorter), kSquare);
            return {};
        }
        if (text == "panorama") {
            add(fmt::format("{} >= ? * {}", longer, shorter), kPanorama);
            return {};
        }
        return wrong_kind();
    }

    Result<> write_folder(const std::string& text) {
        std::string wanted = folded(text);
        const bool from_root = wanted.starts_with('/');
        while (wanted.ends_with('/')) wanted.pop_back();
        if (!from_root) wanted.insert(wanted.begin(), '/');
        add("hone_in_folder(path, ?", wanted + "/");
        add(", ?)", std::int64_t{from_root ? 1 : 0});
        return {};
    }

    // First a box around the circle, which an index can answer; then the exact distance.
    Result<> write_circle(const Circle& circle) {
        const double angle = circle.radius_km / kEarthRadiusKm;
        const double south = circle.latitude - angle / kRadians, north = circle.latitude + angle / kRadians;
        add("(latitude >= ?", south - kBoxSlack);
        add(" AND latitude <= ?", north + kBoxSlack);
        // A circle over a pole contains every longitude.
        if (south > -90 && north < 90) {
            // The widest longitude of a circle on a sphere: sin(angle) / cos(latitude).
            const double wide =
                std::asin(std::min(1.0, std::sin(angle) / std::cos(circle.latitude * kRadians))) / kRadians +
                kBoxSlack;
            const double west = circle.longitude - wide, east = circle.longitude + wide;
            if (west < -180) {
                add(" AND (longitude >= ?", west + 360);
                add(" OR longitude <= ?)", east);
            } else if (east > 180) {
                add(" AND (longitude >= ?", west);
                add(" OR longitude <= ?)", east - 360);
            } else {
                add(" AND longitude >= ?", west);
                add(" AND longitude <= ?", east);
            }
        } else {
            condition.where += " AND longitude IS NOT NULL";
        }
        add(" AND hone_distance_km(latitude, longitude, ?", circle.latitude);
        add(", ?)", circle.longitude);
        add(" <= ?)", circle.radius_km);
        return {};
    }

    static constexpr const char* kPersonThere =
        "photo.id IN (SELECT face.photo_id FROM face JOIN person ON person.id = face.person_id WHERE "
        "hone_matches(person.name, ?))";

    // "#12": the person with that number, named or not.
    Result<> write_person(const std::string& text) {
        std::int64_t number = 0;
        const char* const end = text.data() + text.size();
        if (text.starts_with('#') &&
            std::from_chars(text.data() + 1, end, number) == std::from_chars_result{end, {}})
            add("photo.id IN (SELECT photo_id FROM face WHERE person_id = ?)", number);
        else
            add(std::string(kPersonThere), folded(text));
        return {};
    }

    // All of these people, and no other person with a detected face.
    Result<> write_only(const FilterTerm& term) {
        condition.where += "(";
        for (const FilterValue& value : term.values) {
            const auto* const name = std::get_if<std::string>(&value);
            if (name == nullptr) return wrong_kind();
            add(std::string(kPersonThere) + " AND ", folded(*name));
        }
        condition.where +=
            "NOT EXISTS (SELECT 1 FROM face LEFT JOIN person ON person.id = face.person_id WHERE "
            "face.photo_id "
            "= photo.id AND NOT (0";
        for (const FilterValue& value : term.values)
            add(" OR hone_matches(ifnull(person.name, ''), ?)", folded(std::get<std::string>(value)));
        condition.where += ")))";
        return {};
    }

    // The displayed age range of a face overlaps the filter's range.
    Result<> write_age(const NumberRange& range) {
        condition.where += "photo.id IN (SELECT photo_id FROM face WHERE age_high IS NOT NULL";
        if (range.least) add(range.least_included ? " AND age_high >= ?" : " AND age_high > ?", *range.least);
        if (range.most) add(range.most_included ? " AND age_low <= ?" : " AND age_low < ?", *range.most);
        condition.where += ")";
        return {};
    }

    static std::string quoted_phrase(const std::string& text) {
        std::string phrase = "\"";
        for (const char c : text) {
            if (c == '\0') continue;
            if (c == '"') phrase += '"';
            phrase += c;
        }
        return phrase + "\"";
    }

    static Result<> wrong_kind() {
        return fail(ErrorKind::kUsage, "the filter holds a value that its field cannot have");
    }

    template <typename Parameter>
    void add(const std::string& sql, Parameter parameter) {
        condition.where += sql;
        condition.parameters.emplace_back(std::move(parameter));
    }

    static constexpr double kBoxSlack = 1e-6;  // degrees, 0.1 m: rounding must not cut the circle
};

}  // namespace

Result<SqlCondition> to_sql(const PhotoFilter& filter) {
    Writer writer;
    HONE_CHECK(writer.write(filter));
    return std::move(writer.condition);
}

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
