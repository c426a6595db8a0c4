// SPDX-License-Identifier: GPL-3.0-or-later
// The answer of a handler, and its way to the client: a viewer gets only what viewers may see. Safe from any
// thread.
#pragma once

#include <functional>
#include <optional>

#include "server/auth/access.hpp"
#include "server/http_server.hpp"
#include "wire/document.hpp"

namespace hone {

// A response, or a document that becomes its body once it is known who asks.
struct Answer {
    Answer(HttpResponse given) : response(std::move(given)) {}  // NOLINT(google-explicit-constructor)
    Answer(int status, Document body) : document(std::move(body)) { response.status = status; }

    HttpResponse response;
    std::optional<Document> document;
};

// The role whose fields the principal sees.
Role visible_role(const Principal& principal);
bool sees_paths(const Principal& principal);

// Returns the document as its role sees it; 403 when the role sees nothing of it. Ends with Stopped
// (base/stop.hpp) when a stop is requested.
HttpResponse json_response(int status, Document document, Role role, const std::stop_token& stop);
// Returns the response to this principal. Errors become problem documents, Stopped (base/stop.hpp) a 503, and
// another exception a plain 500 with the reason in the log; neither contains a path for principals that must
// not see it. Does not throw.
HttpResponse respond(const HttpRequest& request, const Principal& principal,
                     const std::function<Result<Answer>()>& make);

// Makes the answer on a thread that may wait for the drive (BlockingPool).
Answer answer_from_drive(const HttpRequest& request, const Principal& principal, const std::string& drive,
                         std::function<Result<Answer>(BlockingCalls&)> make);

}  // namespace hone
