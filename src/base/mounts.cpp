// SPDX-License-Identifier: GPL-3.0-or-later
// Parses /proc/self/mountinfo.
#include "base/mounts.hpp"

#include <algorithm>

#include "base/path_map.hpp"

namespace hone {

namespace {

// Returns the next word of a line, and removes it.
std::string_view take_word(std::string_view& line) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return word;
}

// Decodes \040 and the other octal forms that the kernel writes for blanks, line ends and backslashes.
std::string decode(std::string_view text) {
    std::string decoded;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const std::string_view digits = text.substr(std::min(at + 1, text.size()), 3);
        const bool octal = text[at] == '\\' && digits.size() == 3 &&
                           std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '7'; });
        if (octal) {
            decoded += static_cast<char>((digits[0] - '0') * 64 + (digits[1] - '0') * 8 + (digits[2] - '0'));
            at += 3;
        } else {
            decoded += text[at];
        }
    }
    return decoded;
}

}  // namespace

std::vector<Mount> parse_mounts(std::string_view text) {
    constexpr int kWordsBeforePoint = 4;  // ids of the mount and its parent, device, root
    std::vector<Mount> mounts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        for (int word = 0; word < kWordsBeforePoint; ++word) take_word(line);
        const std::string_view point = take_word(line);
        const std::size_t dash = line.find(" - ");
        if (point.empty() || dash == std::string_view::npos) continue;
        line.remove_prefix(dash + 3);
        mounts.push_back({decode(point), decode(take_word(line))});
    }
    return mounts;
}

std::vector<Mount> read_mounts() {
    const auto text = read_text("/proc/self/mountinfo");
    return text ? parse_mounts(*text) : std::vector<Mount>{};
}

bool is_network_type(std::string_view type) {
    // autofs: looking at the folder mounts the drive first.
    static constexpr std::string_view kTypes[] = {"nfs",  "nfs4",    "cifs",  "smb3",  "smbfs",
                                                  "9p",   "ceph",    "afs",   "ocfs2", "lustre",
                                                  "fuse", "fuseblk", "autofs"};
    return type.starts_with("fuse.") || std::ranges::find(kTypes, type) != std::end(kTypes);
}

std::string network_type_of(std::span<const Mount> mounts, const fs::path& path) {
    const Mount* innermost = nullptr;
    for (const Mount& mount : mounts) {
        // A later mount at the same point hides the earlier one.
        if (is_below(path, mount.point) &&
            (innermost == nullptr || mount.point.native().size() >= innermost->point.native().size()))
            innermost = &mount;
    }
    return innermost != nullptr && is_network_type(innermost->type) ? innermost->type : "";
}

}  // namespace hone
