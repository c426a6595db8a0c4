// SPDX-License-Identifier: GPL-3.0-or-later
// Translates filter terms into SQL.
#include "catalog/sqlite/filter_sql.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "catalog/sqlite/filter_functions.hpp"

namespace hone {

namespace {

// "aperture:2.8" also matches 2.797, computed from an APEX value.
constexpr double kSameNumber = 0.005;
constexpr double kSquare = 1.02;  // sides within 2 % look square
constexpr double kPanorama = 2;   // long side / short side

// is_raw_name() of photo/format.hpp.
constexpr const char* kRawFormats = "('dng', 'cr2', 'cr3', 'nef', 'arw', 'raf', 'orf', 'rw2', 'raw')";

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

}  // namespace hone
