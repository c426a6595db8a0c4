// SPDX-License-Identifier: GPL-3.0-or-later
// Thumbnails on disk: LIBRARY/thumbs/ab/<sha>-<size>.webp. They are derived: made when a photo is indexed,
// and again when a missing one is requested.
#pragma once

#include <array>
#include <string>

#include "catalog/catalog.hpp"
#include "photo/sandbox/decoder_pool.hpp"
#include "photo/thumbnail.hpp"

namespace hone {

// WebP files, in the order of kThumbnailSizes
using Thumbnails = std::array<std::string, std::size(kThumbnailSizes)>;

// Safe from any thread; two threads that make the same thumbnail write the same bytes.
class ThumbnailStore {
  public:
    // Removes partial files of a killed process, so only the process that holds the library may create a
    // store. decoders must outlive it.
    ThumbnailStore(fs::path directory, DecoderPool& decoders);

    // Returns the WebP file; makes it from the photo's first readable file when it is not on disk, or not
    // whole there. size: one of kThumbnailSizes, pixels. kUnavailable when no file can be read or the disk
    // refuses the result, which may pass; kFailed when the photo cannot be decoded.
    Result<std::string> get(Catalog& catalog, const Photo& photo, int size);
    // True when every size exists and is whole: is_thumbnail_head().
    [[nodiscard]] bool has_all(const PhotoId& id) const;
    // Deletes the photo's thumbnails.
    void forget(const PhotoId& id) const;
    // Writes all sizes, each file atomically. kFailed when the disk refuses.
    Result<> store(const PhotoId& id, const Thumbnails& thumbnails);

  private:
    [[nodiscard]] fs::path file(const PhotoId& id, int size) const;

    const fs::path directory_;
    DecoderPool& decoders_;
};

// A photo's original, open for reading.
struct OpenOriginal {
    FileDescriptor file;
    fs::path path;
    std::uint64_t size = 0;
};
// Opens the photo's first file that can be opened and still has the recorded size and time. May block on a
// slow drive. kUnavailable, naming the last file, when there is none. Safe from any thread.
Result<OpenOriginal> open_original(Catalog& catalog, const Photo& photo);

}  // namespace hone
