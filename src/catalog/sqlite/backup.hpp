// SPDX-License-Identifier: GPL-3.0-or-later
// Consistent copies of SQLite files, and the preparation of a backup's catalogue for a library. Safe from any
// thread.
#pragma once

#include "base/path_map.hpp"

namespace hone {

// Copies a snapshot of the database, whatever other processes write meanwhile; they do not wait. kFailed when
// the database stays locked, or the copy cannot be written.
Result<> copy_database(const fs::path& from, const fs::path& to);

// Returns the number of photos in a catalogue of this schema or an older one. kFailed when it is damaged, not
// Hone's, or from a newer Hone.
Result<std::uint64_t> photos_of_copy(const fs::path& file);

// Upgrades an older catalogue to the current schema and translates folders and files with the map (from their
// old paths to those of this machine). file: a catalogue that no process has open. Returns the number of
// photos. kFailed when it is damaged, not Hone's, or from a newer Hone.
Result<std::uint64_t> prepare_restored_catalog(const fs::path& file, const PathMap& paths);

}  // namespace hone
