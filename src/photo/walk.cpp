#include "photo/walk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace hone {

namespace {

// Synology, Windows, macOS and Linux put these into photo folders; none holds a person's photos.
constexpr std::string_view kSystemFolders[] = {
    "@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found", "RECYCLER"};

bool is_skipped(std::string_view name) {
    return name.starts_with('.') || std::ranges::find(kSystemFolders, name) != std::end(kSystemFolders);
}

FileFacts to_facts(fs::path path, const struct stat& status) {
    return {std::move(path), static_cast<std::uint64_t>(status.st_size),
            std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec, status.st_ino};
}

struct Entry {
    std::string name;
    bool folder;
};

Result<std::vector<Entry>> list(const fs::path& folder, const WalkVisitor& visitor,
                                std::vector<FileFacts>& files) {
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(folder.c_str()), ::closedir);
    if (!directory) return fail("{}", std::strerror(errno));
    std::vector<Entry> entries;
    while (true) {
        errno = 0;
        const dirent* entry = ::readdir(directory.get());
        if (entry == nullptr) break;
        if (!is_skipped(entry->d_name)) entries.push_back({entry->d_name, false});
    }
    if (errno != 0) visitor.unreadable(folder, std::strerror(errno));
    std::ranges::sort(entries, {}, &Entry::name);
    for (Entry& entry : entries) {
        const fs::path path = folder / entry.name;
        struct stat status{};
        if (::fstatat(::dirfd(directory.get()), entry.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
            continue;  // gone meanwhile
        if (S_ISLNK(status.st_mode) &&
            (::fstatat(::dirfd(directory.get()), entry.name.c_str(), &status, 0) != 0 ||
             S_ISDIR(status.st_mode))) {
            continue;
        }
        entry.folder = S_ISDIR(status.st_mode);
        if (S_ISREG(status.st_mode)) files.push_back(to_facts(path, status));
    }
    std::erase_if(entries, [](const Entry& entry) { return !entry.folder; });
    return entries;
}

bool walk_folder(const fs::path& folder, const WalkVisitor& visitor) {
    std::vector<FileFacts> files;
    auto folders = list(folder, visitor, files);
    if (!folders) {
        visitor.unreadable(folder, folders.error().message);
        return true;
    }
    for (const FileFacts& file : files) {
        if (!visitor.file(file)) return false;
    }
    files = {};
    return std::ranges::all_of(*folders,
                               [&](const Entry& entry) { return walk_folder(folder / entry.name, visitor); });
}

}  // namespace

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

Result<> walk(const fs::path& root, const WalkVisitor& visitor) {
    HONE_CHECK(check_folder(root));
    walk_folder(root, visitor);
    return {};
}

}  // namespace hone
