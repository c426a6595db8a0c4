// SPDX-License-Identifier: GPL-3.0-or-later
// Reads and writes faces, people and their edits.
#include "catalog/sqlite/people_tables.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/time.hpp"
#include "photo/metadata.hpp"

namespace hone {

using nlohmann::json;

namespace {

constexpr double kSameFaceOverlap = 0.35;  // minimum overlap at which a new face replaces an earlier one

constexpr const char* kFaceColumns =
    "face.id, face.photo_id, face.model, face.x, face.y, face.width, face.height, face.points, face.score, "
    "face.age, face.male, face.vector, face.person_id, face.confirmed, face.age_low, face.age_high";

// The best face: confirmed, then the largest one with a high score.
constexpr const char* kBestFace = "confirmed DESC, score * min(width, height) DESC, id";

constexpr const char* kAvailable =
    "EXISTS (SELECT 1 FROM place WHERE place.photo_id = face.photo_id AND place.state = 0)";

template <typename Number>
std::vector<Number> numbers_of(const SQLite::Column& column) {
    std::vector<Number> numbers(static_cast<std::size_t>(column.getBytes()) / sizeof(Number));
    if (!numbers.empty()) std::memcpy(numbers.data(), column.getBlob(), numbers.size() * sizeof(Number));
    return numbers;
}

Face face_of(const SQLite::Statement& query) {
    Face face;
    face.id = query.getColumn(0).getInt64();
    face.photo = static_cast<PhotoNumber>(query.getColumn(1).getInt64());
    face.model = query.getColumn(2).getString();
    face.box.x = static_cast<float>(query.getColumn(3).getDouble());
    face.box.y = static_cast<float>(query.getColumn(4).getDouble());
    face.box.width = static_cast<float>(query.getColumn(5).getDouble());
    face.box.height = static_cast<float>(query.getColumn(6).getDouble());
    if (const auto points = numbers_of<float>(query.getColumn(7)); points.size() == 10)
        std::ranges::copy(points, face.landmarks.emplace().begin());
    face.score = static_cast<float>(query.getColumn(8).getDouble());
    if (!query.getColumn(9).isNull())
        face.estimate = {static_cast<float>(query.getColumn(9).getDouble()),
                         static_cast<float>(query.getColumn(10).getDouble()), query.getColumn(14).getInt(),
                         query.getColumn(15).getInt()};
    face.vector = numbers_of<float>(query.getColumn(11));
    face.person = query.getColumn(12).isNull() ? 0 : query.getColumn(12).getInt64();
    face.confirmed = query.getColumn(13).getInt() != 0;
    return face;
}

void bind_person(SQLite::Statement& statement, int index, PersonId person) {
    if (person == 0)
        statement.bind(index);
    else
        statement.bind(index, person);
}

// Returns false when another person has the name.
bool set_person(SQLite::Database& database, const Person& person) {
    if (!person.name.empty()) {
        SQLite::Statement taken(database, "SELECT 1 FROM person WHERE name = ? AND name <> '' AND id <> ?");
        taken.bind(1, person.name);
        taken.bind(2, person.id);
        if (taken.executeStep()) return false;
    }
    SQLite::Statement update(database, "UPDATE person SET name = ?, hidden = ? WHERE id = ?");
    update.bind(1, person.name);
    update.bind(2, person.hidden ? 1 : 0);
    update.bind(3, person.id);
    update.exec();
    return true;
}

void assign(SQLite::Statement& update, const FaceAssignment& face) {
    update.reset();
    bind_person(update, 1, face.person);
    update.bind(2, face.confirmed ? 1 : 0);
    update.bind(3, face.face);
    update.exec();
}

// id 0: a new face.
void put_face(Statements& statements, FaceId id, PhotoNumber photo, const std::string& model,
              const FaceFacts& face) {
    const auto upsert = statements(
        "INSERT INTO face (id, photo_id, model, x, y, width, height, points, score, age, male, vector, "
        "age_low, "
        "age_high) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET model = "
        "excluded.model, "
        "x = excluded.x, y = excluded.y, width = excluded.width, height = excluded.height, points = "
        "excluded.points, score = excluded.score, age = excluded.age, male = excluded.male, vector = "
        "excluded.vector, age_low = excluded.age_low, age_high = excluded.age_high");
    if (id != 0) upsert->bind(1, id);
    upsert->bind(2, static_cast<std::int64_t>(photo));
    upsert->bind(3, model);
    upsert->bind(4, static_cast<double>(face.box.x));
    upsert->bind(5, static_cast<double>(face.box.y));
    upsert->bind(6, static_cast<double>(face.box.width));
    upsert->bind(7, static_cast<double>(face.box.height));
    if (face.landmarks) upsert->bind(8, face.landmarks->data(), static_cast<int>(sizeof *face.landmarks));
    upsert->bind(9, static_cast<double>(face.score));
    if (face.estimate) {
        upsert->bind(10, static_cast<double>(face.estimate->age));
        upsert->bind(11, static_cast<double>(face.estimate->male));
        upsert->bind(13, face.estimate->age_low);
        upsert->bind(14, face.estimate->age_high);
    }
    if (!face.vector.empty())
        upsert->bind(12, face.vector.data(), static_cast<int>(face.vector.size() * sizeof(float)));
    upsert->exec();
}

constexpr const char* kCountChange =
    "INSERT INTO setting VALUES ('faces-changes', '1') ON CONFLICT (key) DO UPDATE SET value = value + 1";

constexpr const char* kAssign = "UPDATE face SET person_id = ?, confirmed = ? WHERE id = ?";

}  // namespace

void count_change(SQLite::Database& database) {
    database.exec(kCountChange);
}

void store_faces(Statements& statements, PhotoNumber photo, const std::string& model,
                 const std::vector<FaceFacts>& faces) {
    const std::vector<Face> before = read_faces(statements, photo);
    if (before.empty() && faces.empty()) return;
    statements(kCountChange)->exec();
    // Pairs with the largest overlap first.
    struct Pair {
        double overlap;
        std::size_t before, now;
    };
    std::vector<Pair> pairs;
    for (std::size_t old = 0; old < before.size(); ++old) {
        for (std::size_t now = 0; now < faces.size(); ++now) {
            const double shared = overlap(before[old].box, faces[now].box);
            if (shared >= kSameFaceOverlap) pairs.push_back({shared, old, now});
        }
    }
    std::ranges::sort(pairs, [](const Pair& a, const Pair& b) {
        return std::tuple(-a.overlap, a.before, a.now) < std::tuple(-b.overlap, b.before, b.now);
    });
    std::vector<FaceId> id_of(faces.size(), 0);
    std::vector<bool> kept(before.size());
    for (const Pair& pair : pairs) {
        if (kept[pair.before] || id_of[pair.now] != 0) continue;
        kept[pair.before] = true;
        id_of[pair.now] = before[pair.before].id;
    }
    const auto forget = statements("DELETE FROM face WHERE id = ?");
    for (std::size_t old = 0; old < before.size(); ++old) {
        // A confirmed face stays even if a network no longer detects it.
        if (kept[old] || before[old].confirmed) continue;
        forget->reset();
        forget->bind(1, before[old].id);
        forget->exec();
    }
    for (std::size_t at = 0; at < faces.size(); ++at)
        put_face(statements, id_of[at], photo, model, faces[at]);
}

FaceId insert_face(SQLite::Database& database, PhotoNumber photo, const std::string& model,
                   const FaceFacts& face) {
    Statements statements(database);
    count_change(database);
    put_face(statements, 0, photo, model, face);
    return database.getLastInsertRowid();
}

std::vector<NamedRegion> read_named_regions(SQLite::Database& database,
                                            std::optional<std::span<const PhotoNumber>> photos) {
    SQLite::Statement query(
        database,
        fmt::format("SELECT photo_id, document, photo.width, photo.height FROM {} JOIN photo ON photo.id = "
                    "photo_id WHERE instr(document, '\"regions\"') > 0 AND EXISTS (SELECT 1 FROM place WHERE "
                    "place.photo_id = photo.id AND place.state = 0)",
                    photos ? "json_each(?) AS wanted JOIN metadata ON metadata.photo_id = wanted.value"
                           : "metadata"));
    if (photos) query.bind(1, json(*photos).dump());
    std::vector<NamedRegion> regions;
    while (query.executeStep()) {
        const auto metadata = parse_metadata(json::parse(query.getColumn(1).getString(), nullptr, false));
        if (!metadata) continue;
        const double width = query.getColumn(2).getInt(), height = query.getColumn(3).getInt();
        for (const Region& region : metadata->regions) {
            if (region.name.empty() || (!region.type.empty() && region.type != "Face")) continue;
            const auto pixels = [](double share, double side) { return static_cast<float>(share * side); };
            regions.push_back(
                {static_cast<PhotoNumber>(query.getColumn(0).getInt64()),
                 region.name,
                 {pixels(region.x - region.width / 2, width), pixels(region.y - region.height / 2, height),
                  pixels(region.width, width), pixels(region.height, height)}});
        }
    }
    return regions;
}

std::vector<Face> read_faces(SQLite::Database& database, PhotoNumber photo) {
    Statements statements(database);
    return read_faces(statements, photo);
}

std::vector<Face> read_faces(Statements& statements, PhotoNumber photo) {
    static const std::string sql =
        fmt::format("SELECT {} FROM face WHERE photo_id = ? ORDER BY score DESC, id", kFaceColumns);
    const auto query = statements(sql);
    query->bind(1, static_cast<std::int64_t>(photo));
    std::vector<Face> faces;
    while (query->executeStep()) faces.push_back(face_of(*query));
    return faces;
}

std::optional<Face> read_face(SQLite::Database& database, FaceId face) {
    SQLite::Statement query(database, fmt::format("SELECT {} FROM face WHERE id = ?", kFaceColumns));
    query.bind(1, face);
    if (!query.executeStep()) return std::nullopt;
    return face_of(query);
}

std::vector<Face> read_faces_of(SQLite::Database& database, PersonId person) {
    SQLite::Statement query(
        database,
        fmt::format("SELECT {} FROM face WHERE person_id = ? AND {} ORDER BY confirmed DESC, id DESC",
                    kFaceColumns, kAvailable));
    query.bind(1, person);
    std::vector<Face> faces;
    while (query.executeStep()) faces.push_back(face_of(query));
    return faces;
}

void for_each_face(SQLite::Database& database, const std::string& model,
                   const std::function<void(const Face&)>& visit) {
    SQLite::Statement query(
        database,
        fmt::format("SELECT {} FROM face WHERE model = ? AND vector IS NOT NULL ORDER BY id", kFaceColumns));
    query.bind(1, model);
    while (query.executeStep()) visit(face_of(query));
}

std::vector<PersonCount> read_people(SQLite::Database& database) {
    // The best face: confirmed, then the largest one with a high score.
    SQLite::Statement query(
        database,
        fmt::format(
            "SELECT person.id, person.name, person.hidden, count(*), count(DISTINCT face.photo_id), "
            "(SELECT best.id FROM face AS best WHERE best.person_id = person.id ORDER BY "
            "best.confirmed DESC, best.score * min(best.width, best.height) DESC, best.id LIMIT 1) "
            "FROM person JOIN face ON face.person_id = person.id WHERE {} GROUP BY person.id ORDER BY "
            "person.name = '', count(DISTINCT face.photo_id) DESC, person.id",
            kAvailable));
    std::vector<PersonCount> people;
    while (query.executeStep()) {
        PersonCount person;
        person.id = query.getColumn(0).getInt64();
        person.name = query.getColumn(1).getString();
        person.hidden = query.getColumn(2).getInt() != 0;
        person.faces = static_cast<std::uint64_t>(query.getColumn(3).getInt64());
        person.photos = static_cast<std::uint64_t>(query.getColumn(4).getInt64());
        person.cover = query.getColumn(5).getInt64();
        people.push_back(std::move(person));
    }
    return people;
}

PersonCount read_person_count(SQLite::Database& database, const Person& person) {
    PersonCount count;
    static_cast<Person&>(count) = person;
    SQLite::Statement query(
        database,
        fmt::format("SELECT count(*), count(DISTINCT face.photo_id) FROM face WHERE person_id = ? AND {}",
                    kAvailable));
    query.bind(1, person.id);
    query.executeStep();
    count.faces = static_cast<std::uint64_t>(query.getColumn(0).getInt64());
    count.photos = static_cast<std::uint64_t>(query.getColumn(1).getInt64());
    if (count.faces == 0) return count;
    SQLite::Statement best(database,
                           fmt::format("SELECT id FROM face WHERE person_id = ? AND {} ORDER BY {} LIMIT 1",
                                       kAvailable, kBestFace));
    best.bind(1, person.id);
    if (best.executeStep()) count.cover = best.getColumn(0).getInt64();
    return count;
}

std::optional<Person> read_person(SQLite::Database& database, PersonId person) {
    SQLite::Statement query(database, "SELECT name, hidden FROM person WHERE id = ?");
    query.bind(1, person);
    if (!query.executeStep()) return std::nullopt;
    return Person{person, query.getColumn(0).getString(), query.getColumn(1).getInt() != 0};
}

std::vector<FaceRejection> read_rejections(SQLite::Database& database) {
    SQLite::Statement query(database, "SELECT face_id, person_id FROM face_rejection ORDER BY 1, 2");
    std::vector<FaceRejection> rejections;
    while (query.executeStep())
        rejections.push_back({query.getColumn(0).getInt64(), query.getColumn(1).getInt64()});
    return rejections;
}

std::string read_faces_state(SQLite::Database& database) {
    SQLite::Statement query(database, "SELECT value FROM setting WHERE key = 'faces-changes'");
    return query.executeStep() ? query.getColumn(0).getString() : std::string();
}

Result<AppliedPeopleChange> apply_change(SQLite::Database& database, const PeopleChange& change) {
    if (change.computed_from && *change.computed_from != read_faces_state(database))
        return fail(ErrorKind::kConflict, "the faces changed meanwhile; try again");
    count_change(database);
    AppliedPeopleChange applied;
    applied.state = read_faces_state(database);
    for (std::size_t person = 0; person < change.added; ++person) {
        database.exec("INSERT INTO person (name) VALUES ('')");
        applied.added.push_back(database.getLastInsertRowid());
    }
    const auto real = [&](PersonId id) {
        return id < 0 ? applied.added.at(static_cast<std::size_t>(-id - 1)) : id;
    };
    json before{{"people", json::array()}, {"faces", json::array()}, {"rejections", json::array()}};
    const bool logged = !change.what.empty();
    for (Person person : change.people) {
        person.id = real(person.id);
        const auto now = read_person(database, person.id);
        if (!now) continue;
        if (logged) before["people"].push_back({now->id, now->name, now->hidden});
        if (!set_person(database, person))
            return fail(ErrorKind::kConflict, "another person is named {}; merge the two instead",
                        person.name);
    }
    // A person's decision stands, also against a grouping that began before it.
    SQLite::Statement update(database, std::string(kAssign) + (logged ? "" : " AND confirmed = 0"));
    for (const FaceAssignment& face : change.faces) {
        if (logged) {
            const auto now = read_face(database, face.face);
            if (!now) continue;
            before["faces"].push_back({now->id, now->person, now->confirmed});
        }
        assign(update, {face.face, real(face.person), face.confirmed});
    }
    SQLite::Statement reject(database, "INSERT OR IGNORE INTO face_rejection VALUES (?, ?)");
    for (const FaceRejection& rejection : change.rejections) {
        const PersonId person = real(rejection.person);
        reject.reset();
        reject.bind(1, rejection.face);
        reject.bind(2, person);
        if (reject.exec() > 0 && logged) before["rejections"].push_back({rejection.face, person});
    }
    if (!logged) return applied;
    SQLite::Statement edit(database, "INSERT INTO people_edit (at, what, before) VALUES (?, ?, ?)");
    edit.bind(1, unix_seconds());
    edit.bind(2, change.what);
    edit.bind(3, before.dump(-1, ' ', false, json::error_handler_t::replace));
    edit.exec();
    applied.edit = database.getLastInsertRowid();
    return applied;
}

std::optional<PeopleEdit> undo_last_edit(SQLite::Database& database) {
    SQLite::Statement query(
        database, "SELECT id, at, what, before FROM people_edit WHERE undone = 0 ORDER BY id DESC LIMIT 1");
    if (!query.executeStep()) return std::nullopt;
    PeopleEdit edit{query.getColumn(0).getInt64(), query.getColumn(1).getInt64(),
                    query.getColumn(2).getString(), true};
    count_change(database);
    const json before = json::parse(query.getColumn(3).getString());
    // In reverse order: a name that moved between people must be free before it moves back.
    const json& people = before.at("people");
    for (auto person = people.rbegin(); person != people.rend(); ++person)
        (void)set_person(database, {person->at(0), person->at(1), person->at(2)});
    SQLite::Statement update(database, kAssign);
    for (const json& face : before.at("faces")) assign(update, {face.at(0), face.at(1), face.at(2)});
    SQLite::Statement accept(database, "DELETE FROM face_rejection WHERE face_id = ? AND person_id = ?");
    for (const json& rejection : before.at("rejections")) {
        accept.reset();
        accept.bind(1, rejection.at(0).get<std::int64_t>());
        accept.bind(2, rejection.at(1).get<std::int64_t>());
        accept.exec();
    }
    SQLite::Statement done(database, "UPDATE people_edit SET undone = 1 WHERE id = ?");
    done.bind(1, edit.id);
    done.exec();
    return edit;
}

std::vector<PeopleEdit> read_edits(SQLite::Database& database, std::size_t limit) {
    SQLite::Statement query(database,
                            "SELECT id, at, what, undone FROM people_edit ORDER BY id DESC LIMIT ?");
    query.bind(1, static_cast<std::int64_t>(limit));
    std::vector<PeopleEdit> edits;
    while (query.executeStep())
        edits.push_back({query.getColumn(0).getInt64(), query.getColumn(1).getInt64(),
                         query.getColumn(2).getString(), query.getColumn(3).getInt() != 0});
    return edits;
}

}  // namespace hone
