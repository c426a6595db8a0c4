// Faces and people as the catalogue knows them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "photo/box.hpp"

namespace hone {

using FaceId = std::int64_t;
using PersonId = std::int64_t;  // 0: nobody
using PhotoNumber = std::uint32_t;

// What an analyzer found. Pixels of the whole photo, upright.
struct FaceFacts {
    Box box;
    std::optional<std::array<float, 10>> landmarks;  // x, y of eyes, nose, corners of the mouth
    float score = 0;
    struct Estimate {
        float age = 0, male = 0;        // years and probability, as the network says
        int age_low = 0, age_high = 0;  // what is shown
    };
    std::optional<Estimate> estimate;
    std::vector<float> vector;  // empty when there is none
};

// A face keeps its id, its person and what was said of it when its photo is read again: the face at the same
// place is the same face, whatever network found it.
struct Face : FaceFacts {
    FaceId id = 0;
    PhotoNumber photo = 0;
    std::string model;  // fingerprint of the networks
    PersonId person = 0;
    bool confirmed = false;  // a person said so, or named the person with this face in it
};

struct Person {
    PersonId id = 0;
    std::string name;  // empty: not named
    bool hidden = false;
};

struct PersonCount : Person {
    std::uint64_t faces = 0, photos = 0;  // of photos that are there
    FaceId cover = 0;                     // the best face
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

// A change of who is who, whole or not at all.
struct PeopleChange {
    std::vector<Person> people;  // new values of persons that are there
    std::vector<FaceAssignment> faces;
    std::vector<FaceRejection> rejections;  // "not the same person", added
    std::string what;  // what a person did, for the history; empty: the machine's own work
};

// A face that the photo's own metadata names, in pixels of the upright photo.
struct NamedRegion {
    PhotoNumber photo = 0;
    std::string name;
    Box box;
};

struct PeopleEdit {
    std::int64_t id = 0, at = 0;  // Unix seconds
    std::string what;
    bool undone = false;
};

}  // namespace hone
