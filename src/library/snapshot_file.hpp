// SPDX-License-Identifier: GPL-3.0-or-later
// The whole library as one file, so that opening it again reads no table: docs/formats/snapshot-file.md.
// Derived from the catalogue; the file counts only while the catalogue is in the state that it names.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "catalog/changes.hpp"

namespace hone {

struct StoredSnapshot {
    std::string state;                          // Maintenance::state() of the catalogue
    std::map<std::string, std::uint64_t> rows;  // vector space -> rows that are in step with the catalogue
    Changes everything;
};

// Pure functions. encode_snapshot() leaves out how alike pairs are. decode_snapshot() returns kFailed for
// bytes that encode_snapshot() did not make, those of another version included.
std::string encode_snapshot(const StoredSnapshot& snapshot);
Result<StoredSnapshot> decode_snapshot(std::string_view bytes);
// Returns StoredSnapshot::state from the first kSnapshotHead bytes; empty when they are something else.
std::string state_of_snapshot(std::string_view head);
inline constexpr std::size_t kSnapshotHead = 128;

}  // namespace hone
