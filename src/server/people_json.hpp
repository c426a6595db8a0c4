// Faces and people as JSON: docs/http.md.
#pragma once

#include <nlohmann/json.hpp>

#include "people/people.hpp"
#include "server/json.hpp"

namespace hone {

// {"id", "photo", "box", "landmarks", "score", "age", "gender", "person", "confirmed"}.
Result<nlohmann::json> to_json(Catalog& catalog, const Face& face);
// The same with width and height of the photo.
Result<nlohmann::json> face_with_photo(Catalog& catalog, const Face& face);
Result<nlohmann::json> to_json(Catalog& catalog, const PersonCount& person);
Result<nlohmann::json> to_json(Catalog& catalog, const PeopleEditResult& edit);
// named first, then by photos; single, unnamed ones left out unless asked for.
Result<nlohmann::json> people_page(Catalog& catalog, bool hidden, bool singles, std::size_t offset,
                                   std::size_t limit);
Result<nlohmann::json> person_page(Catalog& catalog, PersonId person, std::size_t offset, std::size_t limit);
Result<nlohmann::json> questions_page(Catalog& catalog, People& people, std::size_t limit);
Result<nlohmann::json> similar_faces_page(Catalog& catalog, People& people, FaceId face, std::size_t limit);
// One edit as POST /people has it. kUsage naming what is wrong.
Result<PeopleEditResult> edit_people(People& people, const nlohmann::json& edit);

}  // namespace hone
