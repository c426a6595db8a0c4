// SPDX-License-Identifier: GPL-3.0-or-later
// Compares derived files with the catalogue, and saves damaged catalogues.
#include "ingest/repair.hpp"

#include <fmt/chrono.h>

#include <algorithm>
#include <ctime>

#include "library/backup.hpp"
#include "library/vector_sync.hpp"

namespace hone {

Result<RepairReport> check_vectors(Library& library, const ImageTextModel& model, bool repair) {
    Catalog& catalog = library.catalog();
    const VectorKey key = content_key(model);
    HONE_TRY(const auto space, library.open_content(model));
    HONE_TRY(const std::vector<PhotoNumber> numbers, catalog.vector_numbers(key));
    RepairReport report;
    const SpaceView view = space->view();
    HONE_CHECK(catalog.for_each_vector(
        key, numbers, [&](PhotoNumber number, std::span<const float> values) -> Result<> {
            ++report.checked;
            const auto row = space->find(number);
            if (!row || *row >= view.size() || !std::ranges::equal(view.values(*row), values)) ++report.wrong;
            return {};
        }));
    if (report.wrong == 0 || !repair) return report;
    HONE_CHECK(space->clear());
    HONE_CHECK(sync_vectors(catalog, key, *space));
    report.repaired = report.wrong;
    return report;
}

Result<RepairReport> check_thumbnails(Catalog& catalog, ThumbnailStore& thumbnails, bool repair) {
    HONE_TRY(const std::vector<PhotoNumber> available, catalog.available());
    RepairReport report;
    BlockingCalls calls;
    for (const PhotoNumber number : available) {
        HONE_TRY(const std::optional<Photo> photo, catalog.photo(number));
        if (!photo) continue;
        ++report.checked;
        if (thumbnails.has_all(photo->id)) continue;
        ++report.wrong;
        if (!repair) continue;
        HONE_CHECK(thumbnails.forget(std::span(&photo->id, 1)));
        if (thumbnails.get(catalog, *photo, kThumbnailSizes[0], calls)) ++report.repaired;
    }
    return report;
}

Result<std::optional<SavedCatalogue>> save_damaged_catalogue(const fs::path& library) {
    const fs::path catalog = library / "catalog.db";
    HONE_TRY(const std::optional<std::string> damage, damage_of(catalog));
    if (!damage) return std::nullopt;
    SavedCatalogue saved{*damage, {}, {}, {}};
    const fs::path file =
        library / fmt::format("catalog-saved-{:%Y%m%d-%H%M%S}.db", fmt::gmtime(std::time(nullptr)));
    // The file gets its name once it is complete.
    const fs::path part = file.native() + ".part";
    HONE_CHECK(remove_file(part));
    HONE_TRY(saved.tables, salvage(catalog, part));
    if (saved.tables.empty()) return saved;
    HONE_CHECK(sync_file(part));
    HONE_CHECK(rename_file(part, file));
    saved.file = file;
    HONE_TRY(const auto readable, open_sqlite_catalog(file, false));
    HONE_TRY(const auto folder, readable->setting(kBackupFolderSetting));
    // Without backups, or with an unreachable folder, there is none to mention.
    if (folder && !folder->empty()) {
        if (const auto backups = backups_in(*folder); backups && !backups->empty())
            saved.backup = backups->back();
    }
    return saved;
}

}  // namespace hone
