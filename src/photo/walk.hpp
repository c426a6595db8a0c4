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

// What the file system says of a file, enough to see that it is unchanged without reading it.
struct FileFacts {
    fs::path path;  // absolute; the bytes as the file system has them
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;  // since 1970
    std::uint64_t inode = 0;
    std::uint64_t sidecar = 0;  // changes with the XMP sidecars beside it; 0: none
};

Result<FileFacts> file_facts(const fs::path& path);

// The way a folder is written in the catalogue: absolute, without . and .. and without a slash at the end.
fs::path normal_folder(const fs::path& path);
// kUsage with the reason when it is missing, a file, or cannot be read.
Result<> check_folder(const fs::path& path);

// Names that are passed over: hidden ones, and folders that systems and other programs keep for themselves.
bool is_skipped_name(std::string_view name);

struct WalkVisitor {
    std::function<bool(const FileFacts&)> file;  // false ends the walk
    // A folder or file that cannot be read; the walk goes on.
    std::function<void(const fs::path&, const std::string& reason)> unreadable;
    // What follows was found by a link below this root (walk_links() only).
    std::function<void(const fs::path& root)> enter_root = {};
};

// So often in a row may something of a folder not answer, before the folder is taken to be away.
constexpr int kMostTimeouts = 3;
std::string timeout_reason(std::chrono::milliseconds patience);

// Walks the folders of one run, each folder once: folders inside of others, and links that lead to folders
// which were walked already, bring nothing twice. For one thread.
class Walker {
  public:
    // patience: how long a drive may keep silent. stop ends a wait for it.
    explicit Walker(WalkVisitor visitor, std::chrono::milliseconds patience = kBlockingCallPatience,
                    const std::stop_token& stop = {})
        : visitor_(std::move(visitor)), calls_(patience, stop) {}

    enum class Outcome { kWalked, kCovered, kStopped };

    // Regular files below `directory`, which is root or lies below it (whose .honeignore files hold), or only
    // those right in it. Hidden names (a dot first) and system folders (recycle bins, thumbnails of other
    // programs) are skipped. Links to files are files; links to folders wait for walk_links(). Memory: the
    // names of one folder's folders, and a thousand of its files. kCovered: this run was there before. Fails
    // when the directory cannot be read; kUnavailable when it, or what is in it again and again, does not
    // answer.
    Result<Outcome> walk(const fs::path& root, const fs::path& directory, bool recursive);
    // Links to folders that no walk of this run has seen, and what is in them; so files have the path that
    // they really have wherever there is one. False when the visitor ended it.
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
    // False when the drive does not answer.
    bool ask(std::function<void(Heartbeat&)> call);
    bool first_visit(const OpenFolder& folder);
    // False when the visitor ended it, or the root is away.
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
