// SPDX-License-Identifier: GPL-3.0-or-later
// Pages of faces and people, and the edits of POST /people.
#include "wire/people.hpp"

#include <algorithm>
#include <cmath>

#include "analyze/faces.hpp"
#include "base/stop.hpp"
#include "base/time.hpp"

namespace hone {

using nlohmann::json;

namespace {

double rounded(double value, double unit) {
    return std::round(value / unit) * unit;
}

// Reads a list of integers. kUsage describes the problem.
Result<std::vector<std::int64_t>> numbers(const json& edit, const char* field) {
    std::vector<std::int64_t> list;
    const auto found = edit.find(field);
    const bool good = found != edit.end() && found->is_array() && !found->empty() &&
                      std::ranges::all_of(*found, [](const json& one) { return one.is_number_integer(); });
    if (!good) return fail(ErrorKind::kUsage, "{} must be a list of numbers", field);
    for (const json& one : *found) list.push_back(one.get<std::int64_t>());
    return list;
}

Result<std::int64_t> number(const json& edit, const char* field) {
    const auto found = edit.find(field);
    if (found == edit.end() || !found->is_number_integer())
        return fail(ErrorKind::kUsage, "{} must be a number", field);
    return found->get<std::int64_t>();
}

Result<std::string> text(const json& edit, const char* field) {
    const auto found = edit.find(field);
    if (found == edit.end()) return std::string();
    if (!found->is_string()) return fail(ErrorKind::kUsage, "{} must be text", field);
    return found->get<std::string>();
}

}  // namespace

Result<json> to_json(Catalog& catalog, const Face& face) {
    json entry{{"id", face.id},
               {"box",
                {rounded(face.box.x, 0.01), rounded(face.box.y, 0.01), rounded(face.box.width, 0.01),
                 rounded(face.box.height, 0.01)}},
               {"score", rounded(face.score, 0.0001)},
               {"person", nullptr},
               {"confirmed", face.confirmed}};
    if (face.id != 0) {
        HONE_TRY(const auto photo, catalog.photo(face.photo));
        if (photo) entry["photo"] = to_hex(photo->id);
    }
    if (face.landmarks) {
        entry["landmarks"] = json::array();
        for (std::size_t at = 0; at < face.landmarks->size(); at += 2)
            entry["landmarks"].push_back(
                {rounded((*face.landmarks)[at], 0.01), rounded((*face.landmarks)[at + 1], 0.01)});
    }
    if (face.estimate) {
        entry["age"] = {face.estimate->age_low, face.estimate->age_high};
        const double male = rounded(face.estimate->male, 0.0001);
        entry["gender"] = {{"male", male}, {"female", rounded(1 - male, 0.0001)}};
    }
    if (face.person != 0) {
        HONE_TRY(const Person person, catalog.person(face.person));
        entry["person"] = {{"id", person.id},
                           {"name", person.name.empty() ? json() : json(person.name)},
                           {"hidden", person.hidden}};
    }
    return entry;
}

namespace {

// The face with its photo's width and height.
Result<json> face_with_photo(Catalog& catalog, const Face& face) {
    HONE_TRY(json entry, to_json(catalog, face));
    HONE_TRY(const auto photo, catalog.photo(face.photo));
    entry["width"] = photo ? photo->width : 0;
    entry["height"] = photo ? photo->height : 0;
    return entry;
}

Result<json> to_json(Catalog& catalog, const PersonCount& person) {
    json entry{{"id", person.id},         {"name", person.name.empty() ? json() : json(person.name)},
               {"hidden", person.hidden}, {"faces", person.faces},
               {"photos", person.photos}, {"cover", nullptr}};
    if (person.cover != 0) {
        HONE_TRY(const Face cover, catalog.face(person.cover));
        HONE_TRY(entry["cover"], face_with_photo(catalog, cover));
        if (cover.estimate) entry["age"] = {cover.estimate->age_low, cover.estimate->age_high};
    }
    return entry;
}

Result<json> person_entry(Catalog& catalog, PersonId id) {
    HONE_TRY(const PersonCount person, catalog.person_count(id));
    return to_json(catalog, person);
}

}  // namespace

Result<Document> photo_faces(Catalog& catalog, const Photo& photo, const std::string& why) {
    HONE_TRY(const std::vector<Face> faces, catalog.faces_of(photo.number));
    HONE_TRY(const std::vector<Analysis> analyses, catalog.analyses(photo.number));
    const bool analyzed = std::ranges::any_of(
        analyses, [](const Analysis& done) { return done.analyzer == FaceAnalyzer::kName; });
    json body{{"faces", json::array()}, {"analyzed", analyzed}};
    if (!analyzed) body["why"] = why;
    for (const Face& face : faces) {
        HONE_TRY(json entry, to_json(catalog, face));
        body["faces"].push_back(std::move(entry));
    }
    return Document("Faces", std::move(body));
}

Result<Document> to_document(Catalog& catalog, const PeopleEditResult& edit) {
    json entry{{"edit", edit.edit}, {"what", edit.what}, {"person", nullptr}};
    if (edit.person != 0) {
        HONE_TRY(entry["person"], person_entry(catalog, edit.person));
    }
    return Document("PeopleEdit", std::move(entry));
}

Result<Document> people_page(const Snapshot& snapshot, Catalog& catalog, const PeopleRequest& request,
                             const std::stop_token& stop) {
    const auto& [filter, offset, limit, model, why] = request;
    const ListedPeople listed = listed_people(snapshot, filter, offset, limit);
    json page{{"total", listed.total}, {"people", json::array()}, {"faces", snapshot.faces()}};
    for (const PersonId id : listed.page) {
        throw_if_stopped(stop);
        PersonCount person;
        HONE_TRY(static_cast<Person&>(person), catalog.person(id));
        person.faces = snapshot.people()[static_cast<std::size_t>(id)].faces;
        person.photos = snapshot.people()[static_cast<std::size_t>(id)].photos;
        HONE_TRY(person.cover, catalog.cover(id));
        HONE_TRY(json entry, to_json(catalog, person));
        page["people"].push_back(std::move(entry));
    }
    if (model) page["model"] = model->empty() ? json() : json(*model);
    if (model && model->empty()) page["why"] = why;
    return Document("PeopleList", std::move(page));
}

Result<Document> person_page(Catalog& catalog, PersonId person, std::size_t offset, std::size_t limit,
                             const std::stop_token& stop) {
    HONE_TRY(json page, person_entry(catalog, person));
    HONE_TRY(const auto faces, catalog.faces_of_person(person));
    page["members"] = json::array();
    for (std::size_t at = offset; at < std::min(offset + limit, faces.size()); ++at) {
        throw_if_stopped(stop);
        HONE_TRY(json entry, face_with_photo(catalog, faces[at]));
        page["members"].push_back(std::move(entry));
    }
    return Document("PersonPage", std::move(page));
}

Result<Document> questions_page(Catalog& catalog, People& people, std::size_t limit,
                                const std::stop_token& stop) {
    HONE_TRY(const auto questions, people.questions(limit, stop));
    json page{{"questions", json::array()}};
    for (const PersonQuestion& question : questions) {
        throw_if_stopped(stop);
        HONE_TRY(json face, face_with_photo(catalog, question.face));
        HONE_TRY(json person, person_entry(catalog, question.person));
        page["questions"].push_back({{"face", std::move(face)},
                                     {"person", std::move(person)},
                                     {"distance", rounded(question.distance, 0.0001)},
                                     {"settles", question.settles}});
    }
    return Document("PeopleQuestions", std::move(page));
}

Document history_document(std::span<const PeopleEdit> edits) {
    json list = json::array();
    for (const PeopleEdit& edit : edits) {
        if (!edit.undone) list.push_back({{"id", edit.id}, {"at", iso8601(edit.at)}, {"what", edit.what}});
    }
    return {"PeopleHistory", {{"edits", std::move(list)}}};
}

Result<Document> similar_faces_page(Catalog& catalog, People& people, FaceId id, std::size_t limit,
                                    const std::stop_token& stop) {
    HONE_TRY(const Face face, catalog.face(id));
    HONE_TRY(const auto faces, people.similar(face, limit, stop));
    json page{{"results", json::array()}};
    for (const auto& [other, distance] : faces) {
        throw_if_stopped(stop);
        HONE_TRY(json entry, face_with_photo(catalog, other));
        entry["distance"] = distance;
        page["results"].push_back(std::move(entry));
    }
    return Document("SimilarFaces", std::move(page));
}

Result<PeopleEditResult> edit_people(People& people, const json& edit) {
    if (!edit.is_object()) return fail(ErrorKind::kUsage, "an edit is an object with an action");
    for (const auto& [field, value] : edit.items()) {
        if (field != "action" && field != "person" && field != "people" && field != "faces" &&
            field != "name")
            return fail(ErrorKind::kUsage, "unknown field '{}' of an edit", field.substr(0, 40));
    }
    HONE_TRY(const std::string action, text(edit, "action"));
    HONE_TRY(const std::string name, text(edit, "name"));
    if (action == "undo") return people.undo();
    if (action == "merge") {
        HONE_TRY(const auto list, numbers(edit, "people"));
        return people.merge(list, name);
    }
    if (action == "assign") {
        HONE_TRY(const auto faces, numbers(edit, "faces"));
        if (!edit.contains("person")) return people.assign(faces, 0, name);
        HONE_TRY(const PersonId person, number(edit, "person"));
        return people.assign(faces, person, name);
    }
    if (action == "name" || action == "hide" || action == "show") {
        HONE_TRY(const PersonId person, number(edit, "person"));
        return action == "name" ? people.name(person, name) : people.hide(person, action == "hide");
    }
    if (action == "split" || action == "reject") {
        HONE_TRY(const PersonId person, number(edit, "person"));
        HONE_TRY(const auto faces, numbers(edit, "faces"));
        return action == "split" ? people.split(person, faces) : people.reject(faces, person);
    }
    return fail(
        ErrorKind::kUsage,
        "unknown action '{}'; the actions are name, merge, split, assign, reject, hide, show and undo",
        action.substr(0, 40));
}

}  // namespace hone
