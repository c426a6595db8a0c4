// Watches folders for changes (inotify), so that new photos are found within seconds and not at the next
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
    // wake: called from the watcher's thread when take() has something to give.
    explicit FolderWatcher(std::function<void()> wake);
    ~FolderWatcher();

    // From now on these folders, and what comes to be below them. Network drives and folders that the kernel
    // gives no more watches for are left to the scans from time to time: why() says so.
    void watch(std::vector<Folder> folders);

    struct Changes {
        std::vector<ScanTask> tasks;
        bool everything = false;  // events were lost: only a whole scan tells what changed
    };
    // What changed and has come to rest since the last call.
    Changes take();

    // Folders that are not watched, and why.
    [[nodiscard]] std::vector<std::pair<fs::path, std::string>> unwatched() const;

  private:
    using Clock = std::chrono::steady_clock;
    struct Dirty {
        Clock::time_point first, last;
        bool recursive = false;
    };
    struct Watch {
        std::size_t folder;  // of folders_
        fs::path directory;
    };

    void loop(const std::stop_token& stop);
    void rebuild();
    // Under mutex_. False when the kernel gives no more watches.
    bool add_tree(std::size_t folder, const fs::path& directory);
    void remove_tree(const fs::path& directory);
    void handle(int descriptor, std::uint32_t mask, const std::string& name);
    void mark(const fs::path& directory, bool recursive);
    [[nodiscard]] bool has_rested(const Dirty& dirty, Clock::time_point now) const;

    const std::function<void()> wake_;
    FileDescriptor inotify_, interrupt_;
    mutable std::mutex mutex_;  // guards what follows
    std::vector<Folder> folders_;
    std::vector<std::pair<fs::path, std::string>> unwatched_;
    std::unordered_map<int, Watch> watches_;  // by watch descriptor
    std::map<fs::path, Dirty> dirty_;
    bool everything_ = false, new_folders_ = false;
    std::jthread thread_;
};

// "" for a file system that tells of every change, else its kind: "nfs".
std::string network_file_system(const fs::path& path);

}  // namespace hone
