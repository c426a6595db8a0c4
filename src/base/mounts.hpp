// SPDX-License-Identifier: GPL-3.0-or-later
// The table of mounted file systems. The kernel answers from memory, so reading it never waits for a drive.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"

namespace hone {

struct Mount {
    fs::path point;    // where it is mounted
    std::string type;  // "ext4", "nfs4", "fuse.sshfs"
    bool operator==(const Mount&) const = default;
};

// Returns the mounts of this process in the order of mounting. Empty when the system does not list them. Safe
// from any thread.
std::vector<Mount> read_mounts();
// Parses the text of /proc/self/mountinfo (proc(5)); skips lines of another form. Pure function.
std::vector<Mount> parse_mounts(std::string_view text);

// True for types that do not report changes of other machines, or may wait for one. Pure function.
bool is_network_type(std::string_view type);
// Returns the type of the file system that contains the path, if is_network_type(), else "". path: absolute,
// without links. Compares the text only. Pure function.
std::string network_type_of(std::span<const Mount> mounts, const fs::path& path);

}  // namespace hone
