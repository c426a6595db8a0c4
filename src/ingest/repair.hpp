// Are the derived files what the catalogue says they should be? Vector files and thumbnails can be made anew
// at any time; this finds out when they must be.
#pragma once

#include "catalog/sqlite/salvage.hpp"
#include "ingest/library.hpp"
#include "ingest/thumbnail_store.hpp"

namespace hone {

struct RepairReport {
    std::uint64_t checked = 0;
    std::uint64_t wrong = 0;     // missing or damaged
    std::uint64_t repaired = 0;  // of these
};

// Compares every vector of the model's file with the catalogue. With repair, a file that differs is made
// anew: the library must be open for writing then.
Result<RepairReport> check_vectors(Library& library, const ImageTextModel& model, bool repair);
// Looks at the thumbnails of every present photo: there, and whole by their own header? With repair, damaged
// ones are made again from the original; what has no original now stays wrong.
Result<RepairReport> check_thumbnails(Catalog& catalog, ThumbnailStore& thumbnails, bool repair);

struct SavedCatalogue {
    std::string damage;              // what SQLite says
    fs::path file;                   // beside the damaged one; empty: nothing could be read
    std::vector<SavedTable> tables;  // of `file`
    std::optional<fs::path> backup;  // the newest one that hone serve wrote
};

// Reads all of the catalogue in the library folder. When it is damaged, what can be read of it is saved in a
// new file, catalog-saved-YYYYMMDD-HHMMSS.db; the damaged one stays as it is. Nothing when it is whole.
Result<std::optional<SavedCatalogue>> save_damaged_catalogue(const fs::path& library);

}  // namespace hone
