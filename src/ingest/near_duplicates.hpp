// SPDX-License-Identifier: GPL-3.0-or-later
// Near duplicates: finds the photos that may show the same picture as a given one, and builds groups from the
// confirmed pairs. analyze/same_picture.hpp checks a candidate.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "analyze/hashes.hpp"
#include "analyze/style.hpp"
#include "base/mapped_array.hpp"
#include "catalog/ids.hpp"
#include "vector/kernels.hpp"

namespace hone {

struct NearDuplicateCandidate {
    PhotoNumber photo = 0;
    float similarity = 0;  // of the style vectors, -1..1, within .02 (int8)
    int distance = 0;      // hash_distance, 0..64
};

// Returns the number of candidates from each of the two sources, for a library of `photos` photos: 5 * (1 +
// log10(photos / 1400)), at least 5. Five of each found every copy among 1.4 k photos (docs/style.md). The
// growth is a guess, not measured: the rank of a copy that is not the nearest grows with the library, but
// such copies are rare. Pure function.
int near_duplicate_count(std::size_t photos);

// The style vectors (int8, 128 bytes) and hashes (48 bytes) of all photos. A query scans all of them (`hone
// bench near` measures it): the nearest hashes of a photo without duplicates are so far away that an index of
// their parts would look at more entries than there are photos. Concurrent const calls are safe; add() and
// remove() need exclusive access.
class NearDuplicateIndex {
  public:
    // In memory.
    NearDuplicateIndex() = default;
    // In files without names in this folder, which the system may write out when memory is short; in memory
    // where the file system has no such files.
    explicit NearDuplicateIndex(const fs::path& folder);

    // Replaces an existing photo. kFailed when the disk is full.
    Result<> add(PhotoNumber photo, const StyleVector& style, const PhotoHashes& hashes);
    // Returns false when the photo did not exist.
    bool remove(PhotoNumber photo);
    [[nodiscard]] std::size_t size() const { return size_; }

    // Returns the `count` most similar styles joined with the `count` nearest hashes: at most 2 * count
    // photos, the most similar first, without `except` (the query itself). count < 1:
    // near_duplicate_count(size()). Ties are broken by the other source, then by number, so the result does
    // not depend on the order of add().
    [[nodiscard]] std::vector<NearDuplicateCandidate> candidates(const StyleVector& style,
                                                                 const PhotoHashes& hashes,
                                                                 std::optional<PhotoNumber> except = {},
                                                                 int count = 0, unsigned threads = 1) const;

  private:
    static constexpr std::size_t kHashes = 6;  // plain, then the crops
    struct alignas(kRowAlignment) StyleRow {
        std::array<std::uint8_t, kStyleDimension> bytes;  // value / scale + 128
    };
    void move_row(std::size_t from, std::size_t to);
    Result<> grow(std::size_t rows);

    std::size_t size_ = 0;
    MappedArray<PhotoNumber> photos_;
    MappedArray<StyleRow> styles_;
    MappedArray<float> scales_;
    std::array<MappedArray<std::uint64_t>, kHashes> hashes_;
    MappedArray<std::uint32_t> row_of_photo_;  // row + 1; 0: none
};

}  // namespace hone
