// SPDX-License-Identifier: GPL-3.0-or-later
// Finds web client files, with caching and security headers.
#include "server/web_client.hpp"

#include <algorithm>

#include "base/sha256.hpp"
#include "server/web_files.hpp"

namespace hone {

namespace {

// No content from other hosts, no inline content (scripts set styles on elements), and no forms that the
// browser submits itself, which would put a password into the address.
constexpr const char* kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

}  // namespace

HttpResponse serve_web_client(const HttpRequest& request) {
    if (request.method != "GET" && request.method != "HEAD") return problem(405, "this address is read-only");
    const std::string path = request.path == "/" ? "/index.html" : request.path;
    const auto files = web_files();
    if (files.empty())
        return problem(
            404, "this build of Hone has no web client; run script/test web or script/server to build it");
    const auto file = std::ranges::find(files, path, &WebFile::path);
    if (file == files.end()) return problem(404, "this page does not exist");
    const bool packed =
        !file->gzip.empty() && request.header("accept-encoding").find("gzip") != std::string_view::npos;
    const std::string etag = "\"" + to_hex(sha256(file->plain)).substr(0, 24) + (packed ? "-gz\"" : "\"");
    // Names under /assets contain a hash of their content.
    const bool forever = path.starts_with("/assets/");
    HttpResponse response;
    response.headers = {{"Content-Type", std::string(file->content_type)},
                        {"ETag", etag},
                        {"Vary", "Accept-Encoding"},
                        {"Cache-Control", forever ? "public, max-age=31536000, immutable" : "no-cache"},
                        {"Content-Security-Policy", kContentSecurityPolicy}};
    if (request.has_etag(etag)) {
        response.status = 304;
        return response;
    }
    if (packed) response.headers.emplace_back("Content-Encoding", "gzip");
    response.body = packed ? file->gzip : file->plain;
    return response;
}

}  // namespace hone
