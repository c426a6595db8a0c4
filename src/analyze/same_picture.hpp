// SPDX-License-Identifier: GPL-3.0-or-later
// Decides whether two photos show the same picture: one may be cropped, rotated, flipped, recoloured,
// re-encoded or annotated. It is the final check of candidates found by style vectors and hashes
// (ingest/near_duplicates.hpp). It matches corner features, fits a similarity transform, and compares the
// aligned pixels. Deterministic and safe from any thread. Rule and thresholds were chosen on 4950 pairs of
// portraits from one kind of studio and 576 copies: docs/style.md.
#pragma once

#include <cstdint>
#include <memory>

#include "photo/image.hpp"

namespace hone {

inline constexpr int kSameInliers = 40;          // sufficient without a comparison of pixels
inline constexpr int kPossibleInliers = 10;      // sufficient when the pixels agree
inline constexpr double kSameCorrelation = .88;  // Pearson's, of the overlap
inline constexpr int kSameHashDistance = 6;      // of 64 bits; up to it only the pixels are compared

// The features of one photo: about 75 KB, twice that with the mirrored ones. Immutable; copies share the
// data.
class PictureFeatures {
  public:
    // Only one side of a pair needs mirrored features: the query, which is compared with many photos.
    enum class Mirrored { kNo, kYes };

    // image: the working image of the style analyzer, or any upright image, which is brought to that size.
    PictureFeatures(const Image& image, Mirrored mirrored);

    struct Data;
    [[nodiscard]] const Data& data() const { return *data_; }

  private:
    std::shared_ptr<const Data> data_;
};

struct PairCheck {
    // Features that agree on one transform, at distinct places; the better of both mirrorings.
    int inliers = 0;
    double correlation = 0;  // -1..1, of the overlap; 0 when not computed
    bool mirrored = false;
    // Inliers >= 40, or inliers >= 10 and correlation >= .88, or near-equal hashes and correlated pixels.
    bool same = false;
    bool certain = false;  // same, and not by the weaker half of the rule; such a pair may join two groups
};

// query: made with mirrored features, otherwise mirrored copies are not found. Safe from any thread.
PairCheck check_pair(const PictureFeatures& query, const PictureFeatures& photo);

}  // namespace hone
