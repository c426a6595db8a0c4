// SPDX-License-Identifier: GPL-3.0-or-later
// The routes, their handlers, and the translation of errors into responses.
#include "server/api.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/log.hpp"
#include "base/time.hpp"
#include "photo/decode.hpp"
#include "photo/thumbnail.hpp"
#include "search/filter_parser.hpp"
#include "server/json.hpp"
#include "server/openapi.hpp"
#include "server/people_json.hpp"
#include "server/web_client.hpp"

namespace hone {

using nlohmann::json;

namespace {

constexpr std::string_view kPrefix = "/api/v1";
constexpr std::uint64_t kJsonBytes = 4 << 20;     // bytes, enough for 30,000 seen photos
constexpr std::uint64_t kSignInBytes = 64 << 10;  // bytes; anyone may send them
constexpr unsigned kTicksACheck = 8;  // ticks between checks of the listeners' permissions: two seconds
constexpr std::uint64_t kExampleBytes = 64ULL << 20;

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

Result<std::size_t> number_parameter(const HttpRequest& request, const std::string& name,
                                     std::size_t otherwise, std::size_t largest) {
    const auto found = request.query.find(name);
    if (found == request.query.end()) return otherwise;
    std::size_t value = 0;
    const char* end = found->second.data() + found->second.size();
    const auto [stopped, error] = std::from_chars(found->second.data(), end, value);
    if (error != std::errc{} || stopped != end || value > largest) {
        return fail(ErrorKind::kUsage, "{}={} must be a whole number up to {}", name,
                    found->second.substr(0, 40), largest);
    }
    return value;
}

Result<std::int64_t> number_of(const std::string& text, const char* what) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size())
        return fail(ErrorKind::kNotFound, "no {} has the number '{}'", what, text.substr(0, 40));
    return number;
}

Result<bool> flag_parameter(const HttpRequest& request, const std::string& name) {
    const auto found = request.query.find(name);
    if (found == request.query.end() || found->second == "false") return false;
    if (found->second == "true") return true;
    return fail(ErrorKind::kUsage, "{} is true or false, not '{}'", name, found->second.substr(0, 40));
}

Result<json> parse_body(const HttpRequest& request) {
    json body = json::parse(request.body, nullptr, false);
    if (body.is_discarded()) return fail(ErrorKind::kUsage, "the body is not valid JSON");
    return body;
}

const char* original_type(const std::string& format) {
    static constexpr std::pair<std::string_view, const char*> kTypes[] = {
        {"jpeg", "image/jpeg"}, {"png", "image/png"},     {"webp", "image/webp"}, {"gif", "image/gif"},
        {"tiff", "image/tiff"}, {"bmp", "image/bmp"},     {"heif", "image/heif"}, {"avif", "image/avif"},
        {"jxl", "image/jxl"},   {"jpeg2000", "image/jp2"}};
    for (const auto& [name, type] : kTypes) {
        if (name == format) return type;
    }
    return "application/octet-stream";
}

// Removes file paths from a document for principals that must not see them.
void remove_paths(json& document) {
    static constexpr const char* kFields[] = {"path", "files", "folder", "library"};
    if (document.is_object()) {
        for (const char* field : kFields) document.erase(field);
    }
    if (document.is_structured()) {
        for (json& part : document) remove_paths(part);
    }
}

bool sees_paths(const Principal& principal) {
    return authorize(principal, UserAction::kSeePaths) == Decision::kAllowed;
}

HttpResponse healthy() {
    return {200, {{"Content-Type", "text/plain"}}, "ok\n"};
}

// A folder is a drive: its files have threads that the files of other folders need not wait for.
std::string drive_of(const FileRecord& file) {
    return fmt::format("folder {}", file.folder);
}

Error paths_refused() {
    return {ErrorKind::kUsage, "only the owner may filter by folder and name"};
}

// A filter on folders or file names would reveal whether they exist.
bool asks_for_paths(const PhotoFilter& filter) {
    if (filter.kind == PhotoFilter::Kind::kTerm)
        return filter.term.field == FilterField::kFolder || filter.term.field == FilterField::kName;
    return std::ranges::any_of(filter.parts, asks_for_paths);
}

}  // namespace

void ExampleStore::add(const std::string& id, Example example) {
    const std::lock_guard lock(mutex_);
    std::erase_if(examples_, [&](const auto& known) { return known.first == id; });
    examples_.emplace_front(id, std::move(example));
    if (examples_.size() > kKept) examples_.pop_back();
}

ExamplePictures ExampleStore::pick(std::span<const std::string> names) const {
    ExamplePictures picked;
    const std::lock_guard lock(mutex_);
    for (const auto& [id, example] : examples_) {
        if (std::ranges::find(names, id) != names.end()) picked.emplace(id, example);
    }
    return picked;
}

// document: the body before serialisation, unless it is null.
struct Api::Answer {
    HttpResponse response;
    json document;
    Answer(HttpResponse given) : response(std::move(given)) {}  // NOLINT(google-explicit-constructor)
    Answer(int status, json body) : document(std::move(body)) {
        response.status = status;
        response.headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}};
    }
};

