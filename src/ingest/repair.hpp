// Are the derived files what the catalogue says they should be? Vector files and thumbnails can be made anew
// at any time; this finds out when they must be.
#pragma once

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

}  // namespace hone
