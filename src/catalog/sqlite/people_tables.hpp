// SPDX-License-Identifier: GPL-3.0-or-later
// Faces and people in SQLite, on an open database inside the caller's transaction. The functions throw
// SQLite::Exception and are not thread-safe; Catalog has the contracts.
#pragma once

#include <functional>
#include <optional>
#include <span>

#include "base/result.hpp"
#include "catalog/people.hpp"
#include "catalog/sqlite/statements.hpp"

namespace SQLite {
class Database;
}

namespace hone {

// Advances Catalog::faces_state(). Every writing function here calls it.
void count_change(SQLite::Database& database);
void store_faces(Statements& statements, PhotoNumber photo, const std::string& model,
                 const std::vector<FaceFacts>& faces);
FaceId insert_face(SQLite::Database& database, PhotoNumber photo, const std::string& model,
                   const FaceFacts& face);
// photos: the photos to read; std::nullopt: all.
std::vector<NamedRegion> read_named_regions(SQLite::Database& database,
                                            std::optional<std::span<const PhotoNumber>> photos);
std::vector<Face> read_faces(SQLite::Database& database, PhotoNumber photo);
std::vector<Face> read_faces(Statements& statements, PhotoNumber photo);
std::optional<Face> read_face(SQLite::Database& database, FaceId face);
std::vector<Face> read_faces_of(SQLite::Database& database, PersonId person);
void for_each_face(SQLite::Database& database, const std::string& model,
                   const std::function<void(const Face&)>& visit);
std::vector<PersonCount> read_people(SQLite::Database& database);
// Catalog::person_count().
PersonCount read_person_count(SQLite::Database& database, const Person& person);
std::optional<Person> read_person(SQLite::Database& database, PersonId person);
std::vector<FaceRejection> read_rejections(SQLite::Database& database);
std::string read_faces_state(SQLite::Database& database);
// Catalog::change_people().
Result<AppliedPeopleChange> apply_change(SQLite::Database& database, const PeopleChange& change);
// Returns the undone edit, or std::nullopt when there is none to undo.
std::optional<PeopleEdit> undo_last_edit(SQLite::Database& database);
std::vector<PeopleEdit> read_edits(SQLite::Database& database, std::size_t limit);

}  // namespace hone
