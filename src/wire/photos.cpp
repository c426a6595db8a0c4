// SPDX-License-Identifier: GPL-3.0-or-later
// Photos in lists, and the details of one.
#include "wire/photos.hpp"

#include <algorithm>

#include "base/path_map.hpp"
#include "base/time.hpp"

namespace hone {

using nlohmann::json;

json photo_json(const Photo& photo, const Listing& listing) {
    json entry = {{"id", to_hex(photo.id)},
                  {"path", utf8_path(listing.path)},
                  {"width", photo.width},
                  {"height", photo.height},
                  {"color", fmt::format("#{:06x}", photo.color)},
                  {"copies", listing.copies},
                  {"reachable", listing.reachable}};
    if (listing.taken) entry["taken_at"] = iso8601_local(*listing.taken);
    return entry;
}

Result<json> listed_photos(PhotoCatalog& catalog, std::span<const PhotoNumber> photos,
                           const std::stop_token& stop) {
    HONE_TRY(const std::vector<ListedPhoto> listed, catalog.list(photos, stop));
    json list = json::array();
    for (const ListedPhoto& photo : listed) list.push_back(photo_json(photo.photo, photo.listing));
    return list;
}

Document photo_page(std::uint64_t total, json photos) {
    return {"PhotoList", {{"total", total}, {"photos", std::move(photos)}}};
}

Document photos_event(json photos) {
    return {"PhotosAdded", {{"photos", std::move(photos)}}};
}

namespace {

Result<std::optional<std::string>> id_of(PhotoCatalog& catalog, PhotoNumber number) {
    HONE_TRY(const std::optional<Photo> photo, catalog.photo(number));
    return photo ? std::optional(to_hex(photo->id)) : std::nullopt;
}

// Adds the photo's metadata and the raw files that it represents.
Result<> add_facts(Catalog& catalog, const Photo& photo, json& details) {
    HONE_TRY(const std::optional<AnalysisResults> analysis_results, catalog.analysis_results(photo.number));
    details["metadata"] = analysis_results ? to_json(analysis_results->metadata) : json::object();
    if (analysis_results) {
        details["taken_at"] = iso8601_local(analysis_results->taken);
        details["taken_from"] = taken_source_name(analysis_results->taken.source);
    }
    details["raw"] = json::array();
    HONE_TRY(const std::vector<PhotoNumber> raw_photos, catalog.stands_for(photo.number));
    for (const PhotoNumber raw : raw_photos) {
        HONE_TRY(const std::optional<std::string> id, id_of(catalog, raw));
        if (id) details["raw"].push_back(*id);
    }
    HONE_TRY(const std::optional<PhotoNumber> shown_as, catalog.shown_as(photo.number));
    if (shown_as) {
        HONE_TRY(const std::optional<std::string> id, id_of(catalog, *shown_as));
        if (id) details["shown_as"] = *id;
    }
    return {};
}

}  // namespace

Result<Document> photo_details(Catalog& catalog, const Photo& photo) {
    HONE_TRY(const std::vector<ListedPhoto> listed, catalog.list(std::span(&photo.number, 1)));
    if (listed.empty())
        return fail(ErrorKind::kNotFound, "the photo {} is not in the catalogue", photo.number);
    json details = photo_json(photo, listed.front().listing);
    HONE_TRY(const std::vector<FileRecord> files, catalog.files_of(photo.number));
    HONE_TRY(const std::vector<Folder> folders, catalog.folders());
    HONE_TRY(const std::vector<Analysis> analyses, catalog.analyses(photo.number));
    HONE_CHECK(add_facts(catalog, photo, details));
    details["bytes"] = photo.bytes;
    details["format"] = photo.format;
    details["added_at"] = iso8601(photo.added_at);
    details["files"] = json::array();
    for (const FileRecord& file : files) {
        const auto folder = std::ranges::find(folders, file.folder, &Folder::id);
        details["files"].push_back({{"path", utf8_path(file.facts.path)},
                                    {"folder", folder == folders.end() ? "" : utf8_path(folder->path)},
                                    {"size", file.facts.size},
                                    {"modified_at", iso8601(file.facts.modified_ns / 1'000'000'000)},
                                    {"reachable", file.reachable}});
    }
    details["analyses"] = json::array();
    for (const Analysis& done : analyses) {
        details["analyses"].push_back({{"analyzer", done.analyzer},
                                       {"version", done.version},
                                       {"model", done.model},
                                       {"at", iso8601(done.at)}});
    }
    return Document("PhotoDetails", std::move(details));
}

}  // namespace hone
