// SPDX-License-Identifier: GPL-3.0-or-later
// Reads folders in chunks, behind time limits, and applies ignore rules, sidecars and links.
#include "photo/walk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <unordered_map>

namespace hone {

namespace {

// Folders that Synology, Windows, macOS and Linux create in photo folders; none contains a person's photos.
constexpr std::string_view kSystemFolders[] = {
    "@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found", "RECYCLER"};

FileFacts to_facts(fs::path path, const struct stat& status) {
    return {std::move(path), static_cast<std::uint64_t>(status.st_size),
            std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec, status.st_ino};
}

constexpr std::size_t kChunk = 1024;  // files of one folder in memory at a time

using Directory = std::unique_ptr<DIR, int (*)(DIR*)>;

// The XMP sidecars of a folder: required name or stem of the photo -> stamp that changes with the sidecar.
using Sidecars = std::unordered_map<std::string, std::uint64_t>;

std::uint64_t mix(std::uint64_t state, std::uint64_t value) {  // FNV-1a, eight bytes at once
    return (state ^ value) * 0x100000001B3ULL;
}

// Reads all names of the folder once, for its sidecars only.
Sidecars list_sidecars(DIR* directory, Heartbeat& heartbeat) {
    Sidecars sidecars;
    while (const dirent* entry = ::readdir(directory)) {
        heartbeat.beat();
        const std::string_view name = entry->d_name;
        if (name.size() < 5 || name.starts_with('.') || !(name.ends_with(".xmp") || name.ends_with(".XMP")))
            continue;
        struct stat status{};
        if (::fstatat(::dirfd(directory), entry->d_name, &status, 0) != 0) continue;
        std::uint64_t& stamp = sidecars[std::string(name.substr(0, name.size() - 4))];
        stamp = mix(mix(mix(stamp, static_cast<std::uint64_t>(status.st_size)),
                        static_cast<std::uint64_t>(status.st_mtim.tv_sec)),
                    static_cast<std::uint64_t>(status.st_mtim.tv_nsec) + 1);
    }
    ::rewinddir(directory);
    return sidecars;
}

std::uint64_t sidecar_stamp(const Sidecars& sidecars, const std::string& name) {
    if (sidecars.empty()) return 0;
    std::uint64_t stamp = 0;
    for (const std::string& key : {name, name.substr(0, name.rfind('.'))}) {
        if (const auto found = sidecars.find(key); found != sidecars.end())
            stamp = mix(stamp + 1, found->second);
    }
    return stamp & INT64_MAX;  // SQLite's integers are signed
}

}  // namespace

bool is_skipped_name(std::string_view name) {
    return name.starts_with('.') || std::ranges::find(kSystemFolders, name) != std::end(kSystemFolders);
}

// A folder during its walk. The helper thread uses it and may be abandoned, so it shares ownership with the
// walker.
struct Walker::OpenFolder {
    fs::path path;
    bool there = false;
    Identity identity{};
    std::shared_ptr<const IgnoreRules> rules;
    Directory directory{nullptr, ::closedir};
    int error = 0;
    Sidecars sidecars;
    bool unresponsive = false;  // used by the walker only: a read() timed out
    // The results of the last read().
    std::vector<FileFacts> files;
    std::vector<std::string> folders;
    std::vector<fs::path> links;

