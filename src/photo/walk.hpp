// Walks a folder of photos without a list of all files in memory.
#pragma once

#include <cstdint>
#include <functional>

#include "base/file.hpp"

namespace hone {

// What the file system says of a file, enough to see that it is unchanged without reading it.
struct FileFacts {
    fs::path path;  // absolute; the bytes as the file system has them
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;  // since 1970
    std::uint64_t inode = 0;
};

Result<FileFacts> file_facts(const fs::path& path);

// The way a folder is written in the catalogue: absolute, without . and .. and without a slash at the end.
fs::path normal_folder(const fs::path& path);
// kUsage with the reason when it is missing, a file, or cannot be read.
Result<> check_folder(const fs::path& path);

struct WalkVisitor {
    std::function<bool(const FileFacts&)> file;  // false ends the walk
    std::function<void(const fs::path&, const std::string& reason)>
        unreadable;  // a folder or file that cannot be read
};

// Regular files below root, folders in byte order of their names so that two walks agree. Hidden names (a dot
// first) and system folders (recycle bins, thumbnails of other programs) are skipped; links to folders are
// not followed. Fails only when root itself is no readable folder.
Result<> walk(const fs::path& root, const WalkVisitor& visitor);

}  // namespace hone
