// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the present state of everything that a transaction touched.
#include "catalog/sqlite/changes_of.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <set>

#include "photo/format.hpp"

namespace hone {

std::string present_kind(const std::string& kind) {
    if (kind == "not a picture") return "not an image";
    if (kind == "picture of a kind Hone does not read") return "image of a kind Hone does not support";
    return kind;
}

namespace {

using What = ChangedRow::What;

// Columns in table order (schema.cpp); contract tests compare the result with the tables.
constexpr std::size_t kPhotoWidth = 3, kPhotoHeight = 4, kPhotoFormat = 5, kPhotoShownAs = 8;
constexpr std::size_t kFileFolder = 1, kFileState = 6, kFilePhoto = 7, kFileReason = 9;
constexpr std::size_t kFacePhoto = 1, kFaceVector = 12, kFacePerson = 13, kFaceConfirmed = 14;

constexpr std::size_t kVectorPhoto = 2;  // in the key

constexpr int kPhotoFile = 0, kFailedFile = 2, kSkippedFile = 3;

constexpr const char* kCaptureColumns =
    "metadata.taken_at, metadata.taken_source, ifnull(metadata.make, '') || ' ' || ifnull(metadata.model, "
    "''), metadata.latitude, metadata.longitude, photo.bytes, photo.width * photo.height, photo.format";

// Reads kCaptureColumns. The folder is not among them.
Capture capture_of(const SQLite::Statement& query, PhotoNumber photo, int first) {
    Capture capture;
    capture.photo = photo;
    // A file's own time is when it was copied, not when the photo was taken.
    if (!query.isColumnNull(first) && query.getColumn(first + 1).getString() != "modified")
        capture.local_seconds = query.getColumn(first).getInt64();
    capture.camera = query.getColumn(first + 2).getString();
    if (!query.isColumnNull(first + 3) && !query.isColumnNull(first + 4))
        capture.position = {query.getColumn(first + 3).getDouble(), query.getColumn(first + 4).getDouble()};
    capture.bytes = static_cast<std::uint64_t>(query.getColumn(first + 5).getInt64());
    capture.pixels = static_cast<std::uint32_t>(query.getColumn(first + 6).getInt64());
    capture.raw = is_raw_name(query.getColumn(first + 7).getString());
    return capture;
}

std::int64_t integer_key(const ChangedRow& row, std::size_t part = 0) {
    return std::get<std::int64_t>(row.key.at(part));
}

struct Touched {
    std::set<std::int64_t> photos;   // may be shown or hidden now
    std::set<std::int64_t> faces;    // photos whose faces changed
    std::set<std::int64_t> vectors;  // photos whose vectors or style changed
};

// Counts one file of the catalogue, or discounts it.
void count(Changes& changes, std::int64_t folder, std::int64_t state, const std::string& reason,
           std::int64_t files) {
    if (state == kPhotoFile) changes.files[folder] += files;
    if (state == kFailedFile) changes.failed += files;
    if (state == kSkippedFile) changes.skipped[present_kind(reason)] += files;
}

void file_changed(Statements& statements, const ChangedRow& row, Touched& touched, Changes& changes) {
    std::int64_t state = -1, folder = 0;
    std::optional<std::int64_t> photo;
    std::string reason;
    if (row.what != What::kDeleted) {
        const auto query = statements("SELECT state, photo_id, reason, folder_id FROM place WHERE id = ?");
        query->bind(1, integer_key(row));
        if (query->executeStep()) {
            state = query->getColumn(0).getInt64();
            if (!query->isColumnNull(1)) photo = query->getColumn(1).getInt64();
            reason = query->getColumn(2).getString();
            folder = query->getColumn(3).getInt64();
        }
        count(changes, folder, state, reason, 1);
    }
    if (photo) touched.photos.insert(*photo);
    if (row.what == What::kInserted) return;
    if (const auto before = row.integer_before(kFilePhoto)) touched.photos.insert(*before);
    std::string reason_before = reason;
    if (kFileReason < row.before.size() && row.before[kFileReason])
        reason_before = std::get<std::string>(*row.before[kFileReason]);
    count(changes, row.integer_before(kFileFolder).value_or(folder),
          row.integer_before(kFileState).value_or(state), reason_before, -1);
}

void face_changed(Statements& statements, const ChangedRow& row, Touched& touched) {
    if (const auto before = row.integer_before(kFacePhoto); before && row.what == What::kDeleted) {
        touched.faces.insert(*before);
        return;
    }
    if (row.what == What::kUpdated && !row.columns[kFacePerson] && !row.columns[kFaceConfirmed] &&
        !row.columns[kFaceVector])
        return;
    const auto query = statements("SELECT photo_id FROM face WHERE id = ?");
    query->bind(1, integer_key(row));
    if (query->executeStep()) touched.faces.insert(query->getColumn(0).getInt64());
}

void person_changed(Statements& statements, const ChangedRow& row, Changes& changes) {
    ChangedPerson& person = changes.people.emplace_back(integer_key(row));
    const auto query = statements("SELECT name <> '', hidden FROM person WHERE id = ?");
    query->bind(1, person.id);
    if (!query->executeStep()) return;
    person.named = query->getColumn(0).getInt() != 0;
    person.hidden = query->getColumn(1).getInt() != 0;
}

void pair_changed(Statements& statements, const ChangedRow& row, Changes& changes) {
    if (row.what == What::kDeleted) return;  // with one of its photos, which is then hidden
    const auto query =
        statements("SELECT inliers, correlation, certain FROM same_picture WHERE first = ? AND second = ?");
    query->bind(1, integer_key(row, 0));
    query->bind(2, integer_key(row, 1));
    if (!query->executeStep()) return;
    changes.pairs.push_back({static_cast<PhotoNumber>(integer_key(row, 0)),
                             static_cast<PhotoNumber>(integer_key(row, 1)), query->getColumn(0).getInt(),
                             query->getColumn(1).getDouble(), query->getColumn(2).getInt() != 0});
}

// Reads folder, inode and time.
FileOfPhoto read_file_of_photo(const SQLite::Statement& query, int first) {
    return {query.getColumn(first).getInt64(),
            static_cast<std::uint64_t>(query.getColumn(first + 1).getInt64()),
            query.getColumn(first + 2).getInt64()};
}

// Sets Changes::shown and ::represented to those of the whole library, by ascending number.
void read_photos(Statements& statements, Changes& changes) {
    static const std::string sql = fmt::format(
        "SELECT photo.id, photo.shown_as IS NULL, (SELECT folder_id FROM place WHERE place.photo_id = "
        "photo.id AND place.state = 0 ORDER BY place.id LIMIT 1) AS folder, {} FROM photo LEFT JOIN metadata "
        "ON metadata.photo_id = photo.id WHERE folder IS NOT NULL ORDER BY photo.id",
        kCaptureColumns);
    const auto query = statements(sql);
    while (query->executeStep()) {
        const auto photo = static_cast<PhotoNumber>(query->getColumn(0).getInt64());
        if (query->getColumn(1).getInt() == 0) {
            changes.represented.push_back(photo);
            continue;
        }
        changes.shown.push_back(capture_of(*query, photo, 3));
        changes.shown.back().folder = query->getColumn(2).getInt64();
    }
}

// Of the whole library.
std::vector<PhotoCopies> read_copies(Statements& statements) {
    const auto query = statements(
        "SELECT photo.id, photo.bytes, place.folder_id, place.inode, place.modified_ns FROM (SELECT photo_id "
        "FROM place WHERE photo_id IS NOT NULL AND state = 0 GROUP BY photo_id HAVING count(*) > 1) AS "
        "several JOIN photo ON photo.id = several.photo_id JOIN place ON place.photo_id = photo.id AND "
        "place.state = 0 ORDER BY photo.id, place.id");
    std::vector<PhotoCopies> all;
    while (query->executeStep()) {
        const auto photo = static_cast<PhotoNumber>(query->getColumn(0).getInt64());
        if (all.empty() || all.back().photo != photo)
            all.push_back({photo, static_cast<std::uint64_t>(query->getColumn(1).getInt64()), {}});
        all.back().files.push_back(read_file_of_photo(*query, 2));
    }
    return all;
}

}  // namespace

Changes changes_of(Statements& statements, std::span<const ChangedRow> rows) {
    Changes changes;
    Touched touched;
    for (const ChangedRow& row : rows) {
        if (row.table == "place") file_changed(statements, row, touched, changes);
        if (row.table == "face") face_changed(statements, row, touched);
        if (row.table == "person") person_changed(statements, row, changes);
        if (row.table == "same_picture") pair_changed(statements, row, changes);
        if (row.table == "vector") touched.vectors.insert(integer_key(row, kVectorPhoto));
        if (row.table == "look") touched.vectors.insert(integer_key(row));
        if (row.table == "metadata") touched.photos.insert(integer_key(row));
        if (row.table == "photo" &&
            (row.what != What::kUpdated || row.columns[kPhotoWidth] || row.columns[kPhotoHeight] ||
             row.columns[kPhotoFormat] || row.columns[kPhotoShownAs]))
            touched.photos.insert(integer_key(row));
    }
    std::erase_if(changes.skipped, [](const auto& kind) { return kind.second == 0; });
    std::erase_if(changes.files, [](const auto& folder) { return folder.second == 0; });
    // A row for each file that is not missing.
    static const std::string sql = fmt::format(
        "SELECT place.folder_id, place.inode, place.modified_ns, photo.shown_as IS NULL, {} FROM photo JOIN "
        "place ON place.photo_id = photo.id AND place.state = 0 LEFT JOIN metadata ON metadata.photo_id = "
        "photo.id WHERE photo.id = ? ORDER BY place.id",
        kCaptureColumns);
    for (const std::int64_t photo : touched.photos) {
        const auto query = statements(sql);
        query->bind(1, photo);
        std::vector<FileOfPhoto> files;
        Capture capture;
        bool represented = false;
        while (query->executeStep()) {
            files.push_back(read_file_of_photo(*query, 0));
            if (files.size() > 1) continue;
            represented = query->getColumn(3).getInt() == 0;
            capture = capture_of(*query, static_cast<PhotoNumber>(photo), 4);
            capture.folder = files.front().folder;
        }
        const auto number = static_cast<PhotoNumber>(photo);
        if (files.empty() || represented) changes.hidden.push_back(number);
        if (represented) changes.represented.push_back(number);
        if (files.size() > 1) changes.copies.push_back({number, capture.bytes, files});
        if (!files.empty() && !represented) changes.shown.push_back(std::move(capture));
    }
    for (const std::int64_t photo : touched.vectors)
        changes.vectors.push_back(static_cast<PhotoNumber>(photo));
    for (const std::int64_t photo : touched.faces) {
        const auto query = statements("SELECT person_id FROM face WHERE photo_id = ? ORDER BY person_id");
        query->bind(1, photo);
        auto& faces = changes.faces.emplace_back(static_cast<PhotoNumber>(photo), std::vector<PersonId>{});
        while (query->executeStep()) faces.second.push_back(query->getColumn(0).getInt64());
    }
    return changes;
}

std::vector<SamePicture> read_same_pictures(Statements& statements) {
    const auto query = statements("SELECT first, second, inliers, correlation, certain FROM same_picture");
    std::vector<SamePicture> pairs;
    while (query->executeStep()) {
        pairs.push_back({static_cast<PhotoNumber>(query->getColumn(0).getInt64()),
                         static_cast<PhotoNumber>(query->getColumn(1).getInt64()),
                         query->getColumn(2).getInt(), query->getColumn(3).getDouble(),
                         query->getColumn(4).getInt() != 0});
    }
    return pairs;
}

Changes read_everything(Statements& statements) {
    Changes changes;
    changes.everything = true;
    read_photos(statements, changes);
    changes.copies = read_copies(statements);
    changes.pairs = read_same_pictures(statements);
    // NULL, a face of nobody, comes first and reads as 0.
    const auto faces = statements("SELECT photo_id, person_id FROM face ORDER BY photo_id, person_id");
    while (faces->executeStep()) {
        const auto photo = static_cast<PhotoNumber>(faces->getColumn(0).getInt64());
        if (changes.faces.empty() || changes.faces.back().first != photo)
            changes.faces.emplace_back(photo, std::vector<PersonId>{});
        changes.faces.back().second.push_back(faces->getColumn(1).getInt64());
    }
    const auto people =
        statements("SELECT id, name <> '', hidden FROM person WHERE name <> '' OR hidden <> 0");
    while (people->executeStep()) {
        changes.people.push_back({people->getColumn(0).getInt64(), people->getColumn(1).getInt() != 0,
                                  people->getColumn(2).getInt() != 0});
    }
    const auto files =
        statements("SELECT state, reason, count(*) FROM place WHERE state IN (2, 3) GROUP BY state, reason");
    while (files->executeStep())
        count(changes, 0, files->getColumn(0).getInt64(), files->getColumn(1).getString(),
              files->getColumn(2).getInt64());
    const auto folders =
        statements("SELECT folder_id, count(*) FROM place WHERE state = 0 GROUP BY folder_id");
    while (folders->executeStep())
        changes.files[folders->getColumn(0).getInt64()] = folders->getColumn(1).getInt64();
    return changes;
}

}  // namespace hone
