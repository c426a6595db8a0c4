// SPDX-License-Identifier: GPL-3.0-or-later
// Reads, makes and stores thumbnails.
#include "ingest/thumbnail_store.hpp"

#include <algorithm>
#include <cstring>

namespace hone {

namespace {

constexpr const char* kScratch = ".part";

}  // namespace

ThumbnailStore::ThumbnailStore(fs::path directory, DecoderPool& decoders)
    : directory_(std::move(directory)), decoders_(decoders) {
    std::error_code ignored;
    fs::remove_all(directory_ / kScratch, ignored);
}

fs::path ThumbnailStore::file(const PhotoId& id, int size) const {
    const std::string hex = to_hex(id);
    return directory_ / hex.substr(0, 2) / fmt::format("{}-{}.webp", hex, size);
}

bool ThumbnailStore::has_all(const PhotoId& id) const {
    // The last size that store() writes.
    std::error_code error;
    return fs::exists(file(id, kThumbnailSizes[std::size(kThumbnailSizes) - 1]), error);
}

bool ThumbnailStore::is_whole(const PhotoId& id) const {
    return std::ranges::all_of(kThumbnailSizes, [&](int size) {
        const fs::path path = file(id, size);
        const auto head = read_head(path, 12);
        std::error_code error;
        if (!head || head->size() < 12 || std::memcmp(head->data(), "RIFF", 4) != 0) return false;
        std::uint32_t length = 0;  // little-endian, length of the rest (RIFF)
        for (std::size_t byte = 0; byte < 4; ++byte) length |= std::uint32_t{(*head)[4 + byte]} << (8 * byte);
        return fs::file_size(path, error) == std::uint64_t{length} + 8;
    });
}

void ThumbnailStore::forget(const PhotoId& id) const {
    std::error_code ignored;
    for (const int size : kThumbnailSizes) fs::remove(file(id, size), ignored);
}

Result<> ThumbnailStore::store(const PhotoId& id, const Thumbnails& thumbnails) {
    for (std::size_t at = 0; at < thumbnails.size(); ++at) {
        const fs::path target = file(id, kThumbnailSizes[at]);
        if (at == 0) {
            HONE_CHECK(make_directories(target.parent_path()));
            HONE_CHECK(make_directories(directory_ / kScratch));
        }
        HONE_CHECK(write_file_atomically(target, thumbnails[at], directory_ / kScratch));
    }
    return {};
}

Result<std::string> ThumbnailStore::find(const PhotoId& id, int size) const {
    return read_text(file(id, size));
}

Result<std::string> ThumbnailStore::make(const PhotoId& id, const OpenOriginal& original, int size,
                                         BlockingCalls& calls) {
    HONE_CHECK(read_ahead(original, calls));
    PhotoWork work;
    work.thumbnails = work.svg = true;
    HONE_TRY(PreparedPhoto prepared, decoders_.prepare(original.file->get(), {}, work));
    HONE_CHECK(store(id, prepared.thumbnails));
    const auto* found = std::ranges::find(kThumbnailSizes, size);
    return prepared.thumbnails[static_cast<std::size_t>(found - std::begin(kThumbnailSizes))];
}

Result<std::string> ThumbnailStore::get(Catalog& catalog, const Photo& photo, int size,
                                        BlockingCalls& calls) {
    if (auto bytes = find(photo.id, size)) return bytes;
    HONE_TRY(const std::vector<FileRecord> records, catalog.files_of(photo.number));
    std::string reason = "it has no file";
    for (const FileRecord& record : records) {
        const auto original = open_original(record, calls);
        if (original) return make(photo.id, *original, size, calls);
        reason = original.error().message;
    }
    return fail(ErrorKind::kUnavailable, "the photo can't be opened now: {}", reason);
}

}  // namespace hone
