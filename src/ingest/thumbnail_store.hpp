// Thumbnails on disk: LIBRARY/thumbs/ab/<sha>-<size>.webp. Derived: made while a photo is read, and again
// when one is asked for that is not there.
#pragma once

#include <array>
#include <string>

#include "catalog/catalog.hpp"
#include "photo/thumbnail.hpp"
#include "photo/sandbox/decoder_pool.hpp"

namespace hone {

using Thumbnails = std::array<std::string, std::size(kThumbnailSizes)>;  // WebP, as kThumbnailSizes

// Safe from any thread; two threads that make the same thumbnail write the same bytes.
class ThumbnailStore {
  public:
    // Removes what a killed process left half written; so only the process that holds the library makes one.
    // decoders must outlive it.
    ThumbnailStore(fs::path directory, DecoderPool& decoders);

    // The WebP bytes; made from the first readable place of the photo when they are not on disk.
    // size: one of kThumbnailSizes. Fails when no place can be read.
    Result<std::string> get(Catalog& catalog, const Photo& photo, int size);
    [[nodiscard]] bool has_all(const PhotoId& id) const;
    // Slower: every size is there and as long as its own header says.
    [[nodiscard]] bool is_whole(const PhotoId& id) const;
    void forget(const PhotoId& id) const;
    Result<> store(const PhotoId& id, const Thumbnails& thumbnails);

  private:
    [[nodiscard]] fs::path file(const PhotoId& id, int size) const;

    const fs::path directory_;
    DecoderPool& decoders_;
};

// The first place of the photo that can be opened and still holds it, by size and time; open for reading. The
// error names the last place.
struct OpenOriginal {
    FileDescriptor file;
    fs::path path;
    std::uint64_t size = 0;
};
Result<OpenOriginal> open_original(Catalog& catalog, const Photo& photo);

}  // namespace hone
