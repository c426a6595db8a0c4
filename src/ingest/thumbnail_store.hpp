// Thumbnails on disk: LIBRARY/thumbs/ab/<sha>-<size>.webp. Derived; made when first asked for or behind the
// indexing.
#pragma once

#include <string>

#include "catalog/catalog.hpp"

namespace hone {

// Safe from any thread; two threads that make the same thumbnail write the same bytes.
class ThumbnailStore {
  public:
    // Removes what a killed process left half written; so only the process that holds the library makes one.
    explicit ThumbnailStore(fs::path directory);

    // The WebP bytes; made from the first readable place of the photo when they are not on disk yet.
    // size: one of kThumbnailSizes. Fails when no place can be read.
    Result<std::string> get(Catalog& catalog, const Photo& photo, int size);
    // True when the sizes that the grid shows are on disk.
    [[nodiscard]] bool has_grid_sizes(const PhotoId& id) const;
    // Makes the sizes that the grid shows, out of one decoding.
    Result<> make_grid_sizes(Catalog& catalog, const Photo& photo);

  private:
    [[nodiscard]] fs::path file(const PhotoId& id, int size) const;
    Result<std::string> make(Catalog& catalog, const Photo& photo, std::span<const int> sizes);

    const fs::path directory_;
};

// Bytes of the first place of the photo that can be read and still holds it, by size and time. The error
// names the last place.
Result<std::vector<std::uint8_t>> read_original(Catalog& catalog, const Photo& photo);

}  // namespace hone
