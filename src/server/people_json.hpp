// SPDX-License-Identifier: GPL-3.0-or-later
// Faces and people as JSON: docs/http.md. Safe from any thread; every function fails as the catalogue does,
// and with kNotFound for an unknown face or person.
#pragma once

#include <nlohmann/json.hpp>

#include "people/people.hpp"
#include "server/json.hpp"

namespace hone {

// {"id", "photo", "box", "landmarks", "score", "age", "gender", "person", "confirmed"}.
Result<nlohmann::json> to_json(Catalog& catalog, const Face& face);
// The same with the photo's width and height.
Result<nlohmann::json> face_with_photo(Catalog& catalog, const Face& face);
Result<nlohmann::json> to_json(Catalog& catalog, const PersonCount& person);
Result<nlohmann::json> to_json(Catalog& catalog, const PeopleEditResult& edit);
// Named people first, then by number of photos. hidden: include hidden people. singles: include unnamed
// people in a single photo. offset, limit: of the people.
Result<nlohmann::json> people_page(Catalog& catalog, bool hidden, bool singles, std::size_t offset,
                                   std::size_t limit);
// One person with the faces from `offset` to `offset + limit`.
Result<nlohmann::json> person_page(Catalog& catalog, PersonId person, std::size_t offset, std::size_t limit);
// People::questions() with faces and people in full.
Result<nlohmann::json> questions_page(Catalog& catalog, People& people, std::size_t limit);
// People::similar() as a page.
Result<nlohmann::json> similar_faces_page(Catalog& catalog, People& people, FaceId face, std::size_t limit);
// Performs one edit in the form of POST /people. kUsage names the wrong field; other errors as People.
Result<PeopleEditResult> edit_people(People& people, const nlohmann::json& edit);

}  // namespace hone
