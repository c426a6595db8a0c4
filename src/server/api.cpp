// SPDX-License-Identifier: GPL-3.0-or-later
// Checks each request by the table of routes, and calls its handler.
#include "server/api.hpp"

#include "base/log.hpp"
#include "server/web_client.hpp"

namespace hone {

namespace {

constexpr std::string_view kPrefix = "/api/v1";

// A defect in Hone: the user gets a plain answer, the log the reason.
HttpResponse defect(const HttpRequest& request, std::string_view reason) {
    log::write(log::Level::kError, fmt::format("{} {}: {}", request.method, request.path, reason));
    return problem(500, "Hone could not answer this; the reason is in its log");
}

HttpResponse ask_to_sign_in(const HttpRequest& request) {
    HttpResponse refused =
        problem(401, request.header("authorization").empty()
                         ? "sign in first (POST /api/v1/session), or send an API token"
                         : "this token is unknown, revoked or expired; `hone users token` makes one");
    refused.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"hone\"");
    return refused;
}

}  // namespace

Result<> Api::start_people(std::unique_ptr<People> people, std::string model, std::string why) {
    context_.people = std::move(people);
    context_.face_model = std::move(model);
    context_.no_faces = std::move(why);
    HONE_TRY(people_changes_,
             context_.library.subscribe([this](const Changes& changes) { context_.people->note(changes); }));
    context_.people->note({});  // from now on, every change is noted
    return {};
}

void Api::reload_with(ModelReloader::Open open, ModelReloader::Index index) {
    reloader_ = std::make_unique<ModelReloader>(context_, std::move(open), std::move(index));
    context_.reload_models = [this] { reloader_->request(); };
}

std::variant<HttpResponse, Api::Admitted> Api::check(const HttpRequest& request) {
    if (const auto allowed = context_.authenticator.check_site(request); !allowed)
        return problem(403, allowed.error().message);
    FoundRoute found = find_route(request.method, request.path);
    if (found.route == nullptr) {
        if (found.known_path) return problem(405, fmt::format("{} is not possible here", request.method));
        if (request.path.starts_with(kPrefix))
            return problem(404, "this address does not exist; see /api/v1/openapi.json");
        return serve_web_client(request);
    }
    auto principal = context_.authenticator.principal_of(request);
    if (!principal) {
        log::write(log::Level::kError, principal.error().message);
        return problem(500, "the users cannot be read; the reason is in Hone's log");
    }
    switch (authorize(*principal, found.route->needs)) {
        case Decision::kSignIn:
            return ask_to_sign_in(request);
        case Decision::kForbidden:
            return problem(403, found.route->needs == UserAction::kHoldTokens
                                    ? "sign in with a password to make or revoke tokens"
                                    : "only the owner may do this");
        case Decision::kAllowed:
            break;
    }
    if (const auto own = Authenticator::check_own_page(request, *principal); !own)
        return problem(403, own.error().message);
    return Admitted{found.route, std::move(found.part), std::move(*principal)};
}

HttpResponse Api::handle(const HttpRequest& request) try {
    const auto running = context_.metrics.running();
    auto checked = check(request);
    if (auto* response = std::get_if<HttpResponse>(&checked)) return std::move(*response);
    const auto& [route, part, principal] = std::get<Admitted>(checked);
    HttpResponse response =
        respond(request, principal, [&] { return route->handler(context_, {request, part, principal}); });
    if (response.work.run && route->runs_on != RunsOn::kDrive)
        return defect(request, "the table of routes does not allow this route to wait for a drive");
    return response;
} catch (const std::exception& error) {
    return defect(request, error.what());
}

std::optional<HttpResponse> Api::admit(const HttpRequest& request) try {
    auto checked = check(request);
    auto* response = std::get_if<HttpResponse>(&checked);
    // A page of the web client needs no body, but may be asked for with one.
    if (response == nullptr || response->status < 400) return std::nullopt;
    return std::move(*response);
} catch (const std::exception& error) {
    return defect(request, error.what());
}

std::optional<HttpResponse> Api::answer_at_once(const HttpRequest& request) {
    const FoundRoute found = find_route(request.method, request.path);
    if (found.route == nullptr || found.route->runs_on != RunsOn::kConnection) return std::nullopt;
    if (const auto allowed = context_.authenticator.check_site(request); !allowed)
        return problem(403, allowed.error().message);
    // Finding out who asks would wait for the users' file: such a route is for everybody.
    const Principal unknown;
    return respond(request, unknown,
                   [&] { return found.route->handler(context_, {request, found.part, unknown}); });
}

void Api::request_stop() {
    if (reloader_) reloader_->request_stop();
    if (const auto indexer = context_.search.get()->indexer) indexer->request_stop();
    context_.decoders.interrupt(true);
}

void Api::stop() {
    context_.download.stop();
    reloader_.reset();
    if (const auto indexer = context_.search.get()->indexer) indexer->stop();
    context_.search.set({});
    context_.events.clear();
}

}  // namespace hone
