// Are two photos the same picture: one cut, turned, mirrored, recoloured, re-encoded or written on? The last
// word on candidates that look vectors and hashes found (ingest/near_duplicates.hpp). Corner features of both
// are matched and a similarity transform is fitted; then the pixels are laid over each other. Safe from any
// thread; the same pictures always give the same answer. Rule and thresholds were chosen on 4950 pairs of
// portraits from one kind of studio and 576 copies: docs/style.md.
#pragma once

#include <cstdint>
#include <memory>

#include "photo/image.hpp"

namespace hone {

inline constexpr int kSameInliers = 40;          // so many alone are enough
inline constexpr int kPossibleInliers = 10;      // these need the pixels to agree
inline constexpr double kSameCorrelation = .88;  // Pearson's, of the overlap
inline constexpr int kSameHashDistance = 6;      // of 64 bits: nothing else is looked at but the pixels

// What a photo is compared by; about 75 KB, twice that with its mirrored version, const after it is made.
// Copies share it.
class PictureFeatures {
  public:
    // Mirrored features are needed on one side of a pair only: on the query's, which meets many.
    enum class Mirrored { kNo, kYes };

    // image: style_image()'s, or any upright picture: it is brought to that size.
    PictureFeatures(const Image& image, Mirrored mirrored);

    struct Data;
    [[nodiscard]] const Data& data() const { return *data_; }

  private:
    std::shared_ptr<const Data> data_;
};

struct PairCheck {
    int inliers = 0;  // features that agree on one transform, at distinct places; the better of both mirrors
    double correlation = 0;  // -1..1, of the overlap; 0 when it was not looked at
    bool mirrored = false;
    bool same = false;     // inliers >= 40, or inliers >= 10 and correlation >= .88, or the quick way
    bool certain = false;  // same, and not by the rule's weaker half: such a pair may join two groups
};

// query: with its mirrored features, otherwise mirrored copies are not found.
PairCheck check_pair(const PictureFeatures& query, const PictureFeatures& photo);

}  // namespace hone
