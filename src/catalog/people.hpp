// SPDX-License-Identifier: GPL-3.0-or-later
// Faces and people, as the catalogue stores them. Plain data.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "photo/box.hpp"

namespace hone {

using FaceId = std::int64_t;
using PersonId = std::int64_t;  // 0: no person
using PhotoNumber = std::uint32_t;

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

struct Person {
    PersonId id = 0;
    std::string name;  // empty when unnamed
    bool hidden = false;
};

struct PersonCount : Person {
    std::uint64_t faces = 0, photos = 0;  // in available photos
    FaceId cover = 0;                     // the face with the best picture of the person
};

struct FaceAssignment {
    FaceId face = 0;
    PersonId person = 0;
    bool confirmed = false;
};
struct FaceRejection {
    FaceId face = 0;
    PersonId person = 0;
};

// A change of the assignment of faces to people, applied in one transaction. The ids -1, -2 ... stand for the
// people that the change itself adds.
struct PeopleChange {
    std::vector<Person> people;  // new values
    std::vector<FaceAssignment> faces;
    std::vector<FaceRejection> rejections;  // added "not the same person" statements
    std::string what;       // the user's action, for the history; empty for the machine's own work
    std::size_t added = 0;  // people to create, without a name
    // Catalog::faces_state() from which the machine computed the change.
    std::optional<std::string> computed_from{};
};
struct AppliedPeopleChange {
    std::int64_t edit = 0;        // number of the edit; 0 for the machine's own work
    std::vector<PersonId> added;  // ids of the added people, in the order of -1, -2 ...
    std::string state;            // Catalog::faces_state() after the change
};

// A face that the photo's own metadata names, in upright pixels.
struct NamedRegion {
    PhotoNumber photo = 0;
    std::string name;
    Box box;
};

struct PeopleEdit {
    std::int64_t id = 0, at = 0;  // at: Unix seconds
    std::string what;
    bool undone = false;
};

}  // namespace hone
