// SPDX-License-Identifier: GPL-3.0-or-later
// Watches folder trees with inotify and collects settled changes.
#include "ingest/folder_watcher.hpp"

#include <dirent.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/log.hpp"
#include "base/path_map.hpp"

namespace hone {

namespace {

// A burst of changes in a folder causes one scan: after kQuiet without a change, at the latest kLatest after
// the first. Target: new photos are found within 5 s.
constexpr auto kQuiet = std::chrono::milliseconds(400);
constexpr auto kLatest = std::chrono::milliseconds(2000);
constexpr int kPollMilliseconds = 100;  // milliseconds

// A file counts once it is complete: closed after writing, or moved in.
constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE |
                                  IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW |
                                  IN_EXCL_UNLINK;

}  // namespace

std::string network_file_system(const fs::path& path) {
    struct statfs status{};
    if (::statfs(path.c_str(), &status) != 0) return "";
    // From linux/magic.h and the file systems' own sources.
    static constexpr std::pair<std::uint32_t, const char*> kKinds[] = {
        {0x6969, "nfs"},       {0x517B, "smb"},       {0xFF534D42, "cifs"}, {0xFE534D42, "smb2"},
        {0x65735546, "fuse"},  {0x01021997, "9p"},    {0x00C36400, "ceph"}, {0x5346414F, "afs"},
        {0x7461636F, "ocfs2"}, {0x0BD00BD0, "lustre"}};
    for (const auto& [magic, name] : kKinds) {
        if (static_cast<std::uint32_t>(status.f_type) == magic) return name;
    }
    return "";
}

FolderWatcher::FolderWatcher(std::function<void()> wake)
    : wake_(std::move(wake)),
      inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      interrupt_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

FolderWatcher::~FolderWatcher() = default;

void FolderWatcher::watch(std::vector<Folder> folders) {
    {
        const std::lock_guard lock(mutex_);
        folders_ = std::move(folders);
        new_folders_ = true;
    }
    ::eventfd_write(interrupt_.get(), 1);
}

std::vector<std::pair<fs::path, std::string>> FolderWatcher::unwatched() const {
    const std::lock_guard lock(mutex_);
    return unwatched_;
}

bool FolderWatcher::has_rested(const Dirty& dirty, Clock::time_point now) const {
    return now - dirty.last >= kQuiet || now - dirty.first >= kLatest;
}

FolderWatcher::Changes FolderWatcher::take() {
    const std::lock_guard lock(mutex_);
    Changes changes;
    changes.everything = std::exchange(everything_, false);
    const auto now = Clock::now();
    for (auto at = dirty_.begin(); at != dirty_.end();) {
        if (!has_rested(at->second, now)) {
            ++at;
            continue;
        }
        for (const Folder& folder : folders_) {
            if (!is_below(at->first, folder.path)) continue;
            changes.tasks.push_back({folder, at->first, at->second.recursive});
            break;
        }
        at = dirty_.erase(at);
    }
    return changes;
}

void FolderWatcher::mark(const fs::path& directory, bool recursive) {
    const auto now = Clock::now();
    auto [entry, is_new] = dirty_.try_emplace(directory, Dirty{now, now, recursive});
    if (is_new) return;
    entry->second.last = now;
    entry->second.recursive = entry->second.recursive || recursive;
}

// Adds the watch before it lists the content, so no change is missed in between.
bool FolderWatcher::add_tree(std::size_t folder, const fs::path& directory) {
    const int descriptor = ::inotify_add_watch(inotify_.get(), directory.c_str(), kEvents);
    if (descriptor < 0) return errno != ENOSPC && errno != ENOMEM;
    watches_[descriptor] = {folder, directory};
    std::vector<std::string> names;
    {
        const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(directory.c_str()), ::closedir);
        while (const dirent* entry = listing ? ::readdir(listing.get()) : nullptr) {
            const std::string name = entry->d_name;
            if (is_skipped_name(name) || (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN)) continue;
            struct stat status{};
            if (entry->d_type == DT_DIR ||
                (::lstat((directory / name).c_str(), &status) == 0 && S_ISDIR(status.st_mode)))
                names.push_back(name);
        }
    }
    return std::ranges::all_of(names,
                               [&](const std::string& name) { return add_tree(folder, directory / name); });
}

