// SPDX-License-Identifier: GPL-3.0-or-later
// The facts about a photo that a list shows besides those about its bytes.
#pragma once

#include <algorithm>

#include "catalog/catalog.hpp"

namespace hone {

struct Listing {
    fs::path path;           // the first available file
    std::size_t copies = 0;  // files with these bytes that are not missing
    bool reachable = false;  // at least one of them is in a reachable folder
    // Unset when only the file's modification time is known, because copying changes that.
    std::optional<TakenAt> taken;
};

// Fails as the catalogue does. Safe from any thread.
inline Result<Listing> list_photo(Catalog& catalog, PhotoNumber photo) {
    HONE_TRY(const std::vector<FileRecord> files, catalog.files_of(photo));
    Listing listing;
    if (!files.empty()) listing.path = files.front().facts.path;
    listing.copies =
        static_cast<std::size_t>(std::ranges::count(files, FileState::kPhoto, &FileRecord::state));
    listing.reachable = std::ranges::any_of(files, &FileRecord::reachable);
    HONE_TRY(listing.taken, catalog.taken(photo));
    if (listing.taken && listing.taken->source == TakenSource::kModified) listing.taken.reset();
    return listing;
}

}  // namespace hone
