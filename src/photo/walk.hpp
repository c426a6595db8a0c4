// SPDX-License-Identifier: GPL-3.0-or-later
// Walks a folder of photos without a list of all files in memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "base/blocking_calls.hpp"
#include "base/file.hpp"
#include "photo/ignore_rules.hpp"

namespace hone {

// A file's state in the file system: enough to recognise an unchanged file without reading it.
struct FileFacts {
    fs::path path;  // absolute; the exact bytes of the file system
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;  // nanoseconds since 1970
    std::uint64_t inode = 0;
    std::uint64_t sidecar = 0;  // changes with the XMP sidecars next to the file; 0: none
};

// Reads the state of one file; may block on a slow drive. kNotFound when stat() fails, kUsage when it is not
// a regular file. Safe from any thread.
Result<FileFacts> file_facts(const fs::path& path);

// Returns a folder's path in the catalogue's form: absolute, without . and .. and without a slash at the end.
// Safe from any thread.
fs::path normal_folder(const fs::path& path);
// kUsage with the reason when the folder is missing, is a file, or cannot be read. Safe from any thread.
Result<> check_folder(const fs::path& path);
// The same with a time limit; kUnavailable when the drive does not answer. calls: the caller's own.
Result<> check_folder(const fs::path& path, BlockingCalls& calls);

// Returns true for names that a walk skips: hidden ones, and folders that systems and other programs keep for
// themselves. Pure function.
bool is_skipped_name(std::string_view name);

// Receives the results of a walk, on the thread that calls the walker.
struct WalkVisitor {
    std::function<bool(const FileFacts&)> file;  // returns false to end the walk
    // A folder or file that cannot be read. The walk continues.
    std::function<void(const fs::path&, const std::string& reason)> unreadable;
    // All later files were found through a link below this root (walk_links() only).
    std::function<void(const fs::path& root)> enter_root = {};
};

// After this many timeouts in a row, a folder counts as unreachable.
constexpr int kMostTimeouts = 3;
// Returns the reason that is recorded for a timeout. Pure function.
std::string timeout_reason(std::chrono::milliseconds patience);

// Walks the folders of one run, each folder once: nested folders, and links to folders that were already
// walked, add no file twice. Not thread-safe.
class Walker {
  public:
    // patience: the longest time without an answer of the drive. stop: ends a wait for the drive.
    explicit Walker(WalkVisitor visitor, std::chrono::milliseconds patience = kBlockingCallPatience,
                    const std::stop_token& stop = {})
        : visitor_(std::move(visitor)), calls_(patience, stop) {}

    // kCovered: this run has walked the folder before. kStopped: the visitor ended the walk.
    enum class Outcome { kWalked, kCovered, kStopped };

    // Visits the regular files below `directory`, or only those directly in it when not recursive. directory:
    // `root` or a folder below it; the .honeignore files from the root down apply. Skips hidden names
    // (leading dot) and system folders (recycle bins, other programs' thumbnails). Links to files count as
    // files; links to folders wait for walk_links(). Memory: the names of one folder's subfolders and 1,024
    // of its files. kUsage when the directory cannot be read; kUnavailable when it, or kMostTimeouts of its
    // entries in a row, do not answer.
    Result<Outcome> walk(const fs::path& root, const fs::path& directory, bool recursive);
    // Walks links to folders that this run has not visited. Call it after all walk() calls, so that a file
    // keeps its real path wherever it has one. Returns false when the visitor ended the walk.
    bool walk_links();

  private:
    struct Identity {
        std::uint64_t device, inode;
        auto operator<=>(const Identity&) const = default;
    };
    struct Link {
        fs::path root, path;
    };
    struct OpenFolder;
    // Returns false when the drive does not answer.
    bool ask(std::function<void(Heartbeat&)> call);
    bool first_visit(const OpenFolder& folder);
    // Returns false when the visitor ended the walk, or the root is unreachable.
    bool walk_folder(const fs::path& root, const std::shared_ptr<OpenFolder>& folder, bool recursive);
    void note_timeout(const fs::path& folder);
    [[nodiscard]] bool away() const { return timeouts_ >= kMostTimeouts; }

    const WalkVisitor visitor_;
    BlockingCalls calls_;
    int timeouts_ = 0;  // in a row
    std::set<Identity> visited_;
    std::vector<Link> links_;
};

}  // namespace hone
