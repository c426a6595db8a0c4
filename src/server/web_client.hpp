// SPDX-License-Identifier: GPL-3.0-or-later
// Serves the web client from inside the program. Safe from any thread.
#pragma once

#include "server/http_server.hpp"

namespace hone {

// Returns the file for a path outside the interface; index.html for "/". 404 for an unknown path.
HttpResponse serve_web_client(const HttpRequest& request);

}  // namespace hone
