// What can still be read of a damaged catalog.db, copied into a new one.
#pragma once

#include <optional>

#include "base/file.hpp"

namespace hone {

// What SQLite finds wrong with the file, one line; nothing when it is whole. An error when it cannot be
// asked.
Result<std::optional<std::string>> damage_of(const fs::path& catalog);

struct SavedTable {
    std::string name;
    std::uint64_t saved = 0;
    std::uint64_t left_out = 0;         // read, but what they belong to is lost, or they contradict others
    bool whole = true;                  // every row could be read
    std::optional<std::uint64_t> lost;  // when the file lets one know; otherwise see at_most
    std::optional<std::uint64_t> at_most;
};

// Copies every row that can be read from `damaged`, which is only read, into the new database `saved` of
// today's schema. Rows on pages that cannot be read are passed over, not those around them. Work whose
// results are lost is no longer marked as done, so that the next `hone index` does it again. Gives the tables
// in the order in which they belong to each other; none, and makes no file, when nothing can be read at all.
Result<std::vector<SavedTable>> salvage(const fs::path& damaged, const fs::path& saved);

}  // namespace hone
