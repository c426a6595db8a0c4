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

// Synology, Windows, macOS and Linux put these into photo folders; none holds a person's photos.
constexpr std::string_view kSystemFolders[] = {
    "@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found", "RECYCLER"};

FileFacts to_facts(fs::path path, const struct stat& status) {
    return {std::move(path), static_cast<std::uint64_t>(status.st_size),
            std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec, status.st_ino};
}

constexpr std::size_t kChunk = 1024;  // files of one folder in memory

using Directory = std::unique_ptr<DIR, int (*)(DIR*)>;

// XMP sidecars of a folder: the name that a photo's name or stem must have -> what changes with the file.
using Sidecars = std::unordered_map<std::string, std::uint64_t>;

std::uint64_t mix(std::uint64_t state, std::uint64_t value) {  // FNV-1a, eight bytes at once
    return (state ^ value) * 0x100000001B3ULL;
}

// The names of the folder once, for its sidecars only.
Sidecars list_sidecars(DIR* directory) {
    Sidecars sidecars;
    while (const dirent* entry = ::readdir(directory)) {
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
    return stamp & INT64_MAX;  // SQLite's numbers
}

}  // namespace

bool is_skipped_name(std::string_view name) {
    return name.starts_with('.') || std::ranges::find(kSystemFolders, name) != std::end(kSystemFolders);
}

bool Walker::first_visit(const fs::path& directory) {
    struct stat status{};
    return ::stat(directory.c_str(), &status) == 0 && visited_.insert({status.st_dev, status.st_ino}).second;
}

Result<Walker::Outcome> Walker::walk(const fs::path& root, const fs::path& directory, bool recursive) {
    HONE_CHECK(check_folder(directory));
    if (!first_visit(directory)) return Outcome::kCovered;
    return walk_folder(root, directory, IgnoreRules::of(root, directory), recursive) ? Outcome::kWalked
                                                                                     : Outcome::kStopped;
}

bool Walker::walk_links() {
    // Links inside of what a link led to are appended while this runs.
    for (std::size_t at = 0; at < links_.size(); ++at) {
        const Link link = links_[at];
        std::error_code error;
        const fs::path target = fs::canonical(link.path, error), root = fs::canonical(link.root, error);
        if (error) continue;
        // A link to a folder around the root would bring in everything else.
        const bool around =
            std::mismatch(target.begin(), target.end(), root.begin(), root.end()).first == target.end();
        if (around || !first_visit(link.path)) continue;
        if (!walk_folder(link.root, link.path, IgnoreRules::of(link.root, link.path), true)) return false;
    }
    links_.clear();
    return true;
}

// The rules are those of `folder` itself.
bool Walker::walk_folder(const fs::path& root, const fs::path& folder,
                         std::shared_ptr<const IgnoreRules> rules, bool recursive) {
    Directory directory(::opendir(folder.c_str()), ::closedir);
    if (!directory) {
        visitor_.unreadable(folder, std::strerror(errno));
        return true;
    }
    const Sidecars sidecars = list_sidecars(directory.get());
    std::vector<std::string> folders;
    std::vector<FileFacts> files;
    const auto hand_over = [&] {
        std::ranges::sort(files, {}, &FileFacts::path);
        const bool go_on =
            std::ranges::all_of(files, [&](const FileFacts& file) { return visitor_.file(file); });
        files.clear();
        return go_on;
    };
    while (true) {
        errno = 0;
        const dirent* entry = ::readdir(directory.get());
        if (entry == nullptr) {
            if (errno != 0) visitor_.unreadable(folder, std::strerror(errno));
            break;
        }
        const std::string name = entry->d_name;
        if (is_skipped_name(name)) continue;
        struct stat status{};
        if (::fstatat(::dirfd(directory.get()), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
            continue;  // gone meanwhile
        const bool link = S_ISLNK(status.st_mode);
        if (link && ::fstatat(::dirfd(directory.get()), name.c_str(), &status, 0) != 0)
            continue;  // leads nowhere
        const bool is_folder = S_ISDIR(status.st_mode);
        if (!is_folder && !S_ISREG(status.st_mode)) continue;
        if (is_folder && !recursive) continue;
        const fs::path path = folder / name;
        if (rules->ignores(path, is_folder)) continue;
        if (is_folder && link) {
            links_.push_back({root, path});
        } else if (is_folder) {
            folders.push_back(name);
        } else {
            files.push_back(to_facts(path, status));
            files.back().sidecar = sidecar_stamp(sidecars, name);
        }
        if (files.size() >= kChunk && !hand_over()) return false;
    }
    if (!hand_over()) return false;
    directory.reset();  // a deep tree must not hold a descriptor a level
    std::ranges::sort(folders);
    for (const std::string& name : folders) {
        const fs::path path = folder / name;
        if (first_visit(path) && !walk_folder(root, path, IgnoreRules::enter(rules, path), true))
            return false;
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
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0)
        return fail(ErrorKind::kUsage, "cannot read the folder {}: {}", printable(path),
                    std::strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return fail(ErrorKind::kUsage, "{} is a file, not a folder; give the folder it lies in",
                    printable(path));
    const std::unique_ptr<DIR, int (*)(DIR*)> readable(::opendir(path.c_str()), ::closedir);
    if (!readable)
        return fail(ErrorKind::kUsage, "cannot read the folder {}: {}", printable(path),
                    std::strerror(errno));
    return {};
}

}  // namespace hone
