// SPDX-License-Identifier: GPL-3.0-or-later
// Watches folder trees with inotify and collects settled changes.
#include "ingest/folder_watcher.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>

#include "base/log.hpp"
#include "base/mounts.hpp"
#include "base/path_map.hpp"

namespace hone {

namespace {

using Clock = std::chrono::steady_clock;

// A burst of changes in a folder causes one scan: after kQuiet without a change, at the latest kLatest after
// the first. Target: new photos are found within 5 s.
constexpr auto kQuiet = std::chrono::milliseconds(400);
constexpr auto kLatest = std::chrono::milliseconds(2000);
constexpr int kPollMilliseconds = 100;
// Coarsest time of a change in common file systems (FAT).
constexpr std::int64_t kTimeStep = 2'000'000'000;  // nanoseconds
// More created files than this at once cause a scan of their folder without a closer look.
constexpr std::size_t kMostCreated = 10'000;

// A file counts once it is complete: closed after writing, or moved in.
constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE |
                                  IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW |
                                  IN_EXCL_UNLINK;

constexpr const char* kNoWatches = "the system has no free watches; raise fs.inotify.max_user_watches";

std::string network_reason(const std::string& type) {
    return fmt::format("it is on a network drive ({}), which does not report changes", type);
}

// Nanoseconds since 1970.
std::int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

// Returns the mounts below a folder.
std::vector<Mount> mounts_below(std::span<const Mount> mounts, const fs::path& folder) {
    std::vector<Mount> below;
    for (const Mount& mount : mounts) {
        if (mount.point != folder && is_below(mount.point, folder)) below.push_back(mount);
    }
    return below;
}

struct Dirty {
    Clock::time_point first, last;
    bool recursive = false;
    [[nodiscard]] bool has_rested(Clock::time_point now) const {
        return now - last >= kQuiet || now - first >= kLatest;
    }
};

}  // namespace

// A folder, its work and its state. Guarded by State::mutex.
struct FolderWatcher::Tree {
    Folder folder;
    // The work of the runner:
    bool wants_sync = false;     // add every missing watch
    std::set<fs::path> added;    // new folders below
    std::set<fs::path> created;  // new files; links among them are complete
    std::int64_t since = 0;      // time of the oldest work, nanoseconds since 1970
    // The state after the last sync:
    bool complete = false;                    // every folder below has a watch
    std::string reason;                       // why it has none
    fs::path real;                            // the folder without links
    std::vector<Mount> below;                 // mounts below it
    std::map<fs::path, std::string> skipped;  // network drives below it, with their types
    std::weak_ptr<Job> stuck;                 // the last abandoned job, until its drive answers
    std::jthread runner;                      // ends first

