// SPDX-License-Identifier: GPL-3.0-or-later
// Turns answers and errors into responses, for the principal who asked.
#include "server/answer.hpp"

#include "base/log.hpp"
#include "base/stop.hpp"

namespace hone {

namespace {

HttpResponse to_response(const Error& error) {
    switch (error.kind) {
        case ErrorKind::kUsage:
            return problem(400, error.message);
        case ErrorKind::kNotFound:
            return problem(404, error.message);
        case ErrorKind::kTooLarge:
            return problem(413, error.message);
        case ErrorKind::kInUse:
        case ErrorKind::kConflict:
            return problem(409, error.message);
        case ErrorKind::kUnavailable:
            return problem(503, error.message);
        case ErrorKind::kFailed:
            break;
    }
    return problem(500, error.message);
}

void log_reason(const HttpRequest& request, std::string_view reason) {
    log::write(log::Level::kError, fmt::format("{} {}: {}", request.method, request.path, reason));
}

HttpResponse refuse(const HttpRequest& request, const Principal& principal, const Error& error) {
    HttpResponse refused = to_response(error);
    if (sees_paths(principal) || refused.status < 500) return refused;
    // The reason may contain file names.
    log_reason(request, error.message);
    return problem(refused.status, refused.status == 503
                                       ? "this is not possible now; the owner can see the reason"
                                       : "Hone could not answer this; the reason is in its log");
}

}  // namespace

Role visible_role(const Principal& principal) {
    return principal.role.value_or(Role::kViewer);
}

bool sees_paths(const Principal& principal) {
    return authorize(principal, UserAction::kSeePaths) == Decision::kAllowed;
}

HttpResponse json_response(int status, Document document, Role role, const std::stop_token& stop) {
    const auto visible = std::move(document).for_role(role);
    if (!visible) return problem(403, "only the owner may see this");
    return {
        status, {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}}, dump(*visible, stop)};
}

HttpResponse respond(const HttpRequest& request, const Principal& principal,
                     const std::function<Result<Answer>()>& make) try {
    Result<Answer> answer = make();
    if (!answer) return refuse(request, principal, answer.error());
    if (!answer->document) return std::move(answer->response);
    return json_response(answer->response.status, *std::move(answer->document), visible_role(principal),
                         request.gone);
} catch (const Stopped&) {
    return problem(503, "the request was cancelled: it took too long, or the client left");
} catch (const std::exception& error) {
    log_reason(request, error.what());
    return problem(500, "Hone could not answer this; the reason is in its log");
}

Answer answer_from_drive(const HttpRequest& request, const Principal& principal, const std::string& drive,
                         std::function<Result<Answer>(BlockingCalls&)> make) {
    HttpResponse response;
    response.work = {drive, [request, principal, make = std::move(make)](BlockingCalls& calls) {
                         return respond(request, principal, [&] { return make(calls); });
                     }};
    return response;
}

}  // namespace hone
