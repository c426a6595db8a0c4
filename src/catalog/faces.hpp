// SPDX-License-Identifier: GPL-3.0-or-later
// The faces in photos, as the catalogue stores them. catalog.hpp has the rules of every call.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "catalog/ids.hpp"
#include "photo/box.hpp"

namespace hone {

// An analyzer's result. Pixels of the whole photo, upright.
struct FaceFacts {
    Box box;
    std::optional<std::array<float, 10>> landmarks;  // x, y of two eyes, nose, two corners of the mouth
    // Confidence, 0..1.
    float score = 0;
    struct Estimate {
        float age = 0, male = 0;        // years and probability, raw output of the network
        int age_low = 0, age_high = 0;  // years, as displayed
    };
    std::optional<Estimate> estimate;
    std::vector<float> vector;  // empty when the face has none
};

// A face keeps its id, person and confirmation when its photo is analysed again: a face at the same position
// is the same face, whatever network found it.
struct Face : FaceFacts {
    FaceId id = 0;
    PhotoNumber photo = 0;
    std::string model;  // fingerprint of the networks
    PersonId person = 0;
    bool confirmed = false;  // a user assigned it, or named the person with this face
};

// A face that the photo's own metadata names, in upright pixels.
struct NamedRegion {
    PhotoNumber photo = 0;
    std::string name;
    Box box;
};

class FaceCatalog {
  public:
    virtual ~FaceCatalog() = default;

    virtual Result<std::vector<Face>> faces_of(PhotoNumber photo) = 0;  // highest score first
    virtual Result<Face> face(FaceId id) = 0;                           // kNotFound
    // Faces in available photos: confirmed ones first, then the newest.
    virtual Result<std::vector<Face>> faces_of_person(PersonId person) = 0;
    // Visits every face with a vector of that model (fingerprint), by ascending id.
    virtual Result<> for_each_face(const std::string& model,
                                   const std::function<void(const Face&)>& visit) = 0;
    // Adds a face that a person marked and no network found.
    virtual Result<FaceId> add_face(PhotoNumber photo, const FaceFacts& face) = 0;
    // Regions of available photos only.
    virtual Result<std::vector<NamedRegion>> named_regions() = 0;
    // Those of these photos, as far as they are available.
    virtual Result<std::vector<NamedRegion>> named_regions(std::span<const PhotoNumber> photos) = 0;
    // Returns a text that changes with every change of faces or people; cheap.
    virtual Result<std::string> faces_state() = 0;
    // Deletes all estimates of age and gender.
    virtual Result<> forget_estimates() = 0;
};

}  // namespace hone
