// SPDX-License-Identifier: GPL-3.0-or-later
// Finds and lists photos.
#include "catalog/sqlite/photos.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "catalog/sqlite/changes_of.hpp"
#include "catalog/sqlite/columns.hpp"

namespace hone {

Result<std::optional<Photo>> SqlitePhotos::photo(PhotoNumber number) {
    return connections_.read([&](Statements& statements) -> Result<std::optional<Photo>> {
        static const std::string sql = fmt::format("SELECT {} FROM photo WHERE id = ?", kPhotoColumns);
        const auto query = statements(sql);
        query->bind(1, static_cast<std::int64_t>(number));
        if (!query->executeStep()) return std::nullopt;
        return read_photo(*query);
    });
}

Result<std::optional<Photo>> SqlitePhotos::photo(const PhotoId& id) {
    return connections_.read([&](Statements& statements) -> Result<std::optional<Photo>> {
        static const std::string sql = fmt::format("SELECT {} FROM photo WHERE sha = ?", kPhotoColumns);
        const auto query = statements(sql);
        query->bind(1, id.data(), static_cast<int>(id.size()));
        if (!query->executeStep()) return std::nullopt;
        return read_photo(*query);
    });
}

Result<Photo> SqlitePhotos::resolve(const std::string& text) {
    return connections_.read([&](Statements& statements) -> Result<Photo> {
        if (is_photo_id_prefix(text)) {
            // All ids with the prefix are between the prefix padded with 0 and the one padded with f.
            const auto low = *sha256_from_hex(text + std::string(64 - text.size(), '0'));
            const auto high = *sha256_from_hex(text + std::string(64 - text.size(), 'f'));
            static const std::string by_id =
                fmt::format("SELECT {} FROM photo WHERE sha BETWEEN ? AND ? LIMIT 2", kPhotoColumns);
            const auto query = statements(by_id);
            query->bind(1, low.data(), static_cast<int>(low.size()));
            query->bind(2, high.data(), static_cast<int>(high.size()));
            if (query->executeStep()) {
                Photo found = read_photo(*query);
                if (query->executeStep())
                    return fail(ErrorKind::kUsage,
                                "several photos have ids that start with '{}'; give more digits", text);
                return found;
            }
        }
        std::error_code error;
        const fs::path path = fs::absolute(text, error).lexically_normal();
        static const std::string by_path =
            fmt::format("SELECT {} FROM photo JOIN place ON place.photo_id = photo.id WHERE place.path = ?",
                        kPhotoColumns);
        const auto query = statements(by_path);
        bind_path(*query, 1, path);
        if (query->executeStep()) return read_photo(*query);
        return fail(ErrorKind::kNotFound,
                    "no photo in the library has the id or path '{}'; ids come from a search",
                    text.substr(0, 200));
    });
}

Result<std::vector<Photo>> SqlitePhotos::resolve(std::span<const std::string> names,
                                                 const std::stop_token& stop) {
    const auto is_whole = [](const std::string& name) {
        return name.size() == 2 * std::tuple_size_v<PhotoId> && is_photo_id_prefix(name);
    };
    // Ids are hexadecimal digits, so they need no escaping.
    std::string whole;
    std::vector<std::size_t> places;  // of the whole ids in `names`
    for (std::size_t at = 0; at < names.size(); ++at) {
        if (!is_whole(names[at])) continue;
        whole += whole.empty() ? "[\"" : "\",\"";
        whole += names[at];
        places.push_back(at);
    }
    std::vector<std::optional<Photo>> known(names.size());
    if (!whole.empty()) {
        whole += "\"]";
        HONE_CHECK(connections_.read(
            [&](Statements& statements) -> Result<> {
                static const std::string sql = fmt::format(
                    "SELECT wanted.key, {} FROM json_each(?) AS wanted JOIN photo ON photo.sha = "
                    "hone_bytes(wanted.value)",
                    kPhotoColumns);
                const auto query = statements(sql);
                query->bind(1, whole);
                while (query->executeStep())
                    known[places[static_cast<std::size_t>(query->getColumn(0).getInt64())]] =
                        read_photo(*query, 1);
                return {};
            },
            stop));
    }
    std::vector<Photo> photos;
    photos.reserve(names.size());
    for (std::size_t at = 0; at < names.size(); ++at) {
        if (known[at]) {
            photos.push_back(*std::move(known[at]));
            continue;
        }
        HONE_TRY(Photo photo, resolve(names[at]));
        photos.push_back(std::move(photo));
    }
    return photos;
}

Result<std::vector<ListedPhoto>> SqlitePhotos::list(std::span<const PhotoNumber> photos,
                                                    const std::stop_token& stop) {
    return connections_.read(
        [&](Statements& statements) -> Result<std::vector<ListedPhoto>> {
            static const std::string sql = fmt::format(
                "SELECT wanted.key, place.path, place.state, folder.reachable, metadata.taken_at, "
                "metadata.taken_offset, metadata.taken_source, {} FROM json_each(?) AS wanted JOIN photo ON "
                "photo.id = wanted.value LEFT JOIN metadata ON metadata.photo_id = photo.id LEFT JOIN place "
                "ON "
                "place.photo_id = photo.id LEFT JOIN folder ON folder.id = place.folder_id ORDER BY "
                "wanted.key, place.state, folder.reachable DESC, place.id",
                kPhotoColumns);
            const auto query = statements(sql);
            query->bind(1, nlohmann::json(photos).dump());
            std::vector<ListedPhoto> listed;
            std::int64_t last = -1;
            while (query->executeStep()) {
                if (const std::int64_t key = query->getColumn(0).getInt64(); key != last) {
                    last = key;
                    ListedPhoto& photo = listed.emplace_back();
                    photo.photo = read_photo(*query, 7);
                    if (!query->isColumnNull(1)) photo.listing.path = column_path(*query, 1);
                    if (!query->isColumnNull(4)) photo.listing.taken = taken_of(*query, 4);
                    if (photo.listing.taken && photo.listing.taken->source == TakenSource::kModified)
                        photo.listing.taken.reset();
                }
                Listing& listing = listed.back().listing;
                const bool there = !query->isColumnNull(2) && query->getColumn(2).getInt() == 0;
                listing.copies += there ? 1 : 0;
                listing.reachable = listing.reachable || (there && query->getColumn(3).getInt() != 0);
            }
            return listed;
        },
        stop);
}

Result<std::vector<Photo>> SqlitePhotos::newest(std::size_t offset, std::size_t limit,
                                                const std::stop_token& stop) {
    return connections_.read(
        [&](Statements& statements) -> Result<std::vector<Photo>> {
            static const std::string sql = fmt::format(
                "SELECT {} FROM photo WHERE shown_as IS NULL AND EXISTS "
                "(SELECT 1 FROM place WHERE photo_id = photo.id AND "
                "state = 0) ORDER BY photo.id DESC LIMIT ? OFFSET ?",
                kPhotoColumns);
            const auto query = statements(sql);
            query->bind(1, static_cast<std::int64_t>(limit));
            query->bind(2, static_cast<std::int64_t>(offset));
            std::vector<Photo> photos;
            while (query->executeStep()) photos.push_back(read_photo(*query));
            return photos;
        },
        stop);
}

Result<std::vector<PhotoNumber>> SqlitePhotos::available() {
    return connections_.read([&](Statements& statements) -> Result<std::vector<PhotoNumber>> {
        static const std::string sql =
            fmt::format("SELECT photo_id FROM place WHERE {} GROUP BY photo_id", kAvailableFile);
        const auto query = statements(sql);
        return read_numbers(*query);
    });
}

Result<std::vector<bool>> SqlitePhotos::known_photos() {
    return connections_.read([&](Statements& statements) -> Result<std::vector<bool>> {
        std::vector<bool> known(
            static_cast<std::size_t>(read_integer(statements, "SELECT ifnull(max(id), 0) FROM photo")) + 1);
        const auto query = statements("SELECT id FROM photo");
        while (query->executeStep()) {
            const auto photo = static_cast<std::size_t>(query->getColumn(0).getInt64());
            if (photo < known.size()) known[photo] = true;
        }
        return known;
    });
}

Result<Counts> SqlitePhotos::counts() {
    return connections_.read([&](Statements& statements) -> Result<Counts> {
        static const std::string photos =
            fmt::format("SELECT count(DISTINCT photo_id) FROM place WHERE {}", kAvailableFile);
        Counts counts;
        counts.photos = static_cast<std::uint64_t>(read_integer(statements, photos));
        counts.failed = static_cast<std::uint64_t>(
            read_integer(statements, "SELECT count(*) FROM place WHERE state = 2"));
        const auto query = statements("SELECT reason, count(*) FROM place WHERE state = 3 GROUP BY reason");
        std::map<std::string, std::uint64_t> kinds;
        while (query->executeStep())
            kinds[present_kind(query->getColumn(0).getString())] +=
                static_cast<std::uint64_t>(query->getColumn(1).getInt64());
        counts.skipped.assign(kinds.begin(), kinds.end());
        std::ranges::stable_sort(counts.skipped, std::greater{},
                                 [](const auto& kind) { return kind.second; });
        return counts;
    });
}

Result<std::optional<PhotoNumber>> SqlitePhotos::shown_as(PhotoNumber photo) {
    return connections_.read([&](Statements& statements) -> Result<std::optional<PhotoNumber>> {
        const auto query = statements("SELECT shown_as FROM photo WHERE id = ? AND shown_as IS NOT NULL");
        query->bind(1, static_cast<std::int64_t>(photo));
        if (!query->executeStep()) return std::nullopt;
        return static_cast<PhotoNumber>(query->getColumn(0).getInt64());
    });
}

Result<std::vector<PhotoNumber>> SqlitePhotos::stands_for(PhotoNumber photo) {
    return connections_.read([&](Statements& statements) -> Result<std::vector<PhotoNumber>> {
        const auto query = statements("SELECT id FROM photo WHERE shown_as = ? ORDER BY id");
        query->bind(1, static_cast<std::int64_t>(photo));
        return read_numbers(*query);
    });
}

}  // namespace hone
