// SPDX-License-Identifier: GPL-3.0-or-later
// The JSON form of PhotoMetadata. The decoder process sends it and the catalogue stores it.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "photo/metadata.hpp"
#include "photo/metadata_text.hpp"

namespace hone {

namespace {

constexpr TakenSource kSources[] = {TakenSource::kExif, TakenSource::kGps,  TakenSource::kXmp,
                                    TakenSource::kIptc, TakenSource::kName, TakenSource::kModified};

// Reads fields of an object. A missing field leaves the value unchanged.
class FieldReader {
  public:
    explicit FieldReader(const nlohmann::json& object) : object_(object) {}

    Result<> text(const char* name, std::string& into) const {
        const auto field = object_.find(name);
        if (field == object_.end()) return {};
        if (!field->is_string()) return fail("metadata: {} must be a text", name);
        into = field->get<std::string>();
        return {};
    }
    template <typename Into>
    Result<> number(const char* name, Into& into, double lowest, double highest) const {
        const auto field = object_.find(name);
        if (field == object_.end()) return {};
        if (!field->is_number()) return fail("metadata: {} must be a number", name);
        const auto value = field->get<double>();
        if (!(value >= lowest && value <= highest))
            return fail("metadata: {} must be between {} and {}", name, lowest, highest);
        into = value;
        return {};
    }
    template <typename Into>
    Result<> integer(const char* name, Into& into, std::int64_t lowest, std::int64_t highest) const {
        const auto field = object_.find(name);
        if (field == object_.end()) return {};
        // An unsigned number above int64's maximum must not wrap into the valid range.
        if (!field->is_number_integer() ||
            (field->is_number_unsigned() &&
             field->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)))
            return fail("metadata: {} must be a whole number", name);
        const auto value = field->get<std::int64_t>();
        if (value < lowest || value > highest)
            return fail("metadata: {} must be between {} and {}", name, lowest, highest);
        into = static_cast<int>(value);
        return {};
    }
    Result<> truth(const char* name, bool& into) const {
        const auto field = object_.find(name);
        if (field == object_.end()) return {};
        if (!field->is_boolean()) return fail("metadata: {} must be true or false", name);
        into = field->get<bool>();
        return {};
    }

  private:
    const nlohmann::json& object_;
};

Result<Region> parse_region(const nlohmann::json& document) {
    if (!document.is_object()) return fail("metadata: each of regions must be an object");
    const FieldReader fields(document);
    Region region;
    HONE_CHECK(fields.text("name", region.name));
    HONE_CHECK(fields.text("type", region.type));
    HONE_CHECK(fields.number("x", region.x, 0, 1));
    HONE_CHECK(fields.number("y", region.y, 0, 1));
    HONE_CHECK(fields.number("width", region.width, 0, 1));
    HONE_CHECK(fields.number("height", region.height, 0, 1));
    return region;
}

Result<std::optional<TakenAt>> parse_taken(const FieldReader& fields) {
    std::string at, from;
    HONE_CHECK(fields.text("taken_at", at));
    HONE_CHECK(fields.text("taken_from", from));
    if (at.empty() && from.empty()) return std::nullopt;
    const auto time = parse_calendar_time(at);
    if (!time || at.size() < std::string_view("2019-05-01T12:30:00").size())
        return fail("metadata: taken_at must look like 2019-05-01T12:30:00+02:00");
    for (const TakenSource source : kSources) {
        if (taken_source_name(source) == from)
            return TakenAt{time->local_seconds, time->offset_minutes, source};
    }
    return fail("metadata: taken_from must be one of exif, gps, xmp, iptc, name, modified");
}

}  // namespace

std::string_view taken_source_name(TakenSource source) {
    switch (source) {
        case TakenSource::kExif:
            return "exif";
        case TakenSource::kGps:
            return "gps";
        case TakenSource::kXmp:
            return "xmp";
        case TakenSource::kIptc:
            return "iptc";
        case TakenSource::kName:
            return "name";
        case TakenSource::kModified:
            return "modified";
    }
    return "";
}

std::string iso8601_local(const TakenAt& taken) {
    const std::chrono::sys_seconds at{std::chrono::seconds(taken.local_seconds)};
    const auto midnight = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date(midnight);
    const std::chrono::hh_mm_ss time(at - midnight);
    std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                   static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                   time.hours().count(), time.minutes().count(), time.seconds().count());
    if (taken.offset_minutes) {
        const int minutes = std::abs(*taken.offset_minutes);
        text +=
            fmt::format("{}{:02}:{:02}", *taken.offset_minutes < 0 ? '-' : '+', minutes / 60, minutes % 60);
    }
    return text;
}

