// SQLite files as they are at one moment, and the catalogue of a backup made ready for a library.
#pragma once

#include "base/path_map.hpp"

namespace hone {

// A copy of the database as it is now, whatever other processes write meanwhile; they do not wait for it.
Result<> copy_database(const fs::path& from, const fs::path& to);

// The number of photos in a catalogue of this schema or an older one. Refuses what is damaged, not Hone's, or
// of a newer Hone.
Result<std::uint64_t> photos_of_copy(const fs::path& file);

// file: a catalogue that nobody has open. Refuses what is damaged, not Hone's, or of a newer Hone; brings an
// older one to today's schema; moves folders and files by the map (from their old places to those of this
// machine). Gives the number of photos.
Result<std::uint64_t> prepare_restored_catalog(const fs::path& file, const PathMap& paths);

}  // namespace hone
