// SPDX-License-Identifier: GPL-3.0-or-later
// The HTTP interface of docs/http.md: translates requests into calls to the other rooms, and their results
// into responses.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <variant>

#include "ingest/background_indexer.hpp"
#include "people/people.hpp"
#include "search/engine.hpp"
#include "server/auth/authenticator.hpp"
#include "server/events.hpp"
#include "server/http_server.hpp"
#include "server/metrics.hpp"

namespace hone {

// Example images that clients sent; the oldest are dropped first. Safe from any thread.
class ExampleStore {
  public:
    // Replaces an example of the same id.
    void add(const std::string& id, Example example);
    // Returns the examples among these names.
    [[nodiscard]] ExamplePictures pick(std::span<const std::string> names) const;

  private:
    static constexpr std::size_t kKept = 1000;
    mutable std::mutex mutex_;
    std::list<std::pair<std::string, Example>> examples_;  // newest first
};

// The parts that need a model. All null without one.
struct SearchParts {
    std::shared_ptr<ImageTextModel> model;
    std::unique_ptr<SearchEngine> engine;
    std::unique_ptr<BackgroundIndexer> indexer;
};

// handle() is safe from any thread. The set-up functions are called once each, before the first request.
class Api final : public BackgroundObserver {
  public:
    Api(Library& library, ThumbnailStore& thumbnails, DecoderPool& decoders, Users& users,
        Authenticator& authenticator, std::string version)
        : library_(library),
          thumbnails_(thumbnails),
          decoders_(decoders),
          users_(users),
          authenticator_(authenticator),
          version_(std::move(version)),
          metrics_(version_) {}

    // start(): the model is loaded. without_model(): there is none; reason: for users.
    void start(SearchParts parts) { parts_ = std::move(parts); }
    void without_model(std::string reason) { no_model_ = std::move(reason); }

    // model: name of the face pack. why: without a pack, the reason for users.
    Result<> start_people(std::unique_ptr<People> people, std::string model, std::string why) {
        people_ = std::move(people);
        face_model_ = std::move(model);
        no_faces_ = std::move(why);
        return library_.subscribe([this](const Changes& changes) { people_->note(changes); });
    }

    // count: returns the number of open connections of the server.
    void count_connections(std::function<std::size_t()> count) { connections_ = std::move(count); }

    // Answers one request; errors become problem documents. Does not throw.
    HttpResponse handle(const HttpRequest& request);
    // For HttpOptions::admit: returns the response of handle() to a request that it refuses whatever the body
    // contains. Does not throw.
    std::optional<HttpResponse> admit(const HttpRequest& request);
    // For HttpOptions::answer_at_once: answers /healthz. Does not throw.
    std::optional<HttpResponse> answer_at_once(const HttpRequest& request) const;
    // Every route and the action that it requires. {} stands for one part of the path.
    struct Rule {
        std::string_view method, path;
        UserAction action;
    };
    static std::vector<Rule> rules();
    // The largest body of a request, in bytes.
    static std::uint64_t body_limit(std::string_view method, std::string_view path);
    // Sends progress to the event listeners when there is any. Called a few times per second, on one thread
    // at a time.
    void tick();
    // Groups faces into people. Called after a scan, and when other processes have added faces to the
    // catalogue. Safe from any thread.
    void group_faces();
    // Precomputes the data for the first search. Safe from any thread after start().
    Result<> warm_up() { return parts_.engine ? parts_.engine->warm_up() : Result<>{}; }
    // Makes the indexer and the decoders end their work soon. Returns at once; safe from any thread.
    void request_stop() {
        if (parts_.indexer) parts_.indexer->request_stop();
        decoders_.interrupt(true);
    }
    // Stops the indexer and ends all event streams. Called after the last handler and before the server is
    // destroyed.
    void stop() {
        parts_.indexer.reset();
        events_.clear();
    }

    void on_photos(std::span<const PhotoNumber> photos) override;
    void on_failure(const IndexFailure& failure) override;
    void on_scan_end(const IndexSummary& summary) override;
    void on_scan_error(const Error& error) override;

  private:
    struct Route;
    static std::span<const Route> routes();
    using Parameter = const std::string&;
    using By = const Principal&;
    struct Answer;