struct Api::Route {
    std::string_view method, path;  // {} stands for one part, passed to the handler
    UserAction action;
    Result<Answer> (Api::*call)(const HttpRequest&, const std::string&, const Principal&);
};

std::span<const Api::Route> Api::routes() {
    static constexpr Route kRoutes[] = {
        {"POST", "/api/v1/search", UserAction::kView, &Api::search},
        {"GET", "/api/v1/photos", UserAction::kView, &Api::list_photos},
        {"GET", "/api/v1/photos/{}", UserAction::kView, &Api::photo},
        {"GET", "/api/v1/photos/{}/thumbnail", UserAction::kView, &Api::thumbnail},
        {"GET", "/api/v1/photos/{}/original", UserAction::kView, &Api::original},
        {"GET", "/api/v1/photos/{}/similar", UserAction::kView, &Api::similar},
        {"GET", "/api/v1/photos/{}/faces", UserAction::kView, &Api::faces_of_photo},
        {"GET", "/api/v1/faces/{}/similar", UserAction::kView, &Api::similar_faces},
        {"GET", "/api/v1/people", UserAction::kView, &Api::list_people},
        {"POST", "/api/v1/people", UserAction::kManage, &Api::edit_people},
        {"GET", "/api/v1/people/questions", UserAction::kManage, &Api::people_questions},
        {"GET", "/api/v1/people/history", UserAction::kManage, &Api::people_history},
        {"GET", "/api/v1/people/{}", UserAction::kView, &Api::person},
        {"GET", "/api/v1/duplicates", UserAction::kView, &Api::duplicates},
        {"POST", "/api/v1/examples", UserAction::kView, &Api::add_example},
        {"GET", "/api/v1/folders", UserAction::kView, &Api::list_folders},
        {"POST", "/api/v1/folders", UserAction::kManage, &Api::add_folder},
        {"DELETE", "/api/v1/folders/{}", UserAction::kManage, &Api::remove_folder},
        {"POST", "/api/v1/scan", UserAction::kManage, &Api::scan},
        {"POST", "/api/v1/forget", UserAction::kManage, &Api::forget},
        {"POST", "/api/v1/scan/pause", UserAction::kManage, &Api::pause},
        {"POST", "/api/v1/scan/resume", UserAction::kManage, &Api::resume},
        {"GET", "/api/v1/status", UserAction::kView, &Api::status},
        {"GET", "/api/v1/failures", UserAction::kManage, &Api::failures},
        {"GET", "/api/v1/events", UserAction::kView, &Api::events},
        {"GET", "/api/v1/session", UserAction::kAnybody, &Api::session},
        {"POST", "/api/v1/session", UserAction::kAnybody, &Api::sign_in},
        {"DELETE", "/api/v1/session", UserAction::kAnybody, &Api::sign_out},
        {"GET", "/api/v1/tokens", UserAction::kHoldTokens, &Api::list_tokens},
        {"POST", "/api/v1/tokens", UserAction::kHoldTokens, &Api::make_token},
        {"DELETE", "/api/v1/tokens/{}", UserAction::kHoldTokens, &Api::revoke_token},
        {"GET", "/api/v1/openapi.json", UserAction::kAnybody, &Api::openapi},
        {"GET", "/healthz", UserAction::kAnybody, &Api::health},
        {"GET", "/readyz", UserAction::kAnybody, &Api::ready},
        {"GET", "/metrics", UserAction::kManage, &Api::metrics},
    };
    return kRoutes;
}

std::uint64_t Api::body_limit(std::string_view method, std::string_view path) {
    if (path == "/api/v1/session") return kSignInBytes;
    return method == "POST" && path == "/api/v1/examples" ? kExampleBytes : kJsonBytes;
}

std::vector<Api::Rule> Api::rules() {
    std::vector<Rule> rules;
    for (const Route& route : routes()) rules.push_back({route.method, route.path, route.action});
    return rules;
}

std::variant<HttpResponse, Api::Admitted> Api::find_route(const HttpRequest& request) {
    if (const auto allowed = authenticator_.check_site(request); !allowed)
        return problem(403, allowed.error().message);
    bool path_known = false;
    for (const Route& route : routes()) {
        const std::size_t hole = route.path.find("{}");
        const std::string_view path = request.path;
        std::string part;
        if (hole == std::string_view::npos) {
            if (path != route.path) continue;
        } else {
            const std::string_view before = route.path.substr(0, hole), after = route.path.substr(hole + 2);
            if (!path.starts_with(before) || !path.ends_with(after) ||
                path.size() <= before.size() + after.size())
                continue;
            part = path.substr(before.size(), path.size() - before.size() - after.size());
            if (part.find('/') != std::string::npos) continue;
        }
        path_known = true;
        if (request.method != route.method && !(request.method == "HEAD" && route.method == "GET")) continue;
        auto principal = authenticator_.principal_of(request);
        if (!principal) {
            log::write(log::Level::kError, principal.error().message);
            return problem(500, "the users cannot be read; the reason is in Hone's log");
        }
        switch (authorize(*principal, route.action)) {
            case Decision::kSignIn: {
                HttpResponse refused = problem(
                    401, request.header("authorization").empty()
                             ? "sign in first (POST /api/v1/session), or send an API token"
                             : "this token is unknown, revoked or expired; `hone users token` makes one");
                refused.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"hone\"");
                return refused;
            }
            case Decision::kForbidden:
                return problem(403, route.action == UserAction::kHoldTokens
                                        ? "sign in with a password to make or revoke tokens"
                                        : "only the owner may do this");
            case Decision::kAllowed:
                break;
        }
        if (const auto own = Authenticator::check_own_page(request, *principal); !own)
            return problem(403, own.error().message);
        return Admitted{&route, std::move(part), std::move(*principal)};
    }
    if (path_known) return problem(405, fmt::format("{} is not possible here", request.method));
    if (request.path.starts_with(kPrefix))
        return problem(404, "this address does not exist; see /api/v1/openapi.json");
    return serve_web_client(request);
}

