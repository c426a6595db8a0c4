// SPDX-License-Identifier: GPL-3.0-or-later
// Finds the photos that a library contains more than once, as three separate lists, because each asks for
// another reaction. Hone deletes nothing.
//
//   exact  one photo in several files. A group is one photo; its entries are its files. Two names of one file
//          (hard links, symbolic links: same inode, size and time) are one entry, because deleting one "copy"
//          would delete the photo.
//   near   one picture in several photos: re-encoded, scaled, cropped, rotated, edited. Groups of
//          group_same_pictures() over the pairs found during indexing (docs/style.md).
//   burst  one scene in several shots: photos of one known camera, each taken at most kBurstSeconds after the
//          previous one. A time at midnight is a date without a time, or an unset clock, and does not count.
//          Photos of the same picture count as one, represented by the best of them; a burst needs two photos
//          after that.
//
// Only available files in reachable folders count. For near and burst, a raw file next to its finished photo
// of the same name counts as that photo.
//
// Each group begins with the best original of the picture: camera raw first; then more pixels; then the
// larger file, which is the less compressed of two equally large images; then the earlier time of capture;
// then the earlier addition to the library. Exact groups continue with the file modified longest ago, then
// the path. Bursts are ordered by time of capture, because no measure here finds the best shot of a burst.
#pragma once

#include <optional>
#include <stop_token>
#include <string_view>
#include <vector>

#include "library/snapshot.hpp"

namespace hone {

enum class DuplicateKind { kExact, kNear, kBurst };

std::string_view duplicate_kind_name(DuplicateKind kind);  // "exact"
// kUsage for an unknown name; the message lists the known ones.
Result<DuplicateKind> parse_duplicate_kind(std::string_view name);

struct Duplicate {
    Photo photo;
    fs::path path;                 // in a reachable folder
    std::size_t copies = 1;        // available files with these bytes
    std::optional<TakenAt> taken;  // unset when only the file's modification time is known
};

struct DuplicateGroup {
    std::vector<Duplicate> photos;    // at least two, the best first
    std::uint64_t bytes_to_free = 0;  // of all files except one of the first photo's
};

struct DuplicatePage {
    DuplicateKind kind = DuplicateKind::kExact;
    std::vector<DuplicateGroup> groups;  // exact, near: most bytes to free first; burst: newest first
    std::size_t total = 0;               // number of all groups
};

// Returns the groups from `offset` to `offset + limit`. Finds and orders all groups in the snapshot; asks the
// catalogue in a constant number of statements for the rest: which folders are reachable, and the names of
// the page's files. kUnavailable when a stop was requested; else fails as the catalogue does. Safe from any
// thread.
Result<DuplicatePage> find_duplicates(Catalog& catalog, const Snapshot& library, DuplicateKind kind,
                                      std::size_t offset, std::size_t limit,
                                      const std::stop_token& stop = {});

}  // namespace hone
