// SPDX-License-Identifier: GPL-3.0-or-later
// Faces and people as JSON: docs/http.md. Safe from any thread; every function fails as the catalogue does,
// and with kNotFound for an unknown face or person. Those with a stop token end with Stopped (base/stop.hpp).
#pragma once

#include <stop_token>

#include "people/people.hpp"
#include "people/people_list.hpp"
#include "wire/document.hpp"

namespace hone {

// {"id", "photo", "box", "landmarks", "score", "age", "gender", "person", "confirmed"}.
Result<nlohmann::json> to_json(Catalog& catalog, const Face& face);
// The faces of a photo. why: the reason when they are not indexed.
Result<Document> photo_faces(Catalog& catalog, const Photo& photo, const std::string& why);

struct PeopleRequest {
    PeopleFilter filter = {};
    std::size_t offset = 0, limit = 0;  // of the people
    // Name of the face pack; "": there is none, for the reason `why`. Unset: the document does not say.
    std::optional<std::string> model = {};
    std::string why = {};
};
// Named people first, then by number of photos. Reads only the people of the page from the catalogue.
Result<Document> people_page(const Snapshot& snapshot, Catalog& catalog, const PeopleRequest& request,
                             const std::stop_token& stop = {});
// One person with the faces from `offset` to `offset + limit`.
Result<Document> person_page(Catalog& catalog, PersonId person, std::size_t offset, std::size_t limit,
                             const std::stop_token& stop = {});
// People::questions() with faces and people in full.
Result<Document> questions_page(Catalog& catalog, People& people, std::size_t limit,
                                const std::stop_token& stop = {});
Result<Document> to_document(Catalog& catalog, const PeopleEditResult& edit);
// The edits that were not undone.
Document history_document(std::span<const PeopleEdit> edits);
// People::similar() as a page.
Result<Document> similar_faces_page(Catalog& catalog, People& people, FaceId face, std::size_t limit,
                                    const std::stop_token& stop = {});
// Performs one edit in the form of POST /people. kUsage names the wrong field; other errors as People.
Result<PeopleEditResult> edit_people(People& people, const nlohmann::json& edit);

}  // namespace hone