namespace {

// A defect in Hone: the user gets a plain answer, the log the reason.
HttpResponse defect(const HttpRequest& request, const std::exception& error) {
    log::write(log::Level::kError, fmt::format("{} {}: {}", request.method, request.path, error.what()));
    return problem(500, "Hone could not answer this; the reason is in its log");
}

}  // namespace

HttpResponse Api::handle(const HttpRequest& request) try {
    auto found = find_route(request);
    if (auto* response = std::get_if<HttpResponse>(&found)) return std::move(*response);
    const auto& [route, part, principal] = std::get<Admitted>(found);
    return finish((this->*route->call)(request, part, principal), request, principal);
} catch (const std::exception& error) {
    return defect(request, error);
}

std::optional<HttpResponse> Api::admit(const HttpRequest& request) try {
    auto found = find_route(request);
    auto* response = std::get_if<HttpResponse>(&found);
    // A page of the web client needs no body, but may be asked for with one.
    if (response == nullptr || response->status < 400) return std::nullopt;
    return std::move(*response);
} catch (const std::exception& error) {
    return defect(request, error);
}

std::optional<HttpResponse> Api::answer_at_once(const HttpRequest& request) const {
    if (request.path != "/healthz" || (request.method != "GET" && request.method != "HEAD"))
        return std::nullopt;
    if (const auto allowed = authenticator_.check_site(request); !allowed)
        return problem(403, allowed.error().message);
    return healthy();
}

// Every response passes through here; hides whatever the principal must not see.
HttpResponse Api::finish(Result<Answer> answer, const HttpRequest& request, const Principal& principal) {
    const bool paths = sees_paths(principal);
    if (!answer) {
        HttpResponse refused = to_response(answer.error());
        if (paths || refused.status < 500) return refused;
        // The reason may contain file names.
        log::write(log::Level::kError,
                   fmt::format("{} {}: {}", request.method, request.path, answer.error().message));
        return problem(refused.status, refused.status == 503
                                           ? "this is not possible now; the owner can see the reason"
                                           : "Hone could not answer this; the reason is in its log");
    }
    if (!answer->document.is_null()) {
        if (!paths) remove_paths(answer->document);
        answer->response.body = dump(answer->document);
    }
    return std::move(answer->response);
}

std::string Api::why_no_faces(By by) const {
    return sees_paths(by) ? no_faces_ : "faces are not indexed here";
}

Error Api::missing_model() const {
    return {ErrorKind::kUnavailable, no_model_};
}

Result<Photo> Api::find_photo(const std::string& id) {
    if (!is_photo_id_prefix(id))
        return fail(ErrorKind::kNotFound, "'{}' is not a photo id; ids come from a search", id.substr(0, 80));
    return library_.catalog().resolve(id);
}

Result<BackgroundIndexer*> Api::indexer() {
    if (!parts_.indexer) return std::unexpected(missing_model());
    return parts_.indexer.get();
}

Result<Api::Answer> Api::run_search(SearchQuery query, const std::stop_token& gone, By by) {
    // A viewer could otherwise spell out names of files and folders, word by word.
    query.paths = sees_paths(by);
    if (!parts_.engine) return std::unexpected(missing_model());
    HONE_TRY(const PhotoFilter filter, parse_filter(query.filter));
    if (!sees_paths(by) && asks_for_paths(filter)) return std::unexpected(paths_refused());
    std::vector<std::string> names = query.like;
    names.insert(names.end(), query.unlike.begin(), query.unlike.end());
    names.push_back(query.from);
    HONE_TRY(const SearchPage page, parts_.engine->search(query, examples_.pick(names), gone));
    metrics_.searched(page.took_ms / 1000);
    return Answer(200, to_json(page));
}

Result<Api::Answer> Api::search(const HttpRequest& request, Parameter, By by) {
    HONE_TRY(const json body, parse_body(request));
    HONE_TRY(const SearchQuery query, parse_search(body));
    return run_search(query, request.gone, by);
}

