// SPDX-License-Identifier: GPL-3.0-or-later
// The table of viewers' fields, and how they are picked from a document.
#include "wire/viewer_fields.hpp"

#include <nlohmann/json.hpp>
#include <optional>

namespace hone {

using nlohmann::json;

namespace {

Fields join(Fields first, const Fields& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

std::map<std::string, Fields, std::less<>> make_table() {
    const Fields photo{"id", "width", "height", "color", "copies", "reachable", "taken_at"};
    const Fields region{"name", "type", "x", "y", "width", "height"};
    const Fields metadata{"make",
                          "model",
                          "lens",
                          "exposure_seconds",
                          "aperture",
                          "iso",
                          "orientation",
                          "taken_at",
                          "focal_length_mm",
                          "taken_from",
                          "latitude",
                          "longitude",
                          "rating",
                          "altitude_m",
                          "title",
                          "description",
                          "keywords",
                          {"regions", region},
                          "motion",
                          "width",
                          "height"};
    const Fields details = join(photo, {{"metadata", metadata},
                                        "taken_from",
                                        "raw",
                                        "shown_as",
                                        "bytes",
                                        "format",
                                        "added_at",
                                        {"analyses", {"analyzer", "version", "model", "at"}}});

    const Fields query{"text",
                       "like",
                       "unlike",
                       "seen",
                       "from",
                       "filter",
                       "facts",
                       Field::numbers("weights"),
                       "show",
                       Field::numbers("facets"),
                       {"rounds", {"shown", "like"}},
                       "style_terms",
                       "collapse",
                       "diverse",
                       "method",
                       "limit",
                       "offset"};
    const Fields result = join(photo, {"score",
                                       "probability",
                                       "text_rank",
                                       "explores",
                                       "grouped",
                                       {"group", photo},
                                       {"reasons", {"facet", "weight", "from"}}});
    const Fields page{{"query", query},
                      "total",
                      "end",
                      "likely",
                      "possible",
                      "nothing_fits",
                      "text_wins",
                      "explores",
                      "calibration",
                      {"facets", {"facet", "available", "why", "auc", "boost", "weight"}},
                      {"style_terms", {"word", "used"}},
                      "took_ms",
                      "method",
                      "model",
                      {"histogram", {"from", "to", "counts"}},
                      {"cuts", {"likely", "possible"}},
                      {"results", result}};
    const Fields duplicates{
        {"groups", {"bytes_to_free", {"photos", join(photo, {"bytes", "format"})}}}, "kind", "total"};

    const Fields face{"id",
                      "photo",
                      "box",
                      "landmarks",
                      "score",
                      "age",
                      "confirmed",
                      {"gender", {"male", "female"}},
                      {"person", {"id", "name", "hidden"}}};
    const Fields placed_face = join(face, {"width", "height"});
    const Fields person{"id", "name", "hidden", "faces", "photos", "age", {"cover", placed_face}};

    const Fields job{"name", "state", "done", "total", "per_second", "seconds_left"};
    const Fields progress{"state",      "scan",         "share",  "done",
                          "total",      "seconds_left", "failed", Field::numbers("skipped"),
                          {"jobs", job}};
    const Fields summary{"files",
                         "photos",
                         "new",
                         "unchanged",
                         "moved",
                         "missing",
                         "failed",
                         "skipped",
                         "photos_per_second",
                         Field::numbers("skipped_kinds"),
                         "seconds",
                         "embedded",
                         "failed_analyses"};
    const Fields folder{"id", "photos", "reachable"};
    const Fields model{"name", "title", "dimension", "licence", "precision", "device"};
    const Fields status{"version",           "photos", "searchable",          "failed", {"model", model},
                        {"folders", folder}, "scans",  {"indexing", progress}};
    const Fields token{"id", "name", "user", "role", "created_at", "expires_at", "used_at"};

    return {{"SearchPage", page},
            {"Example", {"id", "width", "height", "color"}},
            {"PhotoList", {"total", {"photos", photo}}},
            {"PhotoDetails", details},
            {"Faces", {"analyzed", "why", {"faces", face}}},
            {"SimilarFaces", {{"results", join(placed_face, {"distance"})}}},
            {"PeopleList", {"total", "faces", "model", "why", {"people", person}}},
            {"PersonPage", join(person, {{"members", placed_face}})},
            {"Duplicates", duplicates},
            {"FolderList", {{"folders", folder}}},
            {"Status", status},
            {"Session", {"needed", "name", "role", "can_sign_out"}},
            {"TokenList", {{"tokens", token}}},
            {"NewToken", {"id", "token"}},
            // events
            {"Progress", progress},
            {"PhotosAdded", {{"photos", photo}}},
            {"Summary", summary}};
}

// Returns a value without the objects in it; std::nullopt for an object.
std::optional<json> without_objects(const json& value) {
    if (value.is_object()) return std::nullopt;
    if (!value.is_array()) return value;
    json list = json::array();
    for (const json& entry : value) {
        if (auto kept = without_objects(entry)) list.push_back(std::move(*kept));
    }
    return list;
}

std::optional<json> pick_objects(const json& value, const Fields& fields) {
    if (value.is_object()) return pick(value, fields);
    if (value.is_null()) return value;
    if (!value.is_array()) return std::nullopt;
    json list = json::array();
    for (const json& entry : value) {
        if (entry.is_object()) list.push_back(pick(entry, fields));
    }
    return list;
}

std::optional<json> pick_numbers(const json& value) {
    if (!value.is_object()) return std::nullopt;
    json numbers = json::object();
    for (const auto& [name, number] : value.items()) {
        if (number.is_number()) numbers[name] = number;
    }
    return numbers;
}

std::optional<json> pick_value(const json& value, const Field& field) {
    switch (field.kind) {
        case Field::Kind::kValue:
            return without_objects(value);
        case Field::Kind::kObject:
            return pick_objects(value, field.inner);
        case Field::Kind::kNumbers:
            return pick_numbers(value);
    }
    return std::nullopt;
}

}  // namespace

const std::map<std::string, Fields, std::less<>>& viewer_fields() {
    static const auto kTable = make_table();
    return kTable;
}

json pick(const json& object, const Fields& fields) {
    json picked = json::object();
    for (const Field& field : fields) {
        const auto found = object.find(field.name);
        if (found == object.end()) continue;
        if (auto value = pick_value(*found, field)) picked[field.name] = std::move(*value);
    }
    return picked;
}

}  // namespace hone
