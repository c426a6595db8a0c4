// SPDX-License-Identifier: GPL-3.0-or-later
// Watches folders for changes (inotify), so that new photos are found within seconds instead of at the next
// scan. Each folder has a thread for calls to its drive, and no lock is held during such a call: a dead drive
// delays neither another folder nor a caller.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "ingest/indexer.hpp"

namespace hone {

// A folder that only periodic scans see.
struct UnwatchedFolder {
    fs::path path;
    std::string reason;
};

// Safe from any thread. No call waits for a drive, nor does the destructor.
class FolderWatcher {
  public:
    // wake: called on the watcher's thread when take() has changes. patience: the longest time without an
    // answer of a folder's drive.
    explicit FolderWatcher(std::function<void()> wake,
                           std::chrono::milliseconds patience = kBlockingCallPatience);
    ~FolderWatcher();

    // Watches these folders, and everything created below them, from now on. Existing watches stay, and
    // missing ones are added. Only periodic scans see network drives (also those below a folder), folders
    // whose drive does not answer, and folders for which the kernel has no more watches.
    void watch(std::vector<Folder> folders);

    struct Changes {
        std::vector<ScanTask> tasks;
        bool everything = false;  // events were lost: only a whole scan finds the changes
    };
    // Returns and clears the changes that have settled since the last call.
    Changes take();

    // Returns the folders without a watch, and the network drives below folders, with the reasons.
    [[nodiscard]] std::vector<UnwatchedFolder> unwatched() const;

  private:
    struct Job;
    struct Tree;
    struct State;
    static void loop(State& state, const std::stop_token& stop);
    static void run_jobs(const std::shared_ptr<State>& state, Tree& tree, const std::stop_token& stop);

    const std::shared_ptr<State> state_;  // abandoned calls share the ownership
    std::jthread thread_;
};

}  // namespace hone
