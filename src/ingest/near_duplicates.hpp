// Near duplicates: which photos of the library may be the same picture as this one, and which groups follow
// from the pairs that are. The check of a candidate is analyze/same_picture.hpp.
#pragma once

#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "analyze/hashes.hpp"
#include "analyze/style.hpp"
#include "catalog/catalog.hpp"
#include "vector/kernels.hpp"

namespace hone {

struct NearDuplicateCandidate {
    PhotoNumber photo = 0;
    float similarity = 0;  // of the look vectors, -1..1, within .02 (int8)
    int distance = 0;      // hash_distance, 0..64
};

// How many candidates each of the two sources gives in a library of so many photos: 5 * (1 + log10(photos /
// 1400)), at least 5. Five of each found every copy among 1.4 k photos (docs/style.md). The growth is a guess,
// not measured: the rank of a copy that is not the nearest grows with the library, but few copies are such.
int near_duplicate_count(std::size_t photos);

// Look vectors (int8, 128 bytes) and hashes (48 bytes) of all photos, in memory; a scan reads all of them:
// about 7 ms for 100,000 photos on one thread. const calls are safe beside each other, add and remove only
// alone.
class NearDuplicateIndex {
  public:
    // A photo that is there already is replaced.
    void add(PhotoNumber photo, const StyleVector& style, const PhotoHashes& hashes);
    // False when it was not there.
    bool remove(PhotoNumber photo);
    [[nodiscard]] std::size_t size() const { return photos_.size(); }

    // The `count` most similar looks and the `count` nearest hashes, joined: at most 2 * count photos, the
    // most similar first, without `except` (the query itself). count < 1: near_duplicate_count(size()). Ties
    // are broken by the other source, then by number, so the answer does not depend on the order of add.
    [[nodiscard]] std::vector<NearDuplicateCandidate> candidates(const StyleVector& style,
                                                                 const PhotoHashes& hashes,
                                                                 std::optional<PhotoNumber> except = {},
                                                                 int count = 0) const;

  private:
    static constexpr std::size_t kHashes = 6;  // plain, then the crops
    struct alignas(kRowAlignment) StyleRow {
        std::array<std::uint8_t, kStyleDimension> bytes;  // value / scale + 128
    };
    std::vector<PhotoNumber> photos_;
    std::vector<StyleRow> styles_;
    std::vector<float> scales_;
    std::vector<std::array<std::uint64_t, kHashes>> hashes_;
    std::unordered_map<PhotoNumber, std::size_t> rows_;
};

// Two photos that check_pair called the same.
struct SamePair {
    PhotoNumber a = 0, b = 0;
    bool certain = false;  // PairCheck::certain
};

// Groups of the same picture, each sorted by number, in the order of their first; photos without a pair are
// in none. Certain pairs join whatever they connect, because a copy of a copy need not match the original
// directly (a corner cut out of a rotated crop). An uncertain pair, the kind that once in 4950 pairs confused
// two portraits of one studio, must not chain two groups that are both larger than one photo: it adds a
// single photo to a group, or two groups are joined when two such pairs of four different photos connect
// them. The answer depends on the set of pairs only, not on their order.
std::vector<std::vector<PhotoNumber>> group_same_pictures(std::span<const SamePair> pairs);

}  // namespace hone
