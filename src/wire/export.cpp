// SPDX-License-Identifier: GPL-3.0-or-later
// The entries of `hone export` and `hone faces`.
#include "wire/export.hpp"

#include "base/path_map.hpp"
#include "wire/people.hpp"

namespace hone {

using nlohmann::json;

Result<json> exported_photo(Catalog& catalog, const Photo& photo, std::span<const FileRecord> files) {
    json entry{{"id", to_hex(photo.id)}, {"width", photo.width}, {"height", photo.height},
               {"format", photo.format}, {"bytes", photo.bytes}, {"paths", json::array()},
               {"faces", json::array()}};
    for (const FileRecord& file : files) entry["paths"].push_back(utf8_path(file.facts.path));
    HONE_TRY(const auto analysis_results, catalog.analysis_results(photo.number));
    if (analysis_results) {
        entry["taken"] = {{"at", iso8601_local(analysis_results->taken)},
                          {"from", taken_source_name(analysis_results->taken.source)}};
        entry["metadata"] = to_json(analysis_results->metadata);
    }
    HONE_TRY(const std::vector<Face> faces, catalog.faces_of(photo.number));
    for (const Face& face : faces) {
        HONE_TRY(json one, to_json(catalog, face));
        one.erase("photo");
        entry["faces"].push_back(std::move(one));
    }
    return entry;
}

json exported_folders(std::span<const Folder> folders) {
    json list = json::array();
    for (const Folder& folder : folders) list.push_back(utf8_path(folder.path));
    return list;
}

json exported_people(std::span<const PersonCount> people) {
    json list = json::array();
    for (const PersonCount& person : people) {
        if (!person.name.empty() || person.hidden)
            list.push_back({{"id", person.id}, {"name", person.name}, {"hidden", person.hidden}});
    }
    return list;
}

Result<json> face_for_command(Catalog& catalog, const Face& face, bool with_vector) {
    HONE_TRY(json entry, to_json(catalog, face));
    const json person = entry["person"];
    entry["person"] = person.is_object() ? person["id"] : json();
    entry["name"] = person.is_object() ? person["name"] : json();
    if (with_vector) entry["vector"] = face.vector;
    return entry;
}

}  // namespace hone
