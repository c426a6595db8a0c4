// What a list says of a photo beside the facts of its bytes.
#pragma once

#include <algorithm>

#include "catalog/catalog.hpp"

namespace hone {

struct Listing {
    fs::path path;                 // the first place that is there
    std::size_t copies = 0;        // files with these bytes that are known and not missing
    bool reachable = false;        // one of them lies in a folder that is there now
    std::optional<TakenAt> taken;  // not when only the file's own time is known: copying changes that
};

inline Result<Listing> list_photo(Catalog& catalog, PhotoNumber photo) {
    HONE_TRY(const std::vector<FileRecord> files, catalog.files_of(photo));
    Listing listing;
    if (!files.empty()) listing.path = files.front().facts.path;
    listing.copies = static_cast<std::size_t>(std::ranges::count(files, FileState::kPhoto, &FileRecord::state));
    listing.reachable = std::ranges::any_of(files, &FileRecord::reachable);
    HONE_TRY(listing.taken, catalog.taken(photo));
    if (listing.taken && listing.taken->source == TakenSource::kModified) listing.taken.reset();
    return listing;
}

}  // namespace hone