void FolderWatcher::remove_tree(const fs::path& directory) {
    for (auto watch = watches_.begin(); watch != watches_.end();) {
        if (is_below(watch->second.directory, directory)) {
            ::inotify_rm_watch(inotify_.get(), watch->first);
            watch = watches_.erase(watch);
        } else {
            ++watch;
        }
    }
}

void FolderWatcher::rebuild() {
    for (const auto& [descriptor, watch] : watches_) ::inotify_rm_watch(inotify_.get(), descriptor);
    watches_.clear();
    unwatched_.clear();
    for (std::size_t at = 0; at < folders_.size(); ++at) {
        const fs::path& path = folders_[at].path;
        std::string reason;
        if (!inotify_) {
            reason = "the system has no inotify";
        } else if (const std::string kind = network_file_system(path); !kind.empty()) {
            reason = fmt::format("it is on a network drive ({}), which does not report changes", kind);
        } else if (!add_tree(at, path)) {
            reason = "the system has no free watches; raise fs.inotify.max_user_watches";
            remove_tree(path);
        }
        if (reason.empty()) continue;
        log::info("{} is not watched: {}; Hone scans it from time to time", printable(path), reason);
        unwatched_.emplace_back(path, reason);
    }
}

void FolderWatcher::handle(int descriptor, std::uint32_t mask, const std::string& name) {
    if ((mask & IN_Q_OVERFLOW) != 0) {
        log::info("too many changes at once for the watch; Hone scans all folders");
        everything_ = true;
        new_folders_ = true;  // new folders may have been missed too
        return;
    }
    const auto found = watches_.find(descriptor);
    if (found == watches_.end()) return;
    const Watch watch = found->second;
    if ((mask & IN_IGNORED) != 0) {
        watches_.erase(found);
        return;
    }
    // The folder itself was removed. Its parent reports that, unless it is the root.
    if ((mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)) != 0) {
        if (watch.directory == folders_[watch.folder].path) mark(watch.directory, true);
        return;
    }
    if (name == kIgnoreFile) return mark(watch.directory, true);
    if (name.empty() || is_skipped_name(name)) return;
    const fs::path path = watch.directory / name;
    if ((mask & IN_ISDIR) != 0) {
        if ((mask & IN_ATTRIB) != 0) return;
        if ((mask & (IN_DELETE | IN_MOVED_FROM)) != 0) remove_tree(path);
        if ((mask & (IN_CREATE | IN_MOVED_TO)) != 0 && !add_tree(watch.folder, path)) everything_ = true;
        return mark(path, true);
    }
    // A created file causes another event when it is closed; a hard or symbolic link does not.
    struct stat status{};
    if ((mask & IN_CREATE) != 0 && ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
        status.st_nlink == 1)
        return;
    mark(watch.directory, false);
}

void FolderWatcher::loop(const std::stop_token& stop) {
    const std::stop_callback wake_up(stop, [this] { ::eventfd_write(interrupt_.get(), 1); });
    alignas(inotify_event) std::array<char, 64 * 1024> buffer{};
    while (!stop.stop_requested()) {
        std::array<pollfd, 2> ready{pollfd{inotify_.get(), POLLIN, 0}, pollfd{interrupt_.get(), POLLIN, 0}};
        bool waiting = false;
        {
            const std::lock_guard lock(mutex_);
            waiting = !dirty_.empty();
        }
        ::poll(ready.data(), ready.size(), waiting ? kPollMilliseconds : -1);
        eventfd_t count = 0;
        ::eventfd_read(interrupt_.get(), &count);
        bool tell = false;
        {
            const std::lock_guard lock(mutex_);
            ssize_t bytes = 0;
            while (inotify_ && (bytes = ::read(inotify_.get(), buffer.data(), buffer.size())) > 0) {
                for (ssize_t at = 0; at < bytes;) {
                    inotify_event event{};
                    std::memcpy(&event, buffer.data() + at, sizeof event);
                    const char* name = buffer.data() + at + sizeof event;
                    handle(event.wd, event.mask,
                           event.len > 0 ? std::string(name, ::strnlen(name, event.len)) : "");
                    at += static_cast<ssize_t>(sizeof event + event.len);
                }
            }
            if (std::exchange(new_folders_, false)) rebuild();
            const auto now = Clock::now();
            tell = everything_ || std::ranges::any_of(dirty_, [&](const auto& entry) {
                       return has_rested(entry.second, now);
                   });
        }
        if (tell) wake_();
    }
}

}  // namespace hone
