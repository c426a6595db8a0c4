// SPDX-License-Identifier: GPL-3.0-or-later
// Finds the finished photo of a raw file by its name.
#include "catalog/sqlite/raw_pairs.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <vector>

#include "catalog/sqlite/columns.hpp"

namespace hone {

namespace {

// Binds two parameters: names equal to the file's up to the dot; the next byte after '.' is '/'.
void bind_same_name(SQLite::Statement& statement, int index, const fs::path& path) {
    std::string low = path.parent_path() / path.stem(), high = low;
    low += '.';
    high += '/';
    statement.bind(index, low.data(), static_cast<int>(low.size()));
    statement.bind(index + 1, high.data(), static_cast<int>(high.size()));
}

// Returns the finished photo next to one of the raw photo's files.
std::optional<std::int64_t> finished_photo_of(Statements& statements, std::int64_t raw) {
    const auto files = statements("SELECT path FROM place WHERE photo_id = ? AND state = 0 ORDER BY path");
    files->bind(1, raw);
    while (files->executeStep()) {
        const fs::path path = text_of(files->getColumn(0));
        const auto finished = statements(
            "SELECT place.path, photo.id FROM place JOIN photo ON photo.id = place.photo_id WHERE place.path "
            "> "
            "? AND place.path < ? AND place.state = 0 AND photo.format IN ('jpeg','heif','avif','jxl') ORDER "
            "BY place.path");
        bind_same_name(*finished, 1, path);
        while (finished->executeStep()) {
            // Matches "IMG_1.jpg", but not "IMG_1.edited.jpg", which is a different image.
            if (fs::path(text_of(finished->getColumn(0))).stem() == path.stem())
                return finished->getColumn(1).getInt64();
        }
    }
    return std::nullopt;
}

}  // namespace

void pair_raw_files(Statements& statements, const fs::path& path) {
    struct Raw {
        std::int64_t photo;
        std::optional<std::int64_t> shown_as;
    };
    std::vector<Raw> raws;
    {
        const auto query = statements(
            "SELECT DISTINCT photo.id, photo.shown_as, place.path FROM place JOIN photo ON photo.id = "
            "place.photo_id WHERE place.path > ? AND place.path < ? AND photo.format IN "
            "('dng','cr2','cr3','nef','arw','raf','orf','rw2','raw')");
        bind_same_name(*query, 1, path);
        while (query->executeStep()) {
            if (fs::path(text_of(query->getColumn(2))).stem() != path.stem()) continue;
            Raw& raw = raws.emplace_back(query->getColumn(0).getInt64(), std::nullopt);
            if (!query->isColumnNull(1)) raw.shown_as = query->getColumn(1).getInt64();
        }
    }
    for (const Raw& raw : raws) {
        const auto finished = finished_photo_of(statements, raw.photo);
        if (finished == raw.shown_as) continue;
        const auto update = statements("UPDATE photo SET shown_as = ? WHERE id = ?");
        if (finished) update->bind(1, *finished);
        update->bind(2, raw.photo);
        update->exec();
    }
}

}  // namespace hone
