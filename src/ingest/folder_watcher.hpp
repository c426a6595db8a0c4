// SPDX-License-Identifier: GPL-3.0-or-later
// Watches folders for changes (inotify), so that new photos are found within seconds instead of at the next
// scan.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/file.hpp"
#include "ingest/indexer.hpp"

namespace hone {

// Safe from any thread.
class FolderWatcher {
  public:
    // wake: called on the watcher's thread when take() has changes.
    explicit FolderWatcher(std::function<void()> wake);
    ~FolderWatcher();

    // Watches these folders, and everything created below them, from now on. Only periodic scans see network
    // drives, and folders for which the kernel has no more watches; unwatched() lists them.
    void watch(std::vector<Folder> folders);

    struct Changes {
        std::vector<ScanTask> tasks;
        bool everything = false;  // events were lost: only a whole scan finds the changes
    };
    // Returns and clears the changes that have settled since the last call.
    Changes take();

    // Returns the folders without a watch, with the reasons.
    [[nodiscard]] std::vector<std::pair<fs::path, std::string>> unwatched() const;

  private:
    using Clock = std::chrono::steady_clock;
    struct Dirty {
        Clock::time_point first, last;
        bool recursive = false;
    };
    struct Watch {
        std::size_t folder;  // index into folders_
        fs::path directory;
    };

    void loop(const std::stop_token& stop);
    void rebuild();
    // Requires mutex_. Returns false when the kernel has no more watches.
    bool add_tree(std::size_t folder, const fs::path& directory);
    void remove_tree(const fs::path& directory);
    void handle(int descriptor, std::uint32_t mask, const std::string& name);
    void mark(const fs::path& directory, bool recursive);
    [[nodiscard]] bool has_rested(const Dirty& dirty, Clock::time_point now) const;

    const std::function<void()> wake_;
    FileDescriptor inotify_, interrupt_;
    mutable std::mutex mutex_;  // guards the members below
    std::vector<Folder> folders_;
    std::vector<std::pair<fs::path, std::string>> unwatched_;
    std::unordered_map<int, Watch> watches_;  // by watch descriptor
    std::map<fs::path, Dirty> dirty_;
    bool everything_ = false, new_folders_ = false;
    std::jthread thread_;
};

// Returns the kind of a file system that does not report changes of other machines ("nfs"), or "". May block
// on a dead drive.
std::string network_file_system(const fs::path& path);

}  // namespace hone
