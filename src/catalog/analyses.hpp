// SPDX-License-Identifier: GPL-3.0-or-later
// The results of analyzers that need no network, and which analyses of a photo are done. catalog.hpp has the
// rules of every call.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "catalog/ids.hpp"
#include "photo/analyzer_key.hpp"
#include "photo/metadata.hpp"

namespace hone {

// at: Unix seconds.
struct Analysis : AnalyzerKey {
    std::int64_t at = 0;
};

// Analysis results that need no network, all from one decoding.
struct AnalysisResults {
    PhotoMetadata metadata;
    TakenAt taken;                      // resolve_taken()
    std::vector<std::uint8_t> style;    // kStyleSize bytes (analyze/style.hpp)
    std::vector<std::uint64_t> hashes;  // analyze/hashes.hpp
};

// Two photos of the same picture. The values come from analyze/same_picture.hpp.
struct SamePicture {
    PhotoNumber first = 0, second = 0;  // first < second
    int inliers = 0;                    // matching features
    double correlation = 0;
    bool certain = false;
};

class AnalysisCatalog {
  public:
    virtual ~AnalysisCatalog() = default;

    // The finished analyses of a photo, by analyzer.
    virtual Result<std::vector<Analysis>> analyses(PhotoNumber photo) = 0;
    // Returns bits by photo number, set where all these analyses are done.
    virtual Result<std::vector<bool>> analyzed(std::span<const AnalyzerKey> keys) = 0;
    // Records the analysis as finished for all these photos.
    virtual Result<> mark_analyzed(std::span<const PhotoNumber> photos, const AnalyzerKey& key) = 0;

    // Returns std::nullopt for a photo that was not analysed.
    virtual Result<std::optional<AnalysisResults>> analysis_results(PhotoNumber photo) = 0;
    // Returns the photo's stored resolve_taken(), or std::nullopt before the photo was analysed.
    virtual Result<std::optional<TakenAt>> taken(PhotoNumber photo) = 0;
    // Available photos with a style and hashes, by ascending number.
    virtual Result<std::vector<PhotoNumber>> styled_photos() = 0;
    // Visits the style (kStyleSize bytes) and hashes of those of the photos that have them, in their order.
    virtual Result<> for_each_style(
        std::span<const PhotoNumber> photos,
        const std::function<Result<>(PhotoNumber, std::span<const std::uint8_t> style,
                                     std::span<const std::uint64_t> hashes)>& visit) = 0;

    // Replaces pairs that exist.
    virtual Result<> add_same_pictures(std::span<const SamePicture> pairs) = 0;
    // All pairs, including those of missing photos.
    virtual Result<std::vector<SamePicture>> same_pictures() = 0;
};

}  // namespace hone
