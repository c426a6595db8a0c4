// SPDX-License-Identifier: GPL-3.0-or-later
// Lists repositories of a hub and downloads their files, with resumption and checks.
#include "model/hub.hpp"

#include <curl/curl.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>

#include "base/config.hpp"
#include "base/file_system.hpp"
#include "base/json_numbers.hpp"
#include "base/log.hpp"
#include "base/sha256.hpp"
#include "model/import.hpp"

namespace hone {

using nlohmann::json;

namespace {

constexpr int kAttempts = 5;  // per file; each attempt continues where the last one stopped
constexpr long kConnectSeconds = 20;
constexpr int kListPages = 1000;
constexpr long kStallSeconds = 60;  // abort an attempt after this long below kStallBytes per second
constexpr long kStallBytes = 1000;

struct RemoteFile {
    std::string path;
    std::uint64_t size = 0;
    std::string sha256;    // of large files; empty for small ones, which the hub stores in git
    std::string git_blob;  // of small files; empty where the hub does not say
};

using Curl = std::unique_ptr<CURL, void (*)(CURL*)>;

Curl make_curl(const std::string& url) {
    static const bool started = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    (void)started;
    Curl curl(curl_easy_init(), curl_easy_cleanup);
    curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_MAXREDIRS, 10L);
    curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    curl_easy_setopt(curl.get(), CURLOPT_LOW_SPEED_TIME, kStallSeconds);
    curl_easy_setopt(curl.get(), CURLOPT_LOW_SPEED_LIMIT, kStallBytes);
    curl_easy_setopt(curl.get(), CURLOPT_USERAGENT, "hone/0.1");
    if (const auto token = environment("HF_TOKEN")) {
        curl_easy_setopt(curl.get(), CURLOPT_XOAUTH2_BEARER, token->c_str());
        curl_easy_setopt(curl.get(), CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BEARER));
    }
    return curl;
}

Error status_error(long status, const std::string& what) {
    switch (status) {
        case 401:
        case 403:
            return {ErrorKind::kFailed,
                    fmt::format("the hub refuses {} (HTTP {}): it needs a token with access, set in HF_TOKEN",
                                what, status)};
        case 404:
            return {ErrorKind::kNotFound, fmt::format("the hub does not have {}", what)};
        case 429:
            return {ErrorKind::kFailed,
                    fmt::format("the hub limits requests (HTTP 429) at {}; try again later", what)};
        default:
            return {ErrorKind::kFailed,
                    fmt::format("the hub answers {} with HTTP {}; try again later", what, status)};
    }
}

struct Answer {
    std::string body;
    std::string next_query;  // "?..." of the next page of a list; empty at its end
};

// Returns the query of the address that `Link: <...>; rel="next"` names (RFC 8288). Only the query is taken:
// a copy of a hub may pass on the address of the hub.
std::string next_query_of(std::string_view link) {
    for (std::size_t at = 0; (at = link.find('<', at)) != std::string_view::npos;) {
        const std::size_t end = link.find('>', at);
        if (end == std::string_view::npos) return "";
        const std::string_view address = link.substr(at + 1, end - at - 1);
        const std::size_t next = link.find('<', end);
        const bool is_next = link.substr(end, next - end).find("rel=\"next\"") != std::string_view::npos;
        const std::size_t query = address.find('?');
        if (is_next && query != std::string_view::npos) return std::string(address.substr(query));
        at = end;
    }
    return "";
}

Result<Answer> get(const std::string& url, const std::string& what) {
    const Curl curl = make_curl(url);
    std::string body;
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(
        curl.get(), CURLOPT_WRITEFUNCTION,
        +[](char* data, std::size_t size, std::size_t count, void* target) {
            static_cast<std::string*>(target)->append(data, size * count);
            return size * count;
        });
    const CURLcode code = curl_easy_perform(curl.get());
    if (code != CURLE_OK)
        return fail("cannot reach the hub for {}: {}; check HF_ENDPOINT and the network", what,
                    curl_easy_strerror(code));
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) return std::unexpected(status_error(status, what));
    curl_header* link = nullptr;
    const bool linked = curl_easy_header(curl.get(), "Link", 0, CURLH_HEADER, -1, &link) == CURLHE_OK;
    return Answer{std::move(body), linked ? next_query_of(link->value) : ""};
}

std::string escape_path(const std::string& path) {
    std::string escaped;
    for (const unsigned char c : path) {
        if (std::isalnum(c) || c == '/' || c == '-' || c == '_' || c == '.' || c == '~')
            escaped += static_cast<char>(c);
        else
            escaped += fmt::format("%{:02X}", c);
    }
    return escaped;
}

