// SPDX-License-Identifier: GPL-3.0-or-later
// The results of analyzers.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "analyze/hashes.hpp"
#include "analyze/style.hpp"
#include "model/face_detector.hpp"
#include "photo/metadata.hpp"

namespace hone {

// Everything that a file and its pixels say without a network.
struct PhotoDescription {
    PhotoMetadata metadata;
    TakenAt taken;
    StyleBytes style{};
    PhotoHashes hashes;
};

// A vector of length 1 in the space of its analyzer.
struct SpaceVector {
    std::vector<float> values;
};

struct AgeGender {
    float age = 0;   // years, raw output of the network
    float male = 0;  // probability, 0..1
    AgeRange range;  // years, as displayed: the raw output alone is too unreliable (models/faces/README.md)
};

struct FoundFace {
    Box box;  // upright pixels of the whole photo
    Landmarks points{};
    bool has_points = false;
    // Confidence, 0..1.
    float score = 0;
    std::vector<float> vector;  // of length 1 for cosine networks; empty for faces too small for the network
    std::optional<AgeGender> estimate;  // unset for small faces and for faces cut by the photo's border
};
using FoundFaces = std::vector<FoundFace>;  // best first

using AnalysisResult = std::variant<PhotoDescription, SpaceVector, FoundFaces>;

}  // namespace hone
