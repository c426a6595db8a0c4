// SPDX-License-Identifier: GPL-3.0-or-later
// People: names, the assignment of faces to them, and the history of edits. catalog.hpp has the rules of
// every call.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "catalog/ids.hpp"

namespace hone {

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
    // FaceCatalog::faces_state() from which the machine computed the change.
    std::optional<std::string> computed_from{};
};
struct AppliedPeopleChange {
    std::int64_t edit = 0;        // number of the edit; 0 for the machine's own work
    std::vector<PersonId> added;  // ids of the added people, in the order of -1, -2 ...
    std::string state;            // FaceCatalog::faces_state() after the change
};

struct PeopleEdit {
    std::int64_t id = 0, at = 0;  // at: Unix seconds
    std::string what;
    bool undone = false;
};

class PeopleCatalog {
  public:
    virtual ~PeopleCatalog() = default;

    // People with faces in available photos: named ones first, then by number of photos.
    virtual Result<std::vector<PersonCount>> people() = 0;
    virtual Result<Person> person(PersonId id) = 0;  // kNotFound
    // One of people(), without reading the others; without faces in available photos, the counts are 0.
    // kNotFound.
    virtual Result<PersonCount> person_count(PersonId id) = 0;
    // Returns the face with the best picture of the person among those in available photos; 0 without one.
    virtual Result<FaceId> cover(PersonId id) = 0;
    // Returns std::nullopt when no person has the name.
    virtual Result<std::optional<Person>> person_named(const std::string& name) = 0;
    virtual Result<std::vector<FaceRejection>> rejections() = 0;
    // Applies the change in one transaction (a catalogue on a server: in several when there are many faces).
    // The machine's own work (change.what is empty) leaves confirmed faces as they are. kConflict for a name
    // that another person has, and when the faces are no longer in the state of change.computed_from.
    virtual Result<AppliedPeopleChange> change_people(const PeopleChange& change) = 0;
    // Undoes the last edit that is not undone yet; std::nullopt when there is none.
    virtual Result<std::optional<PeopleEdit>> undo_people_edit() = 0;
    // The newest first.
    virtual Result<std::vector<PeopleEdit>> people_edits(std::size_t limit) = 0;
};

}  // namespace hone