Result<> add_files(const json& entries, std::vector<RemoteFile>& files) {
    for (const json& entry : entries) {
        if (!entry.is_object() || entry.value("type", "") != "file") continue;
        RemoteFile file{entry.value("path", ""), whole_number<std::uint64_t>(entry, "size", 0), "", ""};
        const fs::path normal = fs::path(file.path).lexically_normal();
        if (file.path.empty() || normal.is_absolute() || *normal.begin() == "..")
            return fail("the hub names a file outside of the model: '{}'", file.path);
        if (entry.contains("lfs") && entry["lfs"].is_object()) {
            file.sha256 = entry["lfs"].value("oid", "");
            file.size = whole_number(entry["lfs"], "size", file.size);
        } else {
            file.git_blob = entry.value("oid", "");
        }
        files.push_back(std::move(file));
    }
    return {};
}

Result<std::vector<RemoteFile>> list_files(const HubRequest& request) try {
    const std::string what = fmt::format("{}@{}", request.repository, request.revision);
    const std::string url = fmt::format("{}/api/models/{}/tree/{}", request.endpoint,
                                        escape_path(request.repository), escape_path(request.revision));
    std::vector<RemoteFile> files;
    std::string query = "?recursive=1";
    for (int page = 0; !query.empty(); ++page) {
        if (page == kListPages) return fail("the hub's file list of {} does not end", what);
        HONE_TRY(Answer answer, get(url + query, what));
        const json entries = json::parse(answer.body, nullptr, false);
        if (!entries.is_array()) return fail("cannot understand the hub's file list of {}", what);
        HONE_CHECK(add_files(entries, files));
        query = std::move(answer.next_query);
    }
    return files;
} catch (const json::exception& error) {
    return fail("cannot understand the hub's file list of {}: {}", request.repository, error.what());
}

// Chooses the files of one image-text model from everything in a repository.
Result<std::vector<RemoteFile>> choose_files(const std::vector<RemoteFile>& all, Precision precision) {
    const auto has = [&](std::string_view path) {
        return std::ranges::any_of(all, [&](const RemoteFile& file) { return file.path == path; });
    };
    std::vector<std::string> wanted{"manifest.json",
                                    "config.json",
                                    "preprocessor_config.json",
                                    "tokenizer.json",
                                    "tokenizer_config.json",
                                    "tokenizer.model",
                                    "spiece.model",
                                    "sentencepiece.bpe.model",
                                    "LICENSE",
                                    "README.md"};
    const auto add_network = [&](const std::string& stem) {
        const std::vector<std::string> suffixes =
            precision == Precision::kFp16   ? std::vector<std::string>{"_fp16"}
            : precision == Precision::kInt8 ? std::vector<std::string>{"_quantized", "_int8", "_uint8"}
                                            : std::vector<std::string>{""};
        for (const std::string& suffix : suffixes) {
            const std::string path = stem + suffix + ".onnx";
            if (!has(path)) continue;
            wanted.push_back(path);
            wanted.push_back(path + "_data");  // weights of networks above 2 GB
            return true;
        }
        return false;
    };
    // rclip's: NAME/visual.onnx and NAME/textual.onnx, one precision each, and CLIP's merges beside the
    // folder.
    const auto rclip = std::ranges::find_if(all, [&](const RemoteFile& file) {
        const fs::path path = file.path;
        return path.filename() == "visual.onnx" && has((path.parent_path() / "textual.onnx").string()) &&
               has(std::string(kClipMergesPath));
    });
    bool found = false;
    if (rclip != all.end()) {
        wanted.push_back(rclip->path);
        wanted.push_back((fs::path(rclip->path).parent_path() / "textual.onnx").string());
        wanted.emplace_back(kClipMergesPath);
        found = true;
    } else if (add_network("onnx/vision_model")) {
        found = add_network("onnx/text_model");
    } else if (add_network("visual/model")) {
        found = add_network("textual/model");
        for (const char* name :
             {"visual/preprocess_cfg.json", "textual/tokenizer.json", "textual/tokenizer_config.json",
              "textual/tokenizer.model", "textual/spiece.model", "textual/sentencepiece.bpe.model"}) {
            wanted.emplace_back(name);
        }
    } else {
        found = add_network("onnx/model") || add_network("model");
    }
    if (!found)
        return fail(
            "the repository has no image and text networks of precision {}; try --precision or another "
            "repository",
            precision_name(precision));
    std::vector<RemoteFile> chosen;
    for (const RemoteFile& file : all) {
        if (std::ranges::find(wanted, file.path) != wanted.end()) chosen.push_back(file);
    }
    return chosen;
}

