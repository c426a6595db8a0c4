// The HTTP interface of docs/http.md: from requests to the rooms below and back.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>

#include "ingest/background_indexer.hpp"
#include "people/people.hpp"
#include "search/engine.hpp"
#include "server/auth/authenticator.hpp"
#include "server/events.hpp"
#include "server/http_server.hpp"
#include "server/metrics.hpp"

namespace hone {

// Example pictures that clients sent; the oldest go first. Safe from any thread.
class ExampleStore {
  public:
    void add(const std::string& id, Example example);
    // Those of the names that are examples.
    [[nodiscard]] ExamplePictures pick(std::span<const std::string> names) const;

  private:
    static constexpr std::size_t kKept = 1000;
    mutable std::mutex mutex_;
    std::list<std::pair<std::string, Example>> examples_;  // newest first
};

// What needs a model; absent while there is none.
struct SearchParts {
    std::shared_ptr<ImageTextModel> model;
    std::unique_ptr<SearchEngine> engine;
    std::unique_ptr<BackgroundIndexer> indexer;
};

// handle() is safe from any thread.
class Api final : public BackgroundObserver {
  public:
    Api(Library& library, ThumbnailStore& thumbnails, DecoderPool& decoders, Users& users, Authenticator& authenticator,
        std::string version)
        : library_(library),
          thumbnails_(thumbnails),
          decoders_(decoders),
          users_(users),
          authenticator_(authenticator),
          version_(std::move(version)),
          metrics_(version_) {}

    // Once, when the model is there, before handle() is called; without_model says why there is none.
    void start(SearchParts parts) { parts_ = std::move(parts); }
    void without_model(std::string reason) { no_model_ = std::move(reason); }

    // Once, before handle() is called. model: name of the face pack; without one: why faces are not read.
    void start_people(std::unique_ptr<People> people, std::string model, std::string why) {
        people_ = std::move(people);
        face_model_ = std::move(model);
        no_faces_ = std::move(why);
    }

    // Once, before handle() is called: how many connections the server has open.
    void count_connections(std::function<std::size_t()> count) { connections_ = std::move(count); }

    HttpResponse handle(const HttpRequest& request);
    // Every address and what it takes to use it. {} stands for one part.
    struct Rule {
        std::string_view method, path;
        UserAction action;
    };
    static std::vector<Rule> rules();
    static std::uint64_t body_limit(std::string_view method, std::string_view path);
    // Sends progress to the listeners when there is some; called a few times a second.
    void tick();
    // After a scan, and when other processes have added faces to the catalogue.
    void group_faces();
    // What the first search would wait for; from any thread, after start().
    Result<> warm_up() { return parts_.engine ? parts_.engine->warm_up() : Result<>{}; }
    // When no handler runs any more and before the server goes.
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

    Result<Photo> find_photo(const std::string& id);
    Result<BackgroundIndexer*> indexer();
    Result<Answer> run_search(const SearchQuery& query, const std::stop_token& gone, By by);
    HttpResponse finish(Result<Answer> answer, const HttpRequest& request, const Principal& principal);
    // Why faces are not read, without a path for those who must not see one.
    [[nodiscard]] std::string why_no_faces(By by) const;
    [[nodiscard]] Error missing_model() const;
    // Whether searches can be answered from an up-to-date catalogue; else kUnavailable and why.
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
    std::string face_model_, no_faces_ = "faces are not read here";
    EventHub events_;
    ExampleStore examples_;
    bool was_busy_ = false;  // tick() only
    unsigned ticks_ = 0;
    Metrics metrics_;
    std::function<std::size_t()> connections_;
};

}  // namespace hone