    [[nodiscard]] bool has_work() const { return wants_sync || !added.empty() || !created.empty(); }
    void note_work() {
        if (!has_work()) since = now_ns();
    }
};

struct FolderWatcher::State {
    State(std::function<void()> callback, std::chrono::milliseconds limit)
        : wake(std::move(callback)),
          patience(limit),
          inotify(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
          interrupt(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

    const std::function<void()> wake;
    const std::chrono::milliseconds patience;
    const FileDescriptor inotify, interrupt;
    std::mutex mutex;  // guards the members below; never held during a call to a user's folder
    std::condition_variable_any has_work;
    std::vector<std::unique_ptr<Tree>> trees;
    std::vector<Mount> mounts;
    std::unordered_map<int, std::string> watches;  // directory by watch descriptor
    std::map<std::string, int> descriptors;        // the inverse, in order, for whole trees
    std::map<fs::path, Dirty> dirty;
    bool everything = false;

    // The functions below require mutex.
    [[nodiscard]] Tree* tree_of(const fs::path& path) const {
        const auto found =
            std::ranges::find_if(trees, [&](const auto& tree) { return is_below(path, tree->folder.path); });
        return found == trees.end() ? nullptr : found->get();
    }
    void mark(const fs::path& directory, bool recursive) {
        const auto now = Clock::now();
        auto [entry, is_new] = dirty.try_emplace(directory, Dirty{now, now, recursive});
        if (is_new) return;
        entry->second.last = now;
        entry->second.recursive = entry->second.recursive || recursive;
    }
    // Returns true when the directory had no watch before.
    bool record(int descriptor, const std::string& directory) {
        const auto [watch, is_new] = watches.try_emplace(descriptor, directory);
        if (!is_new && watch->second != directory) {  // it was renamed
            if (const auto old = descriptors.find(watch->second);
                old != descriptors.end() && old->second == descriptor)
                descriptors.erase(old);
            watch->second = directory;
        }
        const auto [at, first] = descriptors.try_emplace(directory, descriptor);
        if (!first && at->second != descriptor) {  // another directory was here
            ::inotify_rm_watch(inotify.get(), at->second);
            watches.erase(at->second);
            at->second = descriptor;
        }
        return is_new;
    }
    // Forgets a watch that the kernel has removed.
    void forget(int descriptor) {
        const auto watch = watches.find(descriptor);
        if (watch == watches.end()) return;
        if (const auto at = descriptors.find(watch->second);
            at != descriptors.end() && at->second == descriptor)
            descriptors.erase(at);
        watches.erase(watch);
    }
    // Removes the watches of the directory and of everything below it, except those of other folders.
    void remove_tree(const std::string& directory, const Tree* owner) {
        const auto remove = [&](auto at) {
            if (const Tree* other = tree_of(at->first); other != nullptr && other != owner)
                return std::next(at);
            ::inotify_rm_watch(inotify.get(), at->second);
            watches.erase(at->second);
            return descriptors.erase(at);
        };
        if (const auto at = descriptors.find(directory); at != descriptors.end()) remove(at);
        const std::string prefix = directory.ends_with('/') ? directory : directory + '/';
        for (auto at = descriptors.lower_bound(prefix);
             at != descriptors.end() && at->first.starts_with(prefix);)
            at = remove(at);
    }
    void request_sync(Tree& tree) {
        tree.note_work();
        tree.wants_sync = true;
        has_work.notify_all();
    }
    void handle(int descriptor, std::uint32_t mask, const std::string& name);
};

// Work for a folder, done on a helper thread that may be abandoned, so it owns everything it uses.
struct FolderWatcher::Job {
    std::shared_ptr<State> state;
    fs::path root;
    bool sync = false;
    std::set<fs::path> added, created;
    std::int64_t since = 0;
    std::vector<Mount> mounts;
    bool cancelled = false;  // guarded by state->mutex
    // Results, and before that the present values:
    std::string reason;
    fs::path real;
    std::map<fs::path, std::string> skipped;

    void run(Heartbeat& heartbeat) {
        if (sync) watch_root(heartbeat);
        if (!reason.empty()) return;
        for (const fs::path& directory : added) watch_tree(directory, heartbeat);
        for (const fs::path& file : created) look_at(file, heartbeat);
    }

  private:
    void watch_root(Heartbeat& heartbeat) {
        reason.clear();
        skipped.clear();
        if (!state->inotify) {
            reason = "the system has no inotify";
            return;
        }
        std::error_code error;
        real = fs::canonical(root, error);
        heartbeat.beat();
        if (error) {
            reason = fmt::format("it cannot be read now: {}", error.message());
            return;
        }
        if (const std::string type = network_type_of(mounts, real); !type.empty()) {
            reason = network_reason(type);
            return;
        }
        for (const Mount& mount : mounts_below(mounts, real)) {
            const std::string type = network_type_of(mounts, mount.point);
            if (!type.empty()) skipped[root / mount.point.lexically_relative(real)] = type;
        }
        watch_tree(root, heartbeat);
    }
    // Adds each watch before it lists the content, so no change is missed in between.
    void watch_tree(const fs::path& top, Heartbeat& heartbeat) {
        std::vector<fs::path> left{top};
        while (!left.empty() && reason.empty()) {
            const fs::path directory = std::move(left.back());
            left.pop_back();
            if (skipped.contains(directory)) continue;
            const int descriptor = ::inotify_add_watch(state->inotify.get(), directory.c_str(), kEvents);
            const int error = errno;
            heartbeat.beat();
            if (descriptor < 0 && (error == ENOSPC || error == ENOMEM)) reason = kNoWatches;
            if (descriptor < 0 && directory == root && reason.empty())
                reason = fmt::format("it cannot be read now: {}", std::strerror(error));
            if (descriptor < 0) continue;
            bool is_new = false;
            {
                const std::lock_guard lock(state->mutex);
                if (cancelled) return;
                is_new = state->record(descriptor, directory.native());
            }
            list(directory, is_new, left, heartbeat);
        }
    }
    void list(const fs::path& directory, bool is_new, std::vector<fs::path>& folders, Heartbeat& heartbeat) {
        const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(directory.c_str()), ::closedir);
        heartbeat.beat();
        if (!listing) return;
        struct stat status{};
        // A scan may have passed the directory before it was watched, so a recent change needs another one.
        if (is_new && ::fstat(::dirfd(listing.get()), &status) == 0 &&
            std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec >= since - kTimeStep)
            mark(directory);
        while (const dirent* entry = ::readdir(listing.get())) {
            heartbeat.beat();
            const std::string name = entry->d_name;
            if (is_skipped_name(name) || (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN)) continue;
            // A network drive below may not answer.
            if (skipped.contains(directory / name)) continue;
            if (entry->d_type == DT_DIR ||
                (::fstatat(::dirfd(listing.get()), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                 S_ISDIR(status.st_mode)))
                folders.push_back(directory / name);
        }
    }
    // A created file causes another event when it is closed; a hard or symbolic link does not.
    void look_at(const fs::path& file, Heartbeat& heartbeat) {
        struct stat status{};
        const bool written =
            ::lstat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1;
        heartbeat.beat();
        if (!written) mark(file.parent_path());
    }
    void mark(const fs::path& directory) {
        const std::lock_guard lock(state->mutex);
        if (cancelled) return;
        state->mark(directory, false);
        ::eventfd_write(state->interrupt.get(), 1);
    }
};

FolderWatcher::FolderWatcher(std::function<void()> wake, std::chrono::milliseconds patience)
    : state_(std::make_shared<State>(std::move(wake), patience)) {
    thread_ = std::jthread([state = state_](const std::stop_token& stop) { loop(*state, stop); });
}

FolderWatcher::~FolderWatcher() {
    std::vector<std::unique_ptr<Tree>> trees;
    {
        const std::lock_guard lock(state_->mutex);
        trees.swap(state_->trees);
    }
    for (const auto& tree : trees) tree->runner.request_stop();
}

void FolderWatcher::watch(std::vector<Folder> folders) {
    std::vector<Mount> mounts = read_mounts();
    std::vector<std::unique_ptr<Tree>> gone;  // their runners need the mutex to end
    const std::lock_guard lock(state_->mutex);
    state_->mounts = std::move(mounts);
    gone.swap(state_->trees);
    for (Folder& folder : folders) {
        const auto known = std::ranges::find_if(
            gone, [&](const auto& tree) { return tree && tree->folder.path == folder.path; });
        std::unique_ptr<Tree> tree;
        if (known != gone.end()) {
            tree = std::move(*known);
            tree->folder = std::move(folder);
        } else {
            tree = std::make_unique<Tree>();
            tree->folder = std::move(folder);
            tree->runner = std::jthread([state = state_, tree = tree.get()](const std::stop_token& stop) {
                run_jobs(state, *tree, stop);
            });
        }
        state_->trees.push_back(std::move(tree));
    }
    for (const auto& tree : gone) {
        if (!tree) continue;
        tree->runner.request_stop();
        state_->remove_tree(tree->folder.path.native(), tree.get());
    }
    for (const auto& tree : state_->trees) {
        if (!tree->complete || mounts_below(state_->mounts, tree->real) != tree->below)
            state_->request_sync(*tree);
    }
}

std::vector<UnwatchedFolder> FolderWatcher::unwatched() const {
    const std::lock_guard lock(state_->mutex);
    std::vector<UnwatchedFolder> list;
    for (const auto& tree : state_->trees) {
        if (!tree->reason.empty()) list.push_back({tree->folder.path, tree->reason});
        for (const auto& [path, type] : tree->skipped) list.push_back({path, network_reason(type)});
    }
    return list;
}

FolderWatcher::Changes FolderWatcher::take() {
    const std::lock_guard lock(state_->mutex);
    Changes changes;
    changes.everything = std::exchange(state_->everything, false);
    const auto now = Clock::now();
    for (auto at = state_->dirty.begin(); at != state_->dirty.end();) {
        if (!at->second.has_rested(now)) {
            ++at;
            continue;
        }
        if (const Tree* tree = state_->tree_of(at->first))
            changes.tasks.push_back({tree->folder, at->first, at->second.recursive});
        at = state_->dirty.erase(at);
    }
    return changes;
}

// Runs the jobs of one folder, one after the other.
void FolderWatcher::run_jobs(const std::shared_ptr<State>& state, Tree& tree, const std::stop_token& stop) {
    std::unique_lock lock(state->mutex);
    while (state->has_work.wait(lock, stop, [&] { return tree.has_work(); }) && !stop.stop_requested()) {
        const auto job = std::make_shared<Job>();
        job->state = state;
        job->root = tree.folder.path;
        job->sync = std::exchange(tree.wants_sync, false);
        job->added = std::exchange(tree.added, {});
        job->created = std::exchange(tree.created, {});
        job->since = tree.since;
        job->mounts = state->mounts;
        job->reason = job->sync ? "" : tree.reason;
        job->real = tree.real;
        job->skipped = tree.skipped;
        const std::string before = tree.reason;
        // A drive that still owes an answer gets no further question.
        bool answered = tree.stuck.expired();
        std::string network;
        if (answered && job->sync) network = network_type_of(job->mounts, job->root);
        if (!network.empty()) {
            // Without a look at the drive; a link to a network drive is found out by a look.
            job->reason = network_reason(network);
        } else if (answered) {
            lock.unlock();
            {
                BlockingCalls calls(state->patience, stop);
                answered = calls.run([job](Heartbeat& heartbeat) { job->run(heartbeat); });
            }
            lock.lock();
            if (stop.stop_requested()) return;
            if (!answered) tree.stuck = job;
        }
        job->cancelled = true;
        if (!answered) {
            tree.complete = false;
            tree.reason = timeout_reason(state->patience);
        } else {
            if (job->sync) {
                tree.real = job->real;
                tree.below = mounts_below(job->mounts, job->real);
                tree.skipped = job->skipped;
            }
            tree.complete = job->reason.empty() && (job->sync || tree.complete);
            tree.reason = job->reason;
        }
        if (tree.reason.empty()) continue;
        state->remove_tree(tree.folder.path.native(), &tree);
        if (tree.reason != before)
            log::info("{} is not watched: {}; Hone scans it from time to time", printable(tree.folder.path),
                      tree.reason);
    }
}

void FolderWatcher::State::handle(int descriptor, std::uint32_t mask, const std::string& name) {
    if ((mask & IN_Q_OVERFLOW) != 0) {
        log::info("too many changes at once for the watch; Hone scans all folders");
        everything = true;
        for (const auto& tree : trees) request_sync(*tree);  // new folders may have been missed too
        return;
    }
    const auto found = watches.find(descriptor);
    if (found == watches.end()) return;
    const fs::path directory = found->second;
    Tree* const tree = tree_of(directory);
    if ((mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)) != 0) {
        // The folder itself was removed. Its parent reports that, unless it is the root.
        const bool is_root = tree != nullptr && directory == tree->folder.path;
        if (is_root) tree->complete = false;
        if ((mask & IN_IGNORED) != 0)
            forget(descriptor);
        else if (is_root)
            mark(directory, true);
        return;
    }
    if (name == kIgnoreFile) return mark(directory, true);
    if (tree == nullptr || name.empty() || is_skipped_name(name)) return;
    const fs::path path = directory / name;
    if ((mask & IN_ISDIR) != 0) {
        if ((mask & IN_ATTRIB) != 0) return;
        if ((mask & (IN_DELETE | IN_MOVED_FROM)) != 0) remove_tree(path.native(), tree);
        if ((mask & (IN_CREATE | IN_MOVED_TO)) != 0) {
            tree->note_work();
            tree->added.insert(path);
            has_work.notify_all();
        }
        return mark(path, true);
    }
    if ((mask & IN_CREATE) != 0 && tree->created.size() < kMostCreated) {
        tree->note_work();
        tree->created.insert(path);
        has_work.notify_all();
        return;
    }
    mark(directory, false);
}

void FolderWatcher::loop(State& state, const std::stop_token& stop) {
    const std::stop_callback wake_up(stop, [&] { ::eventfd_write(state.interrupt.get(), 1); });
    alignas(inotify_event) std::array<char, 64 * 1024> buffer{};
    while (!stop.stop_requested()) {
        std::array<pollfd, 2> ready{pollfd{state.inotify.get(), POLLIN, 0},
                                    pollfd{state.interrupt.get(), POLLIN, 0}};
        bool waiting = false;
        {
            const std::lock_guard lock(state.mutex);
            waiting = !state.dirty.empty();
        }
        ::poll(ready.data(), ready.size(), waiting ? kPollMilliseconds : -1);
        eventfd_t count = 0;
        ::eventfd_read(state.interrupt.get(), &count);
        ssize_t bytes = 0;
        while (state.inotify && (bytes = ::read(state.inotify.get(), buffer.data(), buffer.size())) > 0) {
            const std::lock_guard lock(state.mutex);
            for (ssize_t at = 0; at < bytes;) {
                inotify_event event{};
                std::memcpy(&event, buffer.data() + at, sizeof event);
                const char* name = buffer.data() + at + sizeof event;
                state.handle(event.wd, event.mask,
                             event.len > 0 ? std::string(name, ::strnlen(name, event.len)) : "");
                at += static_cast<ssize_t>(sizeof event + event.len);
            }
        }
        bool has_changes = false;
        {
            const std::lock_guard lock(state.mutex);
            const auto now = Clock::now();
            has_changes = state.everything || std::ranges::any_of(state.dirty, [&](const auto& entry) {
                              return entry.second.has_rested(now);
                          });
        }
        if (has_changes) state.wake();
    }
}

}  // namespace hone
