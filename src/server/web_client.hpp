// Serves the web client out of the program.
#pragma once

#include "server/http_server.hpp"

namespace hone {

// The file for a path that is none of the interface's; index.html for "/". 404 for what is not there.
HttpResponse serve_web_client(const HttpRequest& request);

}  // namespace hone
