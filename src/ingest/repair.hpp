// SPDX-License-Identifier: GPL-3.0-or-later
// Checks the derived files against the catalogue and repairs them, and saves the readable part of a damaged
// catalogue.
#pragma once

#include "catalog/sqlite/salvage.hpp"
#include "library/library.hpp"
#include "library/thumbnail_store.hpp"

namespace hone {

struct RepairReport {
    std::uint64_t checked = 0;
    std::uint64_t wrong = 0;     // missing or damaged
    std::uint64_t repaired = 0;  // of the wrong ones
};

// Compares every vector in the model's file with the catalogue. repair: rebuild a file that differs; the
// library must then be open for writing. One caller at a time.
Result<RepairReport> check_vectors(Library& library, const ImageTextModel& model, bool repair);
// Checks that every available photo has all thumbnails, complete according to their headers. repair: make
// damaged ones again from the original; photos without a readable original stay wrong. One caller at a time.
Result<RepairReport> check_thumbnails(Catalog& catalog, ThumbnailStore& thumbnails, bool repair);

struct SavedCatalogue {
    std::string damage;              // SQLite's description
    fs::path file;                   // next to the damaged one; empty when nothing is readable
    std::vector<SavedTable> tables;  // the content of `file`
    std::optional<fs::path> backup;  // the newest one that `hone serve` wrote
};

// Reads the whole catalogue in the library folder. Saves the readable part of a damaged one in the new file
// catalog-saved-YYYYMMDD-HHMMSS.db, and leaves the damaged file unchanged. std::nullopt when it is intact.
// kFailed when the new file cannot be written.
Result<std::optional<SavedCatalogue>> save_damaged_catalogue(const fs::path& library);

}  // namespace hone