Result<Api::Answer> Api::similar(const HttpRequest& request, Parameter id, By by) {
    HONE_TRY(const Photo photo, find_photo(id));
    const auto space = request.query.find("space");
    SearchQuery query;
    query.from = to_hex(photo.id);
    if (space != request.query.end()) HONE_CHECK(rank_by_space(query, space->second));
    HONE_TRY(query.limit, number_parameter(request, "limit", query.limit, SearchQuery::kLargestLimit));
    HONE_TRY(query.offset, number_parameter(request, "offset", 0, UINT32_MAX));
    return run_search(query, request.gone, by);
}

Result<Api::Answer> Api::faces_of_photo(const HttpRequest&, Parameter id, By by) {
    HONE_TRY(const Photo photo, find_photo(id));
    Catalog& catalog = library_.catalog();
    HONE_TRY(const std::vector<Face> faces, catalog.faces_of(photo.number));
    HONE_TRY(const std::vector<Analysis> analyses, catalog.analyses(photo.number));
    const bool analyzed = std::ranges::any_of(
        analyses, [](const Analysis& done) { return done.analyzer == FaceAnalyzer::kName; });
    json body{{"faces", json::array()}, {"analyzed", analyzed}};
    if (!analyzed)
        body["why"] = no_faces_.empty() ? "the faces of this photo are not indexed yet" : why_no_faces(by);
    for (const Face& face : faces) {
        HONE_TRY(json entry, to_json(catalog, face));
        body["faces"].push_back(std::move(entry));
    }
    return Answer(200, body);
}

Result<Api::Answer> Api::similar_faces(const HttpRequest& request, Parameter id, By) {
    HONE_TRY(const FaceId number, number_of(id, "face"));
    HONE_TRY(const std::size_t limit, number_parameter(request, "limit", 60, 1000));
    HONE_TRY(const json body, similar_faces_page(library_.catalog(), *people_, number, limit));
    return Answer(200, body);
}