struct Download {
    FileDescriptor file;
    std::uint64_t received = 0;  // bytes of this file, including earlier attempts
    std::uint64_t before = 0;    // bytes of the previous files
    std::uint64_t total = 0;
    std::string name;
    const HubRequest* request = nullptr;
    CURL* curl = nullptr;
    bool checked = false, restarted = false;
};

std::size_t receive(char* data, std::size_t size, std::size_t count, void* target) {
    auto& download = *static_cast<Download*>(target);
    if (download.request->stop.stop_requested()) return 0;
    if (!download.checked) {
        download.checked = true;
        long status = 0;
        curl_easy_getinfo(download.curl, CURLINFO_RESPONSE_CODE, &status);
        if (status == 200 && download.received > 0) {
            // The server ignored the range and sends the whole file again.
            if (file_system().truncate(download.file.get(), 0) != 0) return 0;
            download.received = 0;
            download.restarted = true;
        }
    }
    if (!write_all(download.file.get(), data, size * count)) return 0;
    download.received += size * count;
    if (download.request->progress)
        download.request->progress({download.name, download.before + download.received, download.total});
    return size * count;
}

Result<> fetch_file(const HubRequest& request, const RemoteFile& remote, std::uint64_t before,
                    std::uint64_t total) {
    const fs::path target = request.directory / remote.path;
    const fs::path partial = target.string() + ".part";
    HONE_CHECK(make_directories(target.parent_path()));
    const auto size_of = [](const fs::path& file) { return file_bytes(file).value_or(0); };
    HONE_TRY(const bool done, path_exists(target));
    if (done && size_of(target) == remote.size) return {};  // verified and synced before it was renamed
    const std::string url =
        fmt::format("{}/{}/resolve/{}/{}", request.endpoint, escape_path(request.repository),
                    escape_path(request.revision), escape_path(remote.path));
    std::string last_reason;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        std::uint64_t have = size_of(partial);
        if (have > remote.size) {
            HONE_CHECK(remove_file(partial));
            have = 0;
        }
        if (have < remote.size || remote.size == 0) {
            const Curl curl = make_curl(url);
            Download download{FileDescriptor(file_system().open(
                                  partial.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)),
                              have,
                              before,
                              total,
                              remote.path,
                              &request,
                              curl.get()};
            if (!download.file) return fail("cannot write {}: {}", printable(partial), std::strerror(errno));
            curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &download);
            curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, receive);
            curl_easy_setopt(curl.get(), CURLOPT_FAILONERROR, 1L);
            if (have > 0)
                curl_easy_setopt(curl.get(), CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(have));
            const CURLcode code = curl_easy_perform(curl.get());
            const bool flushed = file_system().sync_data(download.file.get()) == 0 && download.file.close();
            long status = 0;
            curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
            if (status >= 400 && status < 500 && status != 416)
                return std::unexpected(status_error(status, remote.path));
            if (request.stop.stop_requested())
                return fail("stopped; the downloaded part is kept; pull again to continue");
            if (code == CURLE_WRITE_ERROR || !flushed)
                return fail("cannot write {}: the disk may be full; the downloaded part is kept",
                            printable(partial));
            if (code != CURLE_OK) {
                last_reason = curl_easy_strerror(code);
                log::debug("{}: {}; trying again", remote.path, last_reason);
                continue;
            }
        }
        if (size_of(partial) != remote.size) {
            last_reason = fmt::format("{} of {} bytes came", size_of(partial), remote.size);
            continue;
        }
        if (!remote.sha256.empty() || !remote.git_blob.empty()) {
            const bool large = !remote.sha256.empty();
            const std::string& promised = large ? remote.sha256 : remote.git_blob;
            std::string found;
            if (large) {
                HONE_TRY(const Sha256 digest, sha256_file(partial));
                found = to_hex(digest);
            } else {
                HONE_TRY(found, git_blob_id(partial));
            }
            if (found != promised) {
                HONE_CHECK(remove_file(partial));
                return fail("{} arrived with wrong bytes ({} {} instead of {}) and was deleted; pull again",
                            remote.path, large ? "SHA-256" : "git's SHA-1", found, promised);
            }
        }
        return rename_file(partial, target);
    }
    return fail("cannot fetch {}: {}; the downloaded part is kept; pull again to continue", remote.path,
                last_reason);
}

