// SPDX-License-Identifier: GPL-3.0-or-later
// HTTP requests to a running server, with libcurl.
#include "cli/remote.hpp"

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/log.hpp"
#include "server/auth/machine_key.hpp"

namespace hone {

using nlohmann::json;

namespace {

constexpr auto kPoll = std::chrono::milliseconds(300);
constexpr long kTimeoutSeconds = 30;
constexpr long kHealthSeconds = 5;

std::size_t append(char* data, std::size_t size, std::size_t count, void* target) {
    static_cast<std::string*>(target)->append(data, size * count);
    return size * count;
}

Result<json> call(const RunningServer& server, const std::string& path, const json* body) {
    const std::string url = server.url + path;
    // Without a key the server may still answer, because it requires none when no user is set up.
    const auto key = read_machine_key(server.library);
    const std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
    const std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers(
        key ? curl_slist_append(nullptr, ("Authorization: Bearer " + key->secret).c_str()) : nullptr,
        curl_slist_free_all);
    std::string answer;
    const std::string sent =
        body != nullptr ? body->dump(-1, ' ', false, json::error_handler_t::replace) : "";
    curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, kTimeoutSeconds);
    curl_easy_setopt(curl.get(), CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
    if (url.starts_with("https:")) {
        if (!key || key->public_key.empty())
            return fail("{}",
                        key ? "serve.key names no certificate; start hone serve again" : key.error().message);
        // The certificate is for the public name; here the server must have exactly this key.
        curl_easy_setopt(curl.get(), CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(curl.get(), CURLOPT_SSL_VERIFYHOST, 0L);
        curl_easy_setopt(curl.get(), CURLOPT_PINNEDPUBLICKEY, key->public_key.c_str());
    }
    if (body != nullptr) curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, sent.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, append);
    if (const CURLcode code = curl_easy_perform(curl.get()); code != CURLE_OK) {
        return fail("the running hone serve at {} does not answer: {}", url, curl_easy_strerror(code));
    }
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    json document = json::parse(answer, nullptr, false);
    if (status == 401 && !key) return std::unexpected(key.error());
    if (status >= 400 || document.is_discarded()) {
        return fail(status == 400   ? ErrorKind::kUsage
                    : status == 404 ? ErrorKind::kNotFound
                    : status == 409 ? ErrorKind::kConflict
                                    : ErrorKind::kFailed,
                    "{}",
                    document.is_object() ? document.value("detail", "the server refused")
                                         : "the server's answer is not understood");
    }
    return document;
}

}  // namespace

Result<json> index_on_server(const RunningServer& server, const std::vector<fs::path>& folders,
                             bool retry_failed, const std::function<void(const json&)>& on_status) {
    for (const fs::path& folder : folders) {
        const json body = {{"path", folder.native()}, {"scan", false}};
        HONE_TRY(const json added, call(server, "/api/v1/folders", &body));
    }
    const json wish = {{"retry_failed", retry_failed}};
    HONE_TRY(const json scan, call(server, "/api/v1/scan", &wish));
    const auto wanted = scan.value("scan", std::uint64_t{0});
    while (true) {
        HONE_TRY(const json status, call(server, "/api/v1/status", nullptr));
        on_status(status);
        if (status.value("scans", std::uint64_t{0}) >= wanted) {
            if (status.contains("last_error") && status["last_error"].is_string())
                return fail("{}", status["last_error"].get<std::string>());
            return status.value("last_scan", json());
        }
        std::this_thread::sleep_for(kPoll);
    }
}

Result<json> post_to_server(const RunningServer& server, const std::string& path, const json& body) {
    return call(server, path, &body);
}

Result<json> status_of(const RunningServer& server) {
    return call(server, "/api/v1/status", nullptr);
}

Result<> ask_health(const std::string& url, const std::string& path) {
    const std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
    // The server may listen on any address and under any name; from here it is this machine.
    const std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers(
        curl_slist_append(nullptr, "Host: localhost"), curl_slist_free_all);
    std::string answer;
    curl_easy_setopt(curl.get(), CURLOPT_URL, (url + path).c_str());
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl.get(), CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, kHealthSeconds);
    // The request contains no secret, and a certificate is for the server's public name.
    curl_easy_setopt(curl.get(), CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl.get(), CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, append);
    if (const CURLcode code = curl_easy_perform(curl.get()); code != CURLE_OK)
        return fail("the running hone serve at {} does not answer: {}", url, curl_easy_strerror(code));
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status == 200) return {};
    const json document = json::parse(answer, nullptr, false);
    return fail("the running hone serve at {} answers {}: {}", url, status,
                document.is_object() ? document.value("detail", "no reason given") : "no reason given");
}

}  // namespace hone