    Result<Answer> search(const HttpRequest& request, Parameter, By by);
    Result<Answer> list_photos(const HttpRequest& request, Parameter, By by);
    Result<Answer> photo(const HttpRequest& request, Parameter id, By by);
    Result<Answer> thumbnail(const HttpRequest& request, Parameter id, By by);
    Result<Answer> original(const HttpRequest& request, Parameter id, By by);
    Result<Answer> similar(const HttpRequest& request, Parameter id, By by);
    Result<Answer> faces_of_photo(const HttpRequest& request, Parameter id, By by);
    Result<Answer> similar_faces(const HttpRequest& request, Parameter id, By by);
    Result<Answer> list_people(const HttpRequest& request, Parameter, By by);
    Result<Answer> edit_people(const HttpRequest& request, Parameter, By by);
    Result<Answer> person(const HttpRequest& request, Parameter id, By by);
    Result<Answer> people_questions(const HttpRequest& request, Parameter, By by);
    Result<Answer> people_history(const HttpRequest& request, Parameter, By by);
    Result<Answer> duplicates(const HttpRequest& request, Parameter, By by);
    Result<Answer> add_example(const HttpRequest& request, Parameter, By by);
    Result<Answer> list_folders(const HttpRequest& request, Parameter, By by);
    Result<Answer> add_folder(const HttpRequest& request, Parameter, By by);
    Result<Answer> remove_folder(const HttpRequest& request, Parameter id, By by);
    Result<Answer> scan(const HttpRequest& request, Parameter, By by);
    Result<Answer> forget(const HttpRequest& request, Parameter, By by);
    Result<Answer> pause(const HttpRequest& request, Parameter, By by);
    Result<Answer> resume(const HttpRequest& request, Parameter, By by);
    Result<Answer> status(const HttpRequest& request, Parameter, By by);
    Result<Answer> failures(const HttpRequest& request, Parameter, By by);
    Result<Answer> events(const HttpRequest& request, Parameter, By by);
    Result<Answer> session(const HttpRequest& request, Parameter, By by);
    Result<Answer> sign_in(const HttpRequest& request, Parameter, By by);
    Result<Answer> sign_out(const HttpRequest& request, Parameter, By by);
    Result<Answer> list_tokens(const HttpRequest& request, Parameter, By by);
    Result<Answer> make_token(const HttpRequest& request, Parameter, By by);
    Result<Answer> revoke_token(const HttpRequest& request, Parameter id, By by);
    Result<Answer> openapi(const HttpRequest& request, Parameter, By by);
    Result<Answer> health(const HttpRequest& request, Parameter, By by);
    Result<Answer> ready(const HttpRequest& request, Parameter, By by);
    Result<Answer> metrics(const HttpRequest& request, Parameter, By by);

    // A request that may call its route's handler.
    struct Admitted {
        const Route* route;
        std::string part;  // of the path, for {}
        Principal principal;
    };
    // Returns the response instead when no handler is called.
    std::variant<HttpResponse, Admitted> find_route(const HttpRequest& request);
    // Completes the answer on a thread that may wait for the drive.
    using DriveAnswer = std::function<Result<Answer>(BlockingCalls&)>;
    Answer answer_from_drive(const HttpRequest& request, By by, const std::string& drive, DriveAnswer answer);
    // Passes the first of these files that can be opened to `answer`, as file number `at` or later; fails
    // with `otherwise` when there is none. Each file is opened with the threads of its drive.
    using OriginalAnswer =
        std::function<Result<Answer>(const OpenOriginal&, const FileRecord&, BlockingCalls&)>;
    Result<Answer> answer_from_original(const HttpRequest& request, By by, std::vector<FileRecord> files,
                                        std::size_t at, std::string otherwise, OriginalAnswer answer);

    Result<Photo> find_photo(const std::string& id);
    Result<BackgroundIndexer*> indexer();
    Result<Answer> run_search(SearchQuery query, const std::stop_token& gone, By by);
    HttpResponse finish(Result<Answer> answer, const HttpRequest& request, const Principal& principal);
    // The reason why faces are not available, without paths for principals that must not see them.
    [[nodiscard]] std::string why_no_faces(By by) const;
    [[nodiscard]] Error missing_model() const;
    // kUnavailable, with the reason, unless the catalogue is up to date enough for searches.
    Result<> check_ready();

    Library& library_;
    ThumbnailStore& thumbnails_;
    DecoderPool& decoders_;
    Users& users_;
    Authenticator& authenticator_;
    const std::string version_;
    std::string no_model_ = "no model is loaded";
    SearchParts parts_;
    std::unique_ptr<People> people_;
    std::string face_model_, no_faces_ = "faces are not indexed here";
    EventHub events_;
    ExampleStore examples_;
    bool was_busy_ = false;  // used by tick() only
    unsigned ticks_ = 0;
    Metrics metrics_;
    std::function<std::size_t()> connections_;
};

}  // namespace hone
