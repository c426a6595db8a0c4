// SPDX-License-Identifier: GPL-3.0-or-later
// Thumbnails on disk: LIBRARY/thumbs/ab/<sha>-<size>.webp. They are derived: made when a photo is indexed,
// and again when a missing one is requested.
#pragma once

#include <array>
#include <span>
#include <string>

#include "library/original.hpp"
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

    // Returns the WebP file from the disk; kFailed when it is not there, or not whole. size: one of
    // kThumbnailSizes, pixels.
    [[nodiscard]] Result<std::string> find(const PhotoId& id, int size) const;
    // Makes the thumbnails from the original and stores them; returns the one of this size. kUnavailable when
    // the drive cannot read or the disk refuses the result, which may pass; kFailed when the photo cannot be
    // decoded. calls: the caller's own.
    Result<std::string> make(const PhotoId& id, const OpenOriginal& original, int size, BlockingCalls& calls);
    // Finds the thumbnail, or makes it from the photo's first readable file. kUnavailable when no file can be
    // read; otherwise fails as make().
    Result<std::string> get(FileCatalog& files, const Photo& photo, int size, BlockingCalls& calls);
    // True when every size exists and is whole: is_thumbnail_head().
    [[nodiscard]] bool has_all(const PhotoId& id) const;
    // Deletes the photos' thumbnails; no power failure brings them back. kFailed when the disk refuses; some
    // may then be left.
    [[nodiscard]] Result<> forget(std::span<const PhotoId> ids) const;
    // Writes all sizes, each file atomically. kFailed when the disk refuses.
    Result<> store(const PhotoId& id, const Thumbnails& thumbnails);

  private:
    [[nodiscard]] fs::path file(const PhotoId& id, int size) const;

    const fs::path directory_;
    DecoderPool& decoders_;
};

}  // namespace hone
