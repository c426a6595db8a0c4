// SPDX-License-Identifier: GPL-3.0-or-later
// Image-text models: what is installed, in use and recommended; fetch, use, remove.
#include "wire/models.hpp"

#include "base/config.hpp"
#include "server/context.hpp"
#include "server/parameters.hpp"
#include "server/route.hpp"

namespace hone {

namespace {

ModelStore store_of(const ServerContext& context) {
    return ModelStore(model_directories(context.library.directory()));
}

// Which models the library uses now, whatever the server has loaded.
Result<ModelsState> state_of(ServerContext& context) {
    ModelsState state;
    const ModelStore store = store_of(context);
    state.installed = store.list();
    state.own_directory = store.own_directory();
    state.download = context.download.progress();
    if (auto models = choose_models(context.library, store, {})) {
        state.used = models->in_use->manifest().name;
        if (models->next) state.next = models->next->manifest().name;
    }
    static const bool card = has_card();  // it stays the same, and a driver may take seconds to start
    state.recommended = recommended_model(card);
    return state;
}

Result<Answer> show_models(ServerContext& context, const Call&) {
    HONE_TRY(const ModelsState state, state_of(context));
    return Answer(200, models_document(state));
}

Result<Answer> use_model(ServerContext& context, const Call& call) {
    HONE_TRY(const auto body, parse_body(call.request));
    HONE_TRY(const ModelWish wish, parse_model_wish(body, "name"));
    HONE_TRY(const Manifest manifest, store_of(context).find(wish.name));
    HONE_CHECK(choose_model(context.library, manifest, wish.precision));
    context.reload_models();
    HONE_TRY(const ModelsState state, state_of(context));
    return Answer(200, models_document(state));
}

Result<Answer> remove_model(ServerContext& context, const Call& call) {
    const ModelStore store = store_of(context);
    HONE_TRY(const Manifest manifest, store.find(call.part));
    HONE_TRY(const ModelsState state, state_of(context));
    if (manifest.name == state.used || manifest.name == state.next)
        return fail(ErrorKind::kConflict, "{} is in use; use another model first", manifest.name);
    if (manifest.directory.parent_path() != store.own_directory())
        return fail(ErrorKind::kConflict, "{} belongs to the installation of Hone, not to this library",
                    manifest.name);
    HONE_CHECK(remove_tree(manifest.directory));
    return HttpResponse{204, {}, "", {}, {}};
}

Result<Answer> start_download(ServerContext& context, const Call& call) {
    HONE_TRY(const auto body, parse_body(call.request));
    HONE_TRY(const ModelWish wish, parse_model_wish(body, "source"));
    HONE_CHECK(context.download.start(store_of(context), wish.name,
                                      wish.precision ? std::string(precision_name(*wish.precision)) : "",
                                      ""));
    HONE_TRY(const ModelsState state, state_of(context));
    return Answer(202, models_document(state));
}

Result<Answer> change_download(ServerContext& context, Result<> (ModelDownload::*change)()) {
    HONE_CHECK((context.download.*change)());
    HONE_TRY(const ModelsState state, state_of(context));
    return Answer(202, models_document(state));
}

Result<Answer> pause_download(ServerContext& context, const Call&) {
    return change_download(context, &ModelDownload::pause);
}

Result<Answer> resume_download(ServerContext& context, const Call&) {
    return change_download(context, &ModelDownload::resume);
}

Result<Answer> cancel_download(ServerContext& context, const Call&) {
    return change_download(context, &ModelDownload::cancel);
}

}  // namespace

std::span<const Route> model_routes() {
    static constexpr Route kRoutes[] = {
        {"GET", "/api/v1/models", UserAction::kManage, show_models},
        {"POST", "/api/v1/models/use", UserAction::kManage, use_model},
        {"POST", "/api/v1/models/download", UserAction::kManage, start_download},
        {"POST", "/api/v1/models/download/pause", UserAction::kManage, pause_download},
        {"POST", "/api/v1/models/download/resume", UserAction::kManage, resume_download},
        {"POST", "/api/v1/models/download/cancel", UserAction::kManage, cancel_download},
        {"DELETE", "/api/v1/models/{}", UserAction::kManage, remove_model},
    };
    return kRoutes;
}

}  // namespace hone