Result<> fetch_files(const HubRequest& request, std::span<const RemoteFile> files) {
    std::uint64_t total = 0, before = 0;
    for (const RemoteFile& file : files) total += file.size;
    for (const RemoteFile& file : files) {
        HONE_CHECK(fetch_file(request, file, before, total));
        before += file.size;
        if (request.progress) request.progress({file.path, before, total});
    }
    return {};
}

}  // namespace

std::vector<HubShortcut> hub_shortcuts() {
    return {
        {"clip-vit-large-patch14", "Xenova/clip-vit-large-patch14",
         "the original's model; 224 px, 768 dimensions", "English", 60.1},
        {"clip-vit-base-patch32", "Xenova/clip-vit-base-patch32", "small and quick; 512 dimensions",
         "English"},
        {"vit-b-32-256-datacomp", "yurijmikhalevich/rclip-models",
         "rclip's model; 256 px, 512 dimensions, int8 images", "English"},
        {"vit-l-14-dfn2b", "immich-app/ViT-L-14-quickgelu__dfn2b",
         "stronger at the cost of clip-vit-large-patch14", "English", 72.8},
        {"vit-b-32-siglip2", "immich-app/ViT-B-32-SigLIP2-256__webli", "strong and small; 256 px", "many",
         73.2},
        {"vit-b-16-siglip2", "immich-app/ViT-B-16-SigLIP2__webli", "strong", "many", 75.2},
        {"nllb-clip-base-siglip", "immich-app/nllb-clip-base-siglip__v1", "made for many languages", "200"}};
}

RecommendedModel recommended_model(bool has_card) {
    if (has_card) return {"clip-vit-large-patch14", Precision::kFp16};
    return {"clip-vit-base-patch32", Precision::kInt8};
}

std::string model_name_of(std::string_view repository) {
    for (const HubShortcut& shortcut : hub_shortcuts()) {
        if (repository == shortcut.name || repository == shortcut.repository)
            return std::string(shortcut.name);
    }
    return model_name_from(std::string(repository.substr(repository.find('/') + 1)));
}

bool hub_answers(const HubRequest& request, std::chrono::milliseconds patience) {
    const Curl curl =
        make_curl(fmt::format("{}/api/models/{}", request.endpoint, escape_path(request.repository)));
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(patience.count()));
    curl_easy_setopt(curl.get(), CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(
        curl.get(), CURLOPT_WRITEFUNCTION,
        +[](char*, std::size_t size, std::size_t count, void*) { return size * count; });
    return curl_easy_perform(curl.get()) == CURLE_OK;
}

Result<HubRequest> parse_repository(std::string_view text) {
    HubRequest request;
    const std::size_t at = text.find('@');
    request.repository = text.substr(0, at);
    if (at != std::string_view::npos) request.revision = text.substr(at + 1);
    for (const HubShortcut& shortcut : hub_shortcuts()) {
        if (shortcut.name == request.repository) request.repository = shortcut.repository;
    }
    const auto plain = [](std::string_view part) {
        return !part.empty() && part != "." && part != ".." && std::ranges::all_of(part, [](unsigned char c) {
            return std::isalnum(c) || c == '-' || c == '_' || c == '.';
        });
    };
    const std::size_t slash = request.repository.find('/');
    const bool valid =
        slash != std::string::npos && plain(std::string_view(request.repository).substr(0, slash)) &&
        plain(std::string_view(request.repository).substr(slash + 1)) && !request.revision.empty();
    if (!valid)
        return fail(
            ErrorKind::kUsage,
            "'{}' is neither OWNER/NAME[@REVISION] nor a shortcut; `hone models pull --help` lists them",
            text);
    request.endpoint = environment("HF_ENDPOINT").value_or("https://huggingface.co");
    while (request.endpoint.ends_with('/')) request.endpoint.pop_back();
    return request;
}

Result<fs::path> fetch_repository(const HubRequest& request) {
    HONE_TRY(const std::vector<RemoteFile> all, list_files(request));
    HONE_TRY(const std::vector<RemoteFile> files,
             choose_files(all, request.precision.value_or(Precision::kF32)));
    HONE_CHECK(fetch_files(request, files));
    return request.directory;
}

Result<> fetch_one(const HubRequest& request, const std::string& path) {
    HONE_TRY(const std::vector<RemoteFile> all, list_files(request));
    const auto file = std::ranges::find(all, path, &RemoteFile::path);
    if (file == all.end())
        return fail(ErrorKind::kNotFound, "{}@{} has no file {}", request.repository, request.revision, path);
    return fetch_files(request, std::span(&*file, 1));
}

}  // namespace hone
