// SPDX-License-Identifier: GPL-3.0-or-later
// Reads, makes and stores thumbnails.
#include "library/thumbnail_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "base/file_system.hpp"
#include "library/unavailable.hpp"

namespace hone {

namespace {

constexpr const char* kScratch = ".part";

}  // namespace

ThumbnailStore::ThumbnailStore(fs::path directory, DecoderPool& decoders)
    : directory_(std::move(directory)), decoders_(decoders) {
    (void)remove_tree(directory_ / kScratch);  // only takes space
}

fs::path ThumbnailStore::file(const PhotoId& id, int size) const {
    const std::string hex = to_hex(id);
    return directory_ / hex.substr(0, 2) / fmt::format("{}-{}.webp", hex, size);
}

bool ThumbnailStore::has_all(const PhotoId& id) const {
    // One file of each size: open, read its head, ask for its length.
    return std::ranges::all_of(kThumbnailSizes, [&](int size) {
        const FileDescriptor thumbnail(file_system().open(file(id, size).c_str(), O_RDONLY | O_CLOEXEC, 0));
        std::array<std::uint8_t, kThumbnailHead> head{};
        struct stat facts{};
        if (!thumbnail || file_system().status(thumbnail.get(), facts) != 0) return false;
        const ssize_t count = file_system().read_at(thumbnail.get(), head.data(), head.size(), 0);
        return count > 0 && is_thumbnail_head(std::span(head).first(static_cast<std::size_t>(count)),
                                              static_cast<std::uint64_t>(facts.st_size), size);
    });
}

Result<> ThumbnailStore::forget(std::span<const PhotoId> ids) const {
    std::set<fs::path> folders;
    for (const PhotoId& id : ids) {
        for (const int size : kThumbnailSizes) {
            const fs::path thumbnail = file(id, size);
            HONE_CHECK(remove_file(thumbnail));
            folders.insert(thumbnail.parent_path());
        }
    }
    for (const fs::path& folder : folders) {
        HONE_TRY(const bool exists, path_exists(folder));
        if (exists) HONE_CHECK(sync_folder(folder));
    }
    return {};
}

Result<> ThumbnailStore::store(const PhotoId& id, const Thumbnails& thumbnails) {
    for (std::size_t at = 0; at < thumbnails.size(); ++at) {
        const fs::path target = file(id, kThumbnailSizes[at]);
        if (at == 0) {
            HONE_CHECK(make_directories(target.parent_path(), Wait::kNo));
            HONE_CHECK(make_directories(directory_ / kScratch, Wait::kNo));
        }
        HONE_CHECK(write_derived_file(target, thumbnails[at], directory_ / kScratch));
    }
    return {};
}

Result<std::string> ThumbnailStore::find(const PhotoId& id, int size) const {
    HONE_TRY(std::string bytes, read_text(file(id, size)));
    if (!is_thumbnail_head({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, bytes.size(),
                           size))
        return fail("the thumbnail {} is not whole", printable(file(id, size)));
    return bytes;
}

Result<std::string> ThumbnailStore::make(const PhotoId& id, const OpenOriginal& original, int size,
                                         BlockingCalls& calls) {
    HONE_CHECK(read_ahead(original, calls));
    PhotoWork work;
    work.thumbnails = work.svg = true;
    HONE_TRY(PreparedPhoto prepared, decoders_.prepare(original.file->get(), {}, work));
    if (const auto stored = store(id, prepared.thumbnails); !stored)
        return fail(ErrorKind::kUnavailable, "{}", stored.error().message);
    const auto* found = std::ranges::find(kThumbnailSizes, size);
    return prepared.thumbnails[static_cast<std::size_t>(found - std::begin(kThumbnailSizes))];
}

Result<std::string> ThumbnailStore::get(FileCatalog& files, const Photo& photo, int size,
                                        BlockingCalls& calls) {
    if (auto bytes = find(photo.id, size)) return bytes;
    HONE_TRY(const std::vector<FileRecord> records, unavailable_if_failed(files.files_of(photo.number)));
    std::string reason = "it has no file";
    for (const FileRecord& record : records) {
        const auto original = open_original(record, calls);
        if (original) return make(photo.id, *original, size, calls);
        reason = original.error().message;
    }
    return fail(ErrorKind::kUnavailable, "the photo can't be opened now: {}", reason);
}

}  // namespace hone
