// SPDX-License-Identifier: GPL-3.0-or-later
// A disk that fails on purpose. It stands under Hone's own calls (base/file_system.hpp) and, as SQLite's
// default VFS, under every database; both count as one sequence of calls. Only what is below one folder is
// on this disk, everything else is left alone.
//
// It keeps, in memory, what a power cut would leave: the content of each file when it was last synced, and
// the names of each folder when that was. Calls work on the real files meanwhile. Nothing is really synced,
// so a campaign does not wait for the machine's disk.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "base/file.hpp"
#include "base/file_system.hpp"

namespace hone::test {

enum class Fault {
    kNone,
    kIoError,   // one call fails with EIO
    kNoSpace,   // one call fails with ENOSPC, if it needs space
    kDiskFull,  // this and every later call that needs space fails with ENOSPC
    kShort,     // one call of read or write transfers half of the bytes
    kPowerCut,  // this and every later call does nothing and fails, until restart()
    kHang,      // one call takes long; then it works
};

struct FaultPlan {
    Fault fault = Fault::kNone;
    std::uint64_t at = 0;  // the number of the call, from 1
    // What survives a power cut. 0: only what was synced. 1: everything, as after kill -9. 2: all names, but
    // no content that was not synced. Others: a random number of the oldest names and random pages, from this
    // seed.
    std::uint32_t survivors = 0;
};

// One at a time in a process; the present one while it lives. Safe from any thread, except restart().
class FaultyFileSystem final : public FileSystem {
  public:
    // The present content of the folder counts as synced. root: absolute, without links.
    explicit FaultyFileSystem(fs::path root);
    ~FaultyFileSystem() override;
    FaultyFileSystem(const FaultyFileSystem&) = delete;
    FaultyFileSystem& operator=(const FaultyFileSystem&) = delete;

    // Counts from zero again.
    void start(const FaultPlan& plan);
    [[nodiscard]] std::uint64_t calls() const;
    // The numbers of the calls since start() that this fault can hit.
    [[nodiscard]] std::vector<std::uint64_t> calls_for(Fault fault) const;
    // Describes the call that failed; empty when the plan met none.
    [[nodiscard]] std::string injected() const;
    // After a power cut: the folder contains what survived, the machine has another boot id, and calls work.
    // No file of the folder may be open.
    void restart();

    int open(const char* path, int flags, mode_t mode) override;
    int close(int file) override;
    ssize_t read(int file, void* bytes, std::size_t count) override;
    ssize_t read_at(int file, void* bytes, std::size_t count, off_t at) override;
    ssize_t write(int file, const void* bytes, std::size_t count) override;
    int truncate(int file, off_t bytes) override;
    int reserve(int file, off_t bytes) override;
    int sync(int file) override;
    int sync_data(int file) override;
    int sync_all(int file) override;
    int lock(int file, int operation) override;
    int status(int file, struct stat& status) override;
    int status(const char* path, struct stat& status) override;
    int rename(const char* from, const char* to) override;
    int remove(const char* path) override;
    int make_folder(const char* path, mode_t mode) override;
    int remove_folder(const char* path) override;
    int list(const char* path, std::vector<std::string>& names) override;
    void* map(int file, std::size_t bytes, bool writable) override;
    int unmap(void* base, std::size_t bytes) override;
    int sync_map(void* base, std::size_t bytes) override;

    // For the VFS.
    struct Node {
        bool folder = false;
        std::string synced;  // content that survives
    };
    using NodePointer = std::shared_ptr<Node>;
    enum class Needs { kNothing, kSpace };
    [[nodiscard]] bool is_here(const std::string& path) const;
    // Counts a call. Returns 0, or the error with which it fails.
    int enter(const char* call, const std::string& path, Needs needs, bool transfers = false);
    // The file now exists under this path. Returns it; is_new: whether it did not exist before.
    NodePointer opened(const std::string& path, bool& is_new);
    void removed(const std::string& path);
    void synced(const NodePointer& node, std::string content);
    void synced_folder_of(const std::string& path);

  private:
    // A change of names: path to node, or null where a name went away.
    using Change = std::vector<std::pair<std::string, NodePointer>>;
    struct Open {
        NodePointer node;
        std::string path;
    };

    [[nodiscard]] std::string path_of(int file) const;
    [[nodiscard]] std::size_t part_of(const char* call, int file, std::size_t count);
    int sync_as(const char* call, int file);
    static void apply(const Change& change, std::map<std::string, NodePointer>& names);
    void change(Change change);
    void sync_folder(const std::string& path);
    void cut_power();

    const std::string root_, boot_id_file_;
    mutable std::mutex mutex_;  // guards everything below
    FaultPlan plan_;
    std::uint64_t calls_ = 0;
    std::vector<std::pair<Needs, bool>> trace_;  // by call: what it needs, and whether it transfers bytes
    std::string injected_;
    bool dead_ = false;
    int boots_ = 1;
    std::map<std::string, NodePointer> live_, synced_;  // names below the root
    std::vector<Change> waiting_;                   // changes of names that no sync has followed, in order
    std::map<std::string, std::string> survivors_;  // content of files after the cut
    std::map<std::string, fs::perms> modes_;        // and their modes
    std::set<std::string> surviving_folders_;
    std::map<int, Open> open_;
    std::map<void*, Open> maps_;
};

}  // namespace hone::test
