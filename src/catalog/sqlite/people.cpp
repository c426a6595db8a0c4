// SPDX-License-Identifier: GPL-3.0-or-later
// Reads people, applies changes of them and undoes edits.
#include "catalog/sqlite/people.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <nlohmann/json.hpp>

#include "base/time.hpp"
#include "catalog/sqlite/faces.hpp"

namespace hone {

using nlohmann::json;

namespace {

// The best face: confirmed, then the largest one with a high score. The index face_person has this order.
constexpr const char* kBestFace = "confirmed DESC, score * min(width, height) DESC, id";

void bind_person(SQLite::Statement& statement, int index, PersonId person) {
    if (person == 0)
        statement.bind(index);
    else
        statement.bind(index, person);
}

// Returns false when another person has the name.
bool set_person(Statements& statements, const Person& person) {
    if (!person.name.empty()) {
        const auto taken = statements("SELECT 1 FROM person WHERE name = ? AND name <> '' AND id <> ?");
        taken->bind(1, person.name);
        taken->bind(2, person.id);
        if (taken->executeStep()) return false;
    }
    const auto update = statements("UPDATE person SET name = ?, hidden = ? WHERE id = ?");
    update->bind(1, person.name);
    update->bind(2, person.hidden ? 1 : 0);
    update->bind(3, person.id);
    update->exec();
    return true;
}

void assign(const Statements::Use& update, const FaceAssignment& face) {
    update->reset();
    bind_person(*update, 1, face.person);
    update->bind(2, face.confirmed ? 1 : 0);
    update->bind(3, face.face);
    update->exec();
}

constexpr const char* kAssign = "UPDATE face SET person_id = ?, confirmed = ? WHERE id = ?";
constexpr const char* kAssignUnconfirmed =
    "UPDATE face SET person_id = ?, confirmed = ? WHERE id = ? AND confirmed = 0";

FaceId read_cover(Statements& statements, PersonId person) {
    static const std::string sql = fmt::format(
        "SELECT id FROM face WHERE person_id = ? AND {} ORDER BY {} LIMIT 1", kAvailableFace, kBestFace);
    const auto query = statements(sql);
    query->bind(1, person);
    return query->executeStep() ? query->getColumn(0).getInt64() : 0;
}

PersonCount read_person_count(Statements& statements, const Person& person) {
    PersonCount count;
    static_cast<Person&>(count) = person;
    static const std::string sql =
        fmt::format("SELECT count(*), count(DISTINCT face.photo_id) FROM face WHERE person_id = ? AND {}",
                    kAvailableFace);
    const auto query = statements(sql);
    query->bind(1, person.id);
    query->executeStep();
    count.faces = static_cast<std::uint64_t>(query->getColumn(0).getInt64());
    count.photos = static_cast<std::uint64_t>(query->getColumn(1).getInt64());
    count.cover = read_cover(statements, person.id);
    return count;
}

std::optional<Person> read_person(Statements& statements, PersonId person) {
    const auto query = statements("SELECT name, hidden FROM person WHERE id = ?");
    query->bind(1, person);
    if (!query->executeStep()) return std::nullopt;
    return Person{person, query->getColumn(0).getString(), query->getColumn(1).getInt() != 0};
}

Result<AppliedPeopleChange> apply_change(Statements& statements, const PeopleChange& change) {
    if (change.computed_from && *change.computed_from != read_faces_state(statements))
        return fail(ErrorKind::kConflict, "the faces changed meanwhile; try again");
    count_change(statements);
    AppliedPeopleChange applied;
    applied.state = read_faces_state(statements);
    for (std::size_t person = 0; person < change.added; ++person) {
        statements("INSERT INTO person (name) VALUES ('')")->exec();
        applied.added.push_back(statements.database().getLastInsertRowid());
    }
    const auto real = [&](PersonId id) {
        return id < 0 ? applied.added.at(static_cast<std::size_t>(-id - 1)) : id;
    };
    json before{{"people", json::array()}, {"faces", json::array()}, {"rejections", json::array()}};
    const bool logged = !change.what.empty();
    for (Person person : change.people) {
        person.id = real(person.id);
        const auto now = read_person(statements, person.id);
        if (!now) continue;
        if (logged) before["people"].push_back({now->id, now->name, now->hidden});
        if (!set_person(statements, person))
            return fail(ErrorKind::kConflict, "another person is named {}; merge the two instead",
                        person.name);
    }
    // A person's decision stands, also against a grouping that began before it.
    const auto update = statements(logged ? kAssign : kAssignUnconfirmed);
    for (const FaceAssignment& face : change.faces) {
        if (logged) {
            const auto now = read_face(statements, face.face);
            if (!now) continue;
            before["faces"].push_back({now->id, now->person, now->confirmed});
        }
        assign(update, {face.face, real(face.person), face.confirmed});
    }
    const auto reject = statements("INSERT OR IGNORE INTO face_rejection VALUES (?, ?)");
    for (const FaceRejection& rejection : change.rejections) {
        const PersonId person = real(rejection.person);
        reject->reset();
        reject->bind(1, rejection.face);
        reject->bind(2, person);
        if (reject->exec() > 0 && logged) before["rejections"].push_back({rejection.face, person});
    }
    if (!logged) return applied;
    const auto edit = statements("INSERT INTO people_edit (at, what, before) VALUES (?, ?, ?)");
    edit->bind(1, unix_seconds());
    edit->bind(2, change.what);
    edit->bind(3, before.dump(-1, ' ', false, json::error_handler_t::replace));
    edit->exec();
    applied.edit = statements.database().getLastInsertRowid();
    return applied;
}

std::optional<PeopleEdit> undo_last_edit(Statements& statements) {
    const auto query =
        statements("SELECT id, at, what, before FROM people_edit WHERE undone = 0 ORDER BY id DESC LIMIT 1");
    if (!query->executeStep()) return std::nullopt;
    PeopleEdit edit{query->getColumn(0).getInt64(), query->getColumn(1).getInt64(),
                    query->getColumn(2).getString(), true};
    count_change(statements);
    const json before = json::parse(query->getColumn(3).getString());
    // In reverse order: a name that moved between people must be free before it moves back.
    const json& people = before.at("people");
    for (auto person = people.rbegin(); person != people.rend(); ++person)
        (void)set_person(statements, {person->at(0), person->at(1), person->at(2)});
    const auto update = statements(kAssign);
    for (const json& face : before.at("faces")) assign(update, {face.at(0), face.at(1), face.at(2)});
    const auto accept = statements("DELETE FROM face_rejection WHERE face_id = ? AND person_id = ?");
    for (const json& rejection : before.at("rejections")) {
        accept->reset();
        accept->bind(1, rejection.at(0).get<std::int64_t>());
        accept->bind(2, rejection.at(1).get<std::int64_t>());
        accept->exec();
    }
    const auto done = statements("UPDATE people_edit SET undone = 1 WHERE id = ?");
    done->bind(1, edit.id);
    done->exec();
    return edit;
}

}  // namespace

Result<std::vector<PersonCount>> SqlitePeople::people() {
    return connections_.read([&](Statements& statements) -> Result<std::vector<PersonCount>> {
        static const std::string sql = fmt::format(
            "SELECT person.id, person.name, person.hidden, count(*), count(DISTINCT face.photo_id), "
            "(SELECT id FROM face WHERE person_id = person.id AND {0} ORDER BY {1} LIMIT 1) "
            "FROM person JOIN face ON face.person_id = person.id WHERE {0} GROUP BY person.id ORDER BY "
            "person.name = '', count(DISTINCT face.photo_id) DESC, person.id",
            kAvailableFace, kBestFace);
        const auto query = statements(sql);
        std::vector<PersonCount> people;
        while (query->executeStep()) {
            PersonCount person;
            person.id = query->getColumn(0).getInt64();
            person.name = query->getColumn(1).getString();
            person.hidden = query->getColumn(2).getInt() != 0;
            person.faces = static_cast<std::uint64_t>(query->getColumn(3).getInt64());
            person.photos = static_cast<std::uint64_t>(query->getColumn(4).getInt64());
            person.cover = query->getColumn(5).getInt64();
            people.push_back(std::move(person));
        }
        return people;
    });
}

Result<Person> SqlitePeople::person(PersonId id) {
    return connections_.read([&](Statements& statements) -> Result<Person> {
        auto person = read_person(statements, id);
        if (!person) return fail(ErrorKind::kNotFound, "there is no person {}", id);
        return std::move(*person);
    });
}

Result<PersonCount> SqlitePeople::person_count(PersonId id) {
    return connections_.read([&](Statements& statements) -> Result<PersonCount> {
        const auto person = read_person(statements, id);
        if (!person) return fail(ErrorKind::kNotFound, "there is no person {}", id);
        return read_person_count(statements, *person);
    });
}

Result<FaceId> SqlitePeople::cover(PersonId id) {
    return connections_.read(
        [&](Statements& statements) -> Result<FaceId> { return read_cover(statements, id); });
}

Result<std::optional<Person>> SqlitePeople::person_named(const std::string& name) {
    return connections_.read([&](Statements& statements) -> Result<std::optional<Person>> {
        const auto query = statements("SELECT id FROM person WHERE name = ? AND name <> ''");
        query->bind(1, name);
        if (!query->executeStep()) return std::nullopt;
        return read_person(statements, query->getColumn(0).getInt64());
    });
}

Result<std::vector<FaceRejection>> SqlitePeople::rejections() {
    return connections_.read([&](Statements& statements) -> Result<std::vector<FaceRejection>> {
        const auto query = statements("SELECT face_id, person_id FROM face_rejection ORDER BY 1, 2");
        std::vector<FaceRejection> rejections;
        while (query->executeStep())
            rejections.push_back({query->getColumn(0).getInt64(), query->getColumn(1).getInt64()});
        return rejections;
    });
}

Result<AppliedPeopleChange> SqlitePeople::change_people(const PeopleChange& change) {
    if (!change.what.empty() || change.faces.size() <= connections_.rows_at_once()) {
        return connections_.write([&](Statements& statements) -> Result<AppliedPeopleChange> {
            return apply_change(statements, change);
        });
    }
    // The machine's own work is not an edit to undo, so it may be several transactions.
    PeopleChange part = change;
    AppliedPeopleChange applied;
    for (std::size_t first = 0; first < change.faces.size(); first += connections_.rows_at_once()) {
        const auto faces =
            std::span(change.faces)
                .subspan(first, std::min(connections_.rows_at_once(), change.faces.size() - first));
        part.faces.assign(faces.begin(), faces.end());
        for (FaceAssignment& face : part.faces) {
            if (face.person < 0 && !applied.added.empty())
                face.person = applied.added.at(static_cast<std::size_t>(-face.person - 1));
        }
        HONE_TRY(AppliedPeopleChange done, change_people(part));
        part = PeopleChange{};
        part.computed_from = done.state;
        if (first > 0) done.added = std::move(applied.added);
        applied = std::move(done);
    }
    return applied;
}

Result<std::optional<PeopleEdit>> SqlitePeople::undo_people_edit() {
    return connections_.write([&](Statements& statements) -> Result<std::optional<PeopleEdit>> {
        return undo_last_edit(statements);
    });
}

Result<std::vector<PeopleEdit>> SqlitePeople::people_edits(std::size_t limit) {
    return connections_.read([&](Statements& statements) -> Result<std::vector<PeopleEdit>> {
        const auto query =
            statements("SELECT id, at, what, undone FROM people_edit ORDER BY id DESC LIMIT ?");
        query->bind(1, static_cast<std::int64_t>(limit));
        std::vector<PeopleEdit> edits;
        while (query->executeStep())
            edits.push_back({query->getColumn(0).getInt64(), query->getColumn(1).getInt64(),
                             query->getColumn(2).getString(), query->getColumn(3).getInt() != 0});
        return edits;
    });
}

}  // namespace hone
