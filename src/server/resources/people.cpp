// SPDX-License-Identifier: GPL-3.0-or-later
// Faces and people.
#include "wire/people.hpp"

#include "server/context.hpp"
#include "server/parameters.hpp"
#include "server/route.hpp"

namespace hone {

namespace {

constexpr std::size_t kListedEdits = 50;

Result<Answer> faces_of_photo(ServerContext& context, const Call& call) {
    HONE_TRY(const Photo photo, context.find_photo(call.part));
    const std::string why = context.no_faces.empty() ? "the faces of this photo are not indexed yet"
                                                     : context.why_no_faces(call.principal);
    HONE_TRY(Document faces, photo_faces(context.library.catalog(), photo, why));
    return Answer(200, std::move(faces));
}

Result<Answer> similar_faces(ServerContext& context, const Call& call) {
    HONE_TRY(const FaceId face, number_in_path(call.part, "face"));
    HONE_TRY(const std::size_t limit, number_parameter(call.request, "limit", 60, 1000));
    HONE_TRY(Document page,
             similar_faces_page(context.library.catalog(), *context.people, face, limit, call.request.gone));
    return Answer(200, std::move(page));
}

Result<Answer> list_people(ServerContext& context, const Call& call) {
    PeopleRequest wish;
    HONE_TRY(wish.limit, number_parameter(call.request, "limit", 200, 10'000));
    HONE_TRY(wish.offset, offset_parameter(call.request));
    HONE_TRY(wish.filter.hidden, flag_parameter(call.request, "hidden"));
    HONE_TRY(wish.filter.singles, flag_parameter(call.request, "singles"));
    wish.model = context.face_model;
    wish.why = context.why_no_faces(call.principal);
    HONE_TRY(const auto snapshot, context.library.snapshot());
    HONE_TRY(Document page, people_page(*snapshot, context.library.catalog(), wish, call.request.gone));
    return Answer(200, std::move(page));
}

Result<Answer> edit(ServerContext& context, const Call& call) {
    HONE_TRY(const auto body, parse_body(call.request));
    HONE_TRY(const PeopleEditResult edited, edit_people(*context.people, body));
    HONE_TRY(Document done, to_document(context.library.catalog(), edited));
    return Answer(200, std::move(done));
}

Result<Answer> show_person(ServerContext& context, const Call& call) {
    HONE_TRY(const PersonId person, number_in_path(call.part, "person"));
    HONE_TRY(const std::size_t limit, number_parameter(call.request, "limit", 200, 10'000));
    HONE_TRY(const std::size_t offset, offset_parameter(call.request));
    HONE_TRY(Document page, person_page(context.library.catalog(), person, offset, limit, call.request.gone));
    return Answer(200, std::move(page));
}

Result<Answer> questions(ServerContext& context, const Call& call) {
    HONE_TRY(const std::size_t limit, number_parameter(call.request, "limit", 20, 1000));
    HONE_TRY(Document page,
             questions_page(context.library.catalog(), *context.people, limit, call.request.gone));
    return Answer(200, std::move(page));
}

Result<Answer> history(ServerContext& context, const Call&) {
    HONE_TRY(const auto edits, context.library.catalog().people_edits(kListedEdits));
    return Answer(200, history_document(edits));
}

}  // namespace

std::span<const Route> people_routes() {
    static constexpr Route kRoutes[] = {
        {"GET", "/api/v1/photos/{}/faces", UserAction::kView, faces_of_photo},
        {"GET", "/api/v1/faces/{}/similar", UserAction::kView, similar_faces},
        {"GET", "/api/v1/people", UserAction::kView, list_people},
        {"POST", "/api/v1/people", UserAction::kManage, edit},
        {"GET", "/api/v1/people/questions", UserAction::kManage, questions},
        {"GET", "/api/v1/people/history", UserAction::kManage, history},
        {"GET", "/api/v1/people/{}", UserAction::kView, show_person},
    };
    return kRoutes;
}

}  // namespace hone