nlohmann::json to_json(const PhotoMetadata& metadata) {
    nlohmann::json document = nlohmann::json::object();
    const auto put_text = [&](const char* name, const std::string& text) {
        if (!text.empty()) document[name] = text;
    };
    const auto put = [&](const char* name, const auto& value) {
        if (value) document[name] = *value;
    };
    put_text("make", metadata.make);
    put_text("model", metadata.model);
    put_text("lens", metadata.lens);
    put("exposure_seconds", metadata.exposure_seconds);
    put("aperture", metadata.aperture);
    put("focal_length_mm", metadata.focal_length_mm);
    put("iso", metadata.iso);
    put("orientation", metadata.orientation);
    if (metadata.taken) {
        document["taken_at"] = iso8601_local(*metadata.taken);
        document["taken_from"] = taken_source_name(metadata.taken->source);
    }
    put("latitude", metadata.latitude);
    put("longitude", metadata.longitude);
    put("altitude_m", metadata.altitude_m);
    put("rating", metadata.rating);
    put_text("title", metadata.title);
    put_text("description", metadata.description);
    if (!metadata.keywords.empty()) document["keywords"] = metadata.keywords;
    for (const Region& region : metadata.regions) {
        nlohmann::json face = {
            {"x", region.x}, {"y", region.y}, {"width", region.width}, {"height", region.height}};
        if (!region.name.empty()) face["name"] = region.name;
        if (!region.type.empty()) face["type"] = region.type;
        document["regions"].push_back(std::move(face));
    }
    if (metadata.motion) document["motion"] = true;
    if (metadata.width > 0 && metadata.height > 0) {
        document["width"] = metadata.width;
        document["height"] = metadata.height;
    }
    return document;
}

Result<PhotoMetadata> parse_metadata(const nlohmann::json& document) {
    if (!document.is_object()) return fail("metadata: not a JSON object");
    constexpr double kAny = 1e12;
    const FieldReader fields(document);
    PhotoMetadata metadata;
    HONE_CHECK(fields.text("make", metadata.make));
    HONE_CHECK(fields.text("model", metadata.model));
    HONE_CHECK(fields.text("lens", metadata.lens));
    HONE_CHECK(fields.number("exposure_seconds", metadata.exposure_seconds, 0, kAny));
    HONE_CHECK(fields.number("aperture", metadata.aperture, 0, kAny));
    HONE_CHECK(fields.number("focal_length_mm", metadata.focal_length_mm, 0, kAny));
    HONE_CHECK(fields.integer("iso", metadata.iso, 1, INT32_MAX));
    HONE_CHECK(fields.integer("orientation", metadata.orientation, 1, 8));
    HONE_TRY(metadata.taken, parse_taken(fields));
    HONE_CHECK(fields.number("latitude", metadata.latitude, -90, 90));
    HONE_CHECK(fields.number("longitude", metadata.longitude, -180, 180));
    if (metadata.latitude.has_value() != metadata.longitude.has_value())
        return fail("metadata: latitude and longitude must be given together");
    HONE_CHECK(fields.number("altitude_m", metadata.altitude_m, -kAny, kAny));
    HONE_CHECK(fields.integer("rating", metadata.rating, -1, 5));
    HONE_CHECK(fields.text("title", metadata.title));
    HONE_CHECK(fields.text("description", metadata.description));
    if (const auto keywords = document.find("keywords"); keywords != document.end()) {
        if (!keywords->is_array()) return fail("metadata: keywords must be a list of texts");
        for (const auto& keyword : *keywords) {
            if (!keyword.is_string()) return fail("metadata: keywords must be a list of texts");
            metadata.keywords.push_back(keyword.get<std::string>());
        }
    }
    if (const auto regions = document.find("regions"); regions != document.end()) {
        if (!regions->is_array()) return fail("metadata: regions must be a list");
        for (const auto& entry : *regions) {
            HONE_TRY(Region region, parse_region(entry));
            metadata.regions.push_back(std::move(region));
        }
    }
    HONE_CHECK(fields.truth("motion", metadata.motion));
    HONE_CHECK(fields.integer("width", metadata.width, 0, INT32_MAX));
    HONE_CHECK(fields.integer("height", metadata.height, 0, INT32_MAX));
    return metadata;
}

}  // namespace hone