    void open(std::shared_ptr<const IgnoreRules> its_rules, Heartbeat& heartbeat) {
        rules = std::move(its_rules);
        struct stat status{};
        there = ::stat(path.c_str(), &status) == 0;
        if (!there) return;
        identity = {status.st_dev, status.st_ino};
        directory.reset(::opendir(path.c_str()));
        error = errno;
        heartbeat.beat();
        if (directory) sidecars = list_sidecars(directory.get(), heartbeat);
    }
    // Reads the next kChunk files. Closes the folder at its end, because a deep tree must not hold one
    // descriptor per level.
    void read(bool recursive, Heartbeat& heartbeat) {
        files.clear();
        links.clear();
        while (files.size() < kChunk) {
            errno = 0;
            const dirent* entry = ::readdir(directory.get());
            heartbeat.beat();
            if (entry == nullptr) {
                error = errno;
                directory.reset();
                return;
            }
            const std::string name = entry->d_name;
            if (is_skipped_name(name)) continue;
            const int here = ::dirfd(directory.get());
            struct stat status{};
            // A folder is not asked here: it may be the mount point of a drive that does not answer.
            bool is_folder = entry->d_type == DT_DIR, link = false;
            if (!is_folder) {
                // Deleted meanwhile.
                if (::fstatat(here, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
                link = S_ISLNK(status.st_mode);
                if (link && ::fstatat(here, name.c_str(), &status, 0) != 0) continue;  // a dangling link
                is_folder = S_ISDIR(status.st_mode);
                if (!is_folder && !S_ISREG(status.st_mode)) continue;
            }
            if (is_folder && !recursive) continue;
            fs::path inside = path / name;
            if (rules->ignores(inside, is_folder)) continue;
            if (is_folder && link) {
                links.push_back(std::move(inside));
            } else if (is_folder) {
                folders.push_back(name);
            } else {
                files.push_back(to_facts(std::move(inside), status));
                files.back().sidecar = sidecar_stamp(sidecars, name);
            }
        }
    }
};

std::string timeout_reason(std::chrono::milliseconds patience) {
    return fmt::format("it does not answer within {:g} s: is its network drive gone?",
                       std::chrono::duration<double>(patience).count());
}

bool Walker::ask(std::function<void(Heartbeat&)> call) {
    if (away()) return false;
    const bool answered = calls_.run(std::move(call));
    timeouts_ = answered ? 0 : timeouts_ + 1;
    return answered;
}

void Walker::note_timeout(const fs::path& folder) {
    visitor_.unreadable(folder, timeout_reason(calls_.patience()));
}

bool Walker::first_visit(const OpenFolder& folder) {
    return folder.there && visited_.insert(folder.identity).second;
}

Result<Walker::Outcome> Walker::walk(const fs::path& root, const fs::path& directory, bool recursive) {
    timeouts_ = 0;
    const auto folder = std::make_shared<OpenFolder>();
    folder->path = directory;
    const auto checked = std::make_shared<Result<>>();
    const bool answered = ask([=](Heartbeat& heartbeat) {
        *checked = check_folder(folder->path);
        if (*checked) folder->open(IgnoreRules::of(root, folder->path), heartbeat);
    });
    if (!answered) return fail(ErrorKind::kUnavailable, "{}", timeout_reason(calls_.patience()));
    HONE_CHECK(*checked);
    if (!first_visit(*folder)) return Outcome::kCovered;
    const bool walked = walk_folder(root, folder, recursive);
    if (away() || folder->unresponsive) {
        std::erase_if(links_, [&](const Link& link) { return link.root == root; });
        return fail(ErrorKind::kUnavailable, "{}", timeout_reason(calls_.patience()));
    }
    return walked ? Outcome::kWalked : Outcome::kStopped;
}

bool Walker::walk_links() {
    timeouts_ = 0;
    // Links below a link's target are appended during this loop.
    for (std::size_t at = 0; at < links_.size(); ++at) {
        const Link link = links_[at];
        const auto folder = std::make_shared<OpenFolder>();
        folder->path = link.path;
        const auto around = std::make_shared<bool>(true);
        const bool answered = ask([=](Heartbeat& heartbeat) {
            std::error_code error;
            const fs::path target = fs::canonical(link.path, error), root = fs::canonical(link.root, error);
            if (error) return;
            // A link to an ancestor of the root would include everything else.
            *around =
                std::mismatch(target.begin(), target.end(), root.begin(), root.end()).first == target.end();
            if (!*around) folder->open(IgnoreRules::of(link.root, link.path), heartbeat);
        });
        if (!answered) {
            note_timeout(link.path);
            continue;
        }
        if (*around || !first_visit(*folder)) continue;
        if (visitor_.enter_root) visitor_.enter_root(link.root);
        if (!walk_folder(link.root, folder, true)) return false;
        if (folder->unresponsive) note_timeout(link.path);
    }
    links_.clear();
    return true;
}

bool Walker::walk_folder(const fs::path& root, const std::shared_ptr<OpenFolder>& folder, bool recursive) {
    if (!folder->directory) {
        visitor_.unreadable(folder->path, std::strerror(folder->error));
        return true;
    }
    while (folder->directory) {
        if (!ask([=](Heartbeat& heartbeat) { folder->read(recursive, heartbeat); })) {
            folder->unresponsive = true;
            return true;
        }
        std::ranges::sort(folder->files, {}, &FileFacts::path);
        if (!std::ranges::all_of(folder->files, visitor_.file)) return false;
        for (const fs::path& link : folder->links) links_.push_back({root, link});
    }
    if (folder->error != 0) visitor_.unreadable(folder->path, std::strerror(folder->error));
    folder->files.clear();
    folder->sidecars.clear();
    std::ranges::sort(folder->folders);
    for (const std::string& name : folder->folders) {
        const auto inner = std::make_shared<OpenFolder>();
        inner->path = folder->path / name;
        const bool answered = ask([inner, rules = folder->rules](Heartbeat& heartbeat) {
            inner->open(IgnoreRules::enter(rules, inner->path), heartbeat);
        });
        if (answered && first_visit(*inner) && !walk_folder(root, inner, true)) return false;
        if (!answered || inner->unresponsive) note_timeout(folder->path / name);
        if (away()) return false;
    }
    return true;
}

Result<FileFacts> file_facts(const fs::path& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0)
        return fail(ErrorKind::kNotFound, "{}: {}", printable(path), std::strerror(errno));
    if (!S_ISREG(status.st_mode)) return fail(ErrorKind::kUsage, "{} is not a file", printable(path));
    return to_facts(path, status);
}

fs::path normal_folder(const fs::path& path) {
    std::error_code error;
    const fs::path absolute = fs::absolute(path, error).lexically_normal();
    return absolute.has_filename() ? absolute : absolute.parent_path();
}

Result<> check_folder(const fs::path& path) {
    // The system would stop at the NUL and open another folder.
    if (path.native().find('\0') != std::string::npos)
        return fail(ErrorKind::kUsage, "{} contains a NUL character, which a path cannot have",
                    printable(path));
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0)
        return fail(ErrorKind::kUsage, "cannot read the folder {}: {}", printable(path),
                    std::strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return fail(ErrorKind::kUsage, "{} is a file, not a folder; give its folder", printable(path));
    const std::unique_ptr<DIR, int (*)(DIR*)> readable(::opendir(path.c_str()), ::closedir);
    if (!readable)
        return fail(ErrorKind::kUsage, "cannot read the folder {}: {}", printable(path),
                    std::strerror(errno));
    return {};
}

Result<> check_folder(const fs::path& path, BlockingCalls& calls) {
    const auto checked = std::make_shared<Result<>>();
    if (!calls.run([checked, path](Heartbeat&) { *checked = check_folder(path); }))
        return fail(ErrorKind::kUnavailable, "{}: {}", printable(path), timeout_reason(calls.patience()));
    return *checked;
}

}  // namespace hone
