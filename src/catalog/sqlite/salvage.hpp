// SPDX-License-Identifier: GPL-3.0-or-later
// Copies the readable rows of a damaged catalog.db into a new one. Safe from any thread.
#pragma once

#include <optional>

#include "base/file.hpp"

namespace hone {

// Returns SQLite's description of the damage in one line, or std::nullopt for an intact file. kFailed when
// the file cannot be checked.
Result<std::optional<std::string>> damage_of(const fs::path& catalog);

struct SavedTable {
    std::string name;
    std::uint64_t saved = 0;
    std::uint64_t left_out = 0;  // readable rows that refer to lost rows, or contradict others
    bool whole = true;           // every row was readable
    // Lost rows, when the file reveals their number; otherwise see at_most.
    std::optional<std::uint64_t> lost;
    std::optional<std::uint64_t> at_most;
};

// Copies every readable row from `damaged`, which is opened read-only, into the new database `saved` with the
// current schema. Skips rows on unreadable pages only. Work with lost results is no longer marked as done, so
// the next `hone index` repeats it. Returns the tables, referred ones first; returns none and creates no file
// when nothing is readable. kFailed when the rows cannot be saved.
Result<std::vector<SavedTable>> salvage(const fs::path& damaged, const fs::path& saved);

}  // namespace hone
