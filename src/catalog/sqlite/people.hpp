// SPDX-License-Identifier: GPL-3.0-or-later
// People in SQLite: the tables person, face_rejection and people_edit.
#pragma once

#include "catalog/people.hpp"
#include "catalog/sqlite/connections.hpp"

namespace hone {

class SqlitePeople : public virtual PeopleCatalog {
  public:
    explicit SqlitePeople(Connections& connections) : connections_(connections) {}

    Result<std::vector<PersonCount>> people() override;
    Result<Person> person(PersonId id) override;
    Result<PersonCount> person_count(PersonId id) override;
    Result<FaceId> cover(PersonId id) override;
    Result<std::optional<Person>> person_named(const std::string& name) override;
    Result<std::vector<FaceRejection>> rejections() override;
    Result<AppliedPeopleChange> change_people(const PeopleChange& change) override;
    Result<std::optional<PeopleEdit>> undo_people_edit() override;
    Result<std::vector<PeopleEdit>> people_edits(std::size_t limit) override;

  private:
    Connections& connections_;
};

}  // namespace hone