Result<Api::Answer> Api::list_people(const HttpRequest& request, Parameter, By by) {
    HONE_TRY(const std::size_t limit, number_parameter(request, "limit", 200, 10'000));
    HONE_TRY(const std::size_t offset, number_parameter(request, "offset", 0, UINT32_MAX));
    HONE_TRY(const bool hidden, flag_parameter(request, "hidden"));
    HONE_TRY(const bool singles, flag_parameter(request, "singles"));
    HONE_TRY(json body, people_page(library_.catalog(), hidden, singles, offset, limit));
    body["model"] = face_model_.empty() ? json() : json(face_model_);
    if (face_model_.empty()) body["why"] = why_no_faces(by);
    return Answer(200, body);
}

Result<Api::Answer> Api::edit_people(const HttpRequest& request, Parameter, By) {
    HONE_TRY(const json body, parse_body(request));
    HONE_TRY(const PeopleEditResult edit, hone::edit_people(*people_, body));
    HONE_TRY(const json done, to_json(library_.catalog(), edit));
    return Answer(200, done);
}

Result<Api::Answer> Api::person(const HttpRequest& request, Parameter id, By) {
    HONE_TRY(const PersonId number, number_of(id, "person"));
    HONE_TRY(const std::size_t limit, number_parameter(request, "limit", 200, 10'000));
    HONE_TRY(const std::size_t offset, number_parameter(request, "offset", 0, UINT32_MAX));
    HONE_TRY(const json body, person_page(library_.catalog(), number, offset, limit));
    return Answer(200, body);
}

Result<Api::Answer> Api::people_questions(const HttpRequest& request, Parameter, By) {
    HONE_TRY(const std::size_t limit, number_parameter(request, "limit", 20, 1000));
    HONE_TRY(const json body, questions_page(library_.catalog(), *people_, limit));
    return Answer(200, body);
}

Result<Api::Answer> Api::people_history(const HttpRequest&, Parameter, By) {
    constexpr std::size_t kListedEdits = 50;
    HONE_TRY(const auto edits, library_.catalog().people_edits(kListedEdits));
    json body{{"edits", json::array()}};
    for (const PeopleEdit& edit : edits) {
        if (!edit.undone)
            body["edits"].push_back({{"id", edit.id}, {"at", iso8601(edit.at)}, {"what", edit.what}});
    }
    return Answer(200, body);
}

Result<Api::Answer> Api::list_photos(const HttpRequest& request, Parameter, By by) {
    HONE_TRY(const std::size_t limit, number_parameter(request, "limit", 200, 1000));
    HONE_TRY(const std::size_t offset, number_parameter(request, "offset", 0, UINT32_MAX));
    if (const auto order = request.query.find("order");
        order != request.query.end() && order->second != "newest") {
        return fail(ErrorKind::kUsage, "unknown order '{}'; the only order is newest",
                    order->second.substr(0, 40));
    }
    Catalog& catalog = library_.catalog();
    std::vector<PhotoNumber> photos;
    std::uint64_t total = 0;
    if (const auto text = request.query.find("filter"); text != request.query.end()) {
        HONE_TRY(const PhotoFilter filter, parse_filter(text->second));
        if (!sees_paths(by) && asks_for_paths(filter)) return std::unexpected(paths_refused());
        HONE_TRY(std::vector<PhotoNumber> numbers, catalog.matching(filter));
        total = numbers.size();
        std::ranges::reverse(numbers);  // numbers rise with the time of addition
        for (std::size_t at = offset; at < std::min(offset + limit, numbers.size()); ++at)
            photos.push_back(numbers[at]);
    } else {
        HONE_TRY(const std::vector<Photo> newest, catalog.newest(offset, limit));
        for (const Photo& photo : newest) photos.push_back(photo.number);
        HONE_TRY(const auto snapshot, library_.snapshot());
        total = snapshot->counts().photos;
    }
    HONE_TRY(json list, listed_photos(catalog, photos));
    return Answer(200, {{"total", total}, {"photos", std::move(list)}});
}

Result<Api::Answer> Api::photo(const HttpRequest&, Parameter id, By) {
    HONE_TRY(const Photo photo, find_photo(id));
    HONE_TRY(const json details, photo_details(library_.catalog(), photo));
    return Answer(200, details);
}

Result<Api::Answer> Api::thumbnail(const HttpRequest& request, Parameter id, By by) {
    HONE_TRY(const std::size_t size, number_parameter(request, "size", 480, 4096));
    if (std::ranges::find(kThumbnailSizes, static_cast<int>(size)) == std::end(kThumbnailSizes)) {
        return fail(ErrorKind::kUsage, "size={} is not one of {}", size, fmt::join(kThumbnailSizes, ", "));
    }
    HONE_TRY(const Photo photo, find_photo(id));
    // The same id always has the same bytes, so the id is the tag and a copy stays valid for ever.
    const std::string etag = fmt::format("\"{}-{}\"", to_hex(photo.id).substr(0, 32), size);
    HttpResponse response;
    response.headers = {{"Content-Type", "image/webp"},
                        {"ETag", etag},
                        {"Cache-Control", "private, max-age=31536000, immutable"}};
    if (request.has_etag(etag)) {
        response.status = 304;
        return response;
    }
    if (auto bytes = thumbnails_.find(photo.id, static_cast<int>(size))) {
        response.body = std::move(*bytes);
        return response;
    }
    HONE_TRY(std::vector<FileRecord> files, library_.catalog().files_of(photo.number));
    return answer_from_original(
        request, by, std::move(files), 0, "the photo can't be opened now; its folder may be offline",
        [this, id = photo.id, size, response](const OpenOriginal& original, const FileRecord&,
                                              BlockingCalls& calls) mutable -> Result<Answer> {
            HONE_TRY(response.body, thumbnails_.make(id, original, static_cast<int>(size), calls));
            return response;
        });
}

Result<Api::Answer> Api::original(const HttpRequest& request, Parameter id, By by) {
    HONE_TRY(const Photo photo, find_photo(id));
    const std::string etag = fmt::format("\"{}\"", to_hex(photo.id).substr(0, 32));
    HttpResponse response;
    response.headers = {{"Content-Type", original_type(photo.format)},
                        {"ETag", etag},
                        {"Cache-Control", "private, no-cache"},
                        {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox"}};
    if (request.has_etag(etag)) {
        response.status = 304;
        return response;
    }
    HONE_TRY(std::vector<FileRecord> files, library_.catalog().files_of(photo.number));
    return answer_from_original(
        request, by, std::move(files), 0,
        "the original can't be opened now; its folder may be offline. Its marks and its thumbnail are kept",
        [response](const OpenOriginal& original, const FileRecord& file,
                   BlockingCalls&) mutable -> Result<Answer> {
            response.file = {original.file, original.size, drive_of(file)};
            return response;
        });
}

Api::Answer Api::answer_from_drive(const HttpRequest& request, By by, const std::string& drive,
                                   DriveAnswer answer) {
    HttpResponse response;
    response.work = {drive, [this, request, by, answer = std::move(answer)](BlockingCalls& calls) {
                         try {
                             return finish(answer(calls), request, by);
                         } catch (const std::exception& error) {
                             return defect(request, error);
                         }
                     }};
    return response;
}

Result<Api::Answer> Api::answer_from_original(const HttpRequest& request, By by,
                                              std::vector<FileRecord> files, std::size_t at,
                                              std::string otherwise, OriginalAnswer answer) {
    if (at >= files.size()) return fail(ErrorKind::kUnavailable, "{}", otherwise);
    const std::string drive = drive_of(files[at]);
    return answer_from_drive(
        request, by, drive,
        [this, request, by, files = std::move(files), at, otherwise = std::move(otherwise),
         answer = std::move(answer)](BlockingCalls& calls) -> Result<Answer> {
            const auto original = open_original(files[at], calls);
            if (original) return answer(*original, files[at], calls);
            log::debug("{}", original.error().message);
            return answer_from_original(request, by, files, at + 1, otherwise, answer);
        });
}

Result<Api::Answer> Api::duplicates(const HttpRequest& request, Parameter, By) {
    DuplicateKind kind = DuplicateKind::kNear;
    if (const auto wish = request.query.find("kind"); wish != request.query.end()) {
        HONE_TRY(kind, parse_duplicate_kind(wish->second));
    }
    HONE_TRY(const std::size_t limit, number_parameter(request, "limit", 60, 1000));
    HONE_TRY(const std::size_t offset, number_parameter(request, "offset", 0, UINT32_MAX));
    HONE_TRY(const auto snapshot, library_.snapshot());
    HONE_TRY(const DuplicatePage page, find_duplicates(library_.catalog(), *snapshot, kind, offset, limit));
    return Answer(200, to_json(page));
}

Result<Api::Answer> Api::add_example(const HttpRequest& request, Parameter, By) {
    if (!parts_.model) return std::unexpected(missing_model());
    const std::span bytes(reinterpret_cast<const std::uint8_t*>(request.body.data()), request.body.size());
    PhotoWork work;
    work.network_side = parts_.model->wanted_side();
    work.thumbnails = true;  // the style is computed from the image behind the thumbnails
    const auto decoded = decoders_.prepare(bytes, work);
    if (!decoded) {
        if (decoded.error().kind == ErrorKind::kUnavailable) return std::unexpected(decoded.error());
        return fail(ErrorKind::kUsage, "Hone cannot read this file: {}", decoded.error().message);
    }
    Example example;
    HONE_TRY(example.content, parts_.model->embed_image(decoded->network));
    example.style = StyleSpace::vector_of(decoded->small);
    const std::string id = to_hex(sha256(bytes));
    examples_.add(id, std::move(example));
    return Answer(200, {{"id", id},
                        {"width", decoded->width},
                        {"height", decoded->height},
                        {"color", fmt::format("#{:06x}", decoded->color)}});
}

Result<Api::Answer> Api::list_folders(const HttpRequest&, Parameter, By) {
    HONE_TRY(const json list, folders_json(library_));
    return Answer(200, {{"folders", list}});
}

Result<Api::Answer> Api::add_folder(const HttpRequest& request, Parameter, By by) {
    HONE_TRY(const json body, parse_body(request));
    const bool wish = body.is_object() && body.contains("scan");
    if (!body.is_object() || !body.contains("path") || !body["path"].is_string() ||
        (wish && !body["scan"].is_boolean()) || body.size() > (wish ? 2U : 1U)) {
        return fail(ErrorKind::kUsage,
                    "the body must be {{\"path\": \"/a/folder\"}}, and may have \"scan\": false");
    }
    const fs::path path = body["path"].get<std::string>();
    if (!path.is_absolute())
        return fail(ErrorKind::kUsage, "'{}' is not an absolute path; it must start with /",
                    printable(path).substr(0, 200));
    const bool scan = !wish || body["scan"].get<bool>();
    return answer_from_drive(
        request, by, "new folders",
        [this, scan, normal = normal_folder(path)](BlockingCalls& calls) -> Result<Answer> {
            HONE_CHECK(check_folder(normal, calls));
            HONE_TRY(BackgroundIndexer* const background, indexer());
            HONE_TRY(const Folder folder, library_.catalog().add_folder(normal));
            if (scan) background->request_scan();
            HONE_TRY(const std::vector<Folder> folders, library_.catalog().folders());
            HONE_TRY(const json entry, folder_json(library_, folder, folders));
            return Answer(201, entry);
        });
}

Result<Api::Answer> Api::remove_folder(const HttpRequest&, Parameter id, By) {
    HONE_TRY(const FolderId folder, number_of(id, "folder"));
    HONE_CHECK(library_.catalog().remove_folder(folder));
    return HttpResponse{204, {}, "", {}, {}};
}

Result<Api::Answer> Api::scan(const HttpRequest& request, Parameter, By) {
    HONE_TRY(BackgroundIndexer* const background, indexer());
    bool retry_failed = false;
    if (!request.body.empty()) {
        HONE_TRY(const json body, parse_body(request));
        const bool wish = body.is_object() && body.contains("retry_failed");
        if (!body.is_object() || body.size() != (wish ? 1U : 0U) ||
            (wish && !body["retry_failed"].is_boolean()))
            return fail(ErrorKind::kUsage, "the body may be empty or {{\"retry_failed\": true}}");
        retry_failed = wish && body["retry_failed"].get<bool>();
    }
    const std::uint64_t number = background->request_scan(retry_failed);
    return Answer(202, {{"state", "running"}, {"scan", number}});
}

Result<Api::Answer> Api::forget(const HttpRequest& request, Parameter, By) {
    HONE_TRY(const json body, parse_body(request));
    HONE_TRY(const ForgetBody wish, parse_forget(body));
    HONE_TRY(const ForgetPlan plan, plan_forget(library_.catalog(), wish.request));
    if (wish.dry_run) return Answer(200, to_json(plan, plan.photos.size(), false));
    HONE_TRY(const std::uint64_t gone, forget_photos(library_, thumbnails_, plan.photos));
    return Answer(200, to_json(plan, gone, true));
}

Result<Api::Answer> Api::pause(const HttpRequest&, Parameter, By) {
    HONE_TRY(BackgroundIndexer* const background, indexer());
    background->pause(true);
    return Answer(202, {{"state", to_json(background->progress())["state"]}});
}

Result<Api::Answer> Api::resume(const HttpRequest&, Parameter, By) {
    HONE_TRY(BackgroundIndexer* const background, indexer());
    background->pause(false);
    return Answer(202, {{"state", to_json(background->progress())["state"]}});
}

Result<Api::Answer> Api::status(const HttpRequest&, Parameter, By by) {
    Catalog& catalog = library_.catalog();
    HONE_TRY(const auto snapshot, library_.snapshot());
    const Counts& counts = snapshot->counts();
    HONE_TRY(const MissingCount missing, catalog.count_missing());
    HONE_TRY(const json list, folders_json(library_));
    json model;
    if (parts_.model) {
        const Manifest& manifest = parts_.model->manifest();
        model = {{"name", manifest.name},
                 {"title", manifest.title},
                 {"dimension", manifest.dimension},
                 {"licence", manifest.licence},
                 {"precision", precision_name(parts_.model->image_precision())},
                 {"device", device_name(parts_.model->image_device())}};
    }
    json body = {{"version", version_},     {"library", utf8_path(library_.directory())},
                 {"photos", counts.photos}, {"searchable", parts_.engine ? parts_.engine->searchable() : 0},
                 {"failed", counts.failed}, {"missing", missing_json(missing)},
                 {"model", model},          {"model_problem", parts_.model ? json() : json(no_model_)},
                 {"folders", list}};
    if (const Catalog::Condition condition = catalog.condition(); !condition.address.empty()) {
        body["catalog"] = {
            {"address", condition.address},
            {"state", condition.trouble.empty() ? "ready" : "catalogue unreachable, trying again"},
            {"trouble", condition.trouble.empty() ? json() : json(condition.trouble)}};
    }
    const auto summary = parts_.indexer ? parts_.indexer->last_summary() : std::nullopt;
    const auto error = parts_.indexer ? parts_.indexer->last_error() : std::nullopt;
    body["unwatched"] = json::array();
    if (parts_.indexer) {
        for (const UnwatchedFolder& folder : parts_.indexer->unwatched())
            body["unwatched"].push_back({{"path", utf8_path(folder.path)}, {"reason", folder.reason}});
    }
    body["indexing"] = to_json(parts_.indexer ? parts_.indexer->progress() : IndexProgress{});
    body["scans"] = parts_.indexer ? parts_.indexer->finished() : 0;
    body["last_scan"] = summary ? to_json(*summary) : json();
    body["last_error"] = error ? json(error->message) : json();
    if (!sees_paths(by)) {
        for (const char* field :
             {"library", "catalog", "missing", "last_scan", "last_error", "model_problem", "unwatched"})
            body.erase(field);
    }
    return Answer(200, body);
}

Result<Api::Answer> Api::failures(const HttpRequest&, Parameter, By) {
    HONE_TRY(const std::vector<FileRecord> failed,
             library_.catalog().failures(IndexSummary::kListedFailures));
    HONE_TRY(const auto snapshot, library_.snapshot());
    json list = json::array();
    for (const FileRecord& file : failed)
        list.push_back(to_json(IndexFailure{utf8_path(file.facts.path), file.stage, file.reason}));
    return Answer(200, {{"failures", list}, {"skipped", skipped_json(snapshot->counts())}});
}

Result<Api::Answer> Api::events(const HttpRequest& request, Parameter, By by) {
    HttpResponse response;
    response.events = [this, paths = sees_paths(by),
                       allowed = authenticator_.watch(request, by)](std::shared_ptr<EventStream> stream) {
        if (parts_.indexer)
            stream->send(
                fmt::format("event: progress\ndata: {}\n\n", dump(to_json(parts_.indexer->progress()))));
        events_.add(std::move(stream), {paths, allowed});
    };
    return response;
}

Result<Api::Answer> Api::session(const HttpRequest& request, Parameter, By by) {
    return authenticator_.who(request, by);
}

Result<Api::Answer> Api::sign_in(const HttpRequest& request, Parameter, By) {
    return authenticator_.sign_in(request);
}

Result<Api::Answer> Api::sign_out(const HttpRequest& request, Parameter, By) {
    return authenticator_.sign_out(request);
}

Result<Api::Answer> Api::list_tokens(const HttpRequest&, Parameter, By by) {
    HONE_TRY(const std::vector<Token> tokens, users_.tokens());
    json list = json::array();
    for (const Token& token : tokens) {
        if (authorize(by, UserAction::kHoldTokens, {token.user}) == Decision::kAllowed)
            list.push_back(to_json(token));
    }
    return Answer(200, {{"tokens", std::move(list)}});
}

Result<Api::Answer> Api::make_token(const HttpRequest& request, Parameter, By by) {
    HONE_TRY(const json body, parse_body(request));
    const bool understood = body.is_object() && body.size() == 3 && body.contains("name") &&
                            body["name"].is_string() && body.contains("role") && body["role"].is_string() &&
                            body.contains("days") && body["days"].is_number_unsigned() &&
                            body["days"] <= kLongestToken / kDay;
    if (!understood)
        return fail(ErrorKind::kUsage,
                    "the body must be {{\"name\": \"...\", \"role\": \"viewer\", \"days\": 1 to {}}}",
                    kLongestToken / kDay);
    HONE_TRY(const Role role, parse_role(body["role"].get<std::string>()));
    const User maker{by.user, by.name, by.role.value_or(Role::kViewer), 0};
    HONE_TRY(const NewToken made, users_.make_token(maker, body["name"].get<std::string>(), role,
                                                    body["days"].get<std::int64_t>() * kDay));
    return Answer(201, {{"id", made.id}, {"token", made.secret}});
}

Result<Api::Answer> Api::revoke_token(const HttpRequest&, Parameter id, By by) {
    HONE_TRY(const std::int64_t number, number_of(id, "token"));
    HONE_TRY(const std::vector<Token> tokens, users_.tokens());
    const auto token = std::ranges::find(tokens, number, &Token::id);
    // A token of another user looks unknown to principals that may not manage it.
    if (token == tokens.end() || authorize(by, UserAction::kHoldTokens, {token->user}) != Decision::kAllowed)
        return fail(ErrorKind::kNotFound, "no token has the number {}", number);
    HONE_CHECK(users_.revoke_token(number));
    return HttpResponse{204, {}, "", {}, {}};
}

Result<Api::Answer> Api::openapi(const HttpRequest&, Parameter, By) {
    return HttpResponse{200,
                        {{"Content-Type", "application/json"}, {"Cache-Control", "no-cache"}},
                        std::string(openapi_document()),
                        {},
                        {}};
}

Result<Api::Answer> Api::health(const HttpRequest&, Parameter, By) {
    return healthy();
}

Result<> Api::check_ready() {
    if (!parts_.engine) return std::unexpected(missing_model());
    if (const std::string trouble = library_.catalog().condition().trouble; !trouble.empty())
        return fail(ErrorKind::kUnavailable, "{}", trouble);
    if (const auto folders = library_.catalog().folders(); !folders)
        return fail(ErrorKind::kUnavailable, "{}", folders.error().message);
    return {};
}

Result<Api::Answer> Api::ready(const HttpRequest&, Parameter, By) {
    HONE_CHECK(check_ready());
    return HttpResponse{
        200, {{"Content-Type", "text/plain"}, {"Cache-Control", "no-store"}}, "ready\n", {}, {}};
}

Result<Api::Answer> Api::metrics(const HttpRequest&, Parameter, By) {
    MetricsState state;
    HONE_TRY(const auto snapshot, library_.snapshot());
    state.counts = snapshot->counts();
    if (parts_.engine) state.searchable = parts_.engine->searchable();
    if (parts_.indexer) {
        state.progress = parts_.indexer->progress();
        state.scans = parts_.indexer->finished();
    }
    state.event_listeners = events_.listeners();
    if (connections_) state.connections = connections_();
    state.ready = check_ready().has_value();
    return HttpResponse{200, {{"Content-Type", "text/plain; version=0.0.4"}}, metrics_.text(state), {}, {}};
}

void Api::tick() {
    if (++ticks_ % kTicksACheck == 0) events_.check();
    if (!parts_.indexer) return;
    const IndexProgress progress = parts_.indexer->progress();
    const bool busy = progress.state != IndexState::kIdle;
    if (const json data = to_json(progress); busy || was_busy_) events_.publish("progress", data, data);
    was_busy_ = busy;
}

void Api::on_photos(std::span<const PhotoNumber> photos) {
    // This runs on the indexer's writing thread, so it does nothing that nobody hears.
    if (events_.listeners() == 0) return;
    auto list = listed_photos(library_.catalog(), photos);
    if (!list) return;
    const json data = {{"photos", std::move(*list)}};
    json part = data;
    remove_paths(part);
    events_.publish("photos", data, part);
}

void Api::on_failure(const IndexFailure& failure) {
    log::debug("{} ({}): {}", failure.path, failure.stage, failure.reason);
    events_.publish("failure", to_json(failure), nullptr);
}

void Api::group_faces() {
    if (!people_) return;
    if (const auto grouped = people_->update(); !grouped)
        log::write(log::Level::kError, grouped.error().message);
}

void Api::on_scan_end(const IndexSummary& summary) {
    if (summary.added > 0 || summary.failed > 0 || summary.missing > 0) {
        log::info("scan: {} new photos, {} files failed, {} missing, {} photos in the library, {:.1f} s",
                  summary.added, summary.failed, summary.missing, summary.photos, summary.seconds);
    }
    group_faces();
    const json data = to_json(summary);
    json part = data;
    part.erase("failures");
    events_.publish("scan", data, part);
}

void Api::on_scan_error(const Error& error) {
    events_.publish("problem", {{"detail", error.message}}, nullptr);
}

}  // namespace hone
