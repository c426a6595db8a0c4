// SPDX-License-Identifier: GPL-3.0-or-later
// The HTTP interface of docs/http.md: decides who may call which route (server/route.hpp), and calls it.
#pragma once

#include <variant>

#include "server/context.hpp"
#include "server/library_events.hpp"
#include "server/model_reloader.hpp"
#include "server/route.hpp"

namespace hone {

// handle() is safe from any thread. The set-up functions are called once each, before the first request.
class Api {
  public:
    Api(Library& library, ThumbnailStore& thumbnails, DecoderPool& decoders, Users& users,
        Authenticator& authenticator, const std::string& version)
        : context_{library, thumbnails, decoders, users, authenticator, version}, events_(context_) {}

    ~Api() { stop(); }

    // start(): the model is loaded. without_model(): there is none; reason: for users.
    void start(SearchParts parts) { context_.search.set(std::move(parts)); }
    void without_model(std::string reason) { context_.no_model = std::move(reason); }
    // open: opens the models that are chosen now, without an indexer; index: adds one. They run on a thread
    // of the API, whenever the choice changes.
    void reload_with(ModelReloader::Open open, ModelReloader::Index index);
    // model: name of the face pack. why: without a pack, the reason for users.
    Result<> start_people(std::unique_ptr<People> people, std::string model, std::string why);
    // count: returns the number of open connections of the server.
    void count_connections(std::function<std::size_t()> count) { context_.connections = std::move(count); }
    // For the indexer of start().
    BackgroundObserver& observer() { return events_; }

    // Answers one request; errors become problem documents. Does not throw.
    HttpResponse handle(const HttpRequest& request);
    // For HttpOptions::admit: returns the response of handle() to a request that it refuses whatever the body
    // contains. Does not throw.
    std::optional<HttpResponse> admit(const HttpRequest& request);
    // For HttpOptions::answer_at_once: answers the routes that need no worker. Does not throw.
    std::optional<HttpResponse> answer_at_once(const HttpRequest& request);
    // Unset without an indexer. Safe from any thread.
    std::optional<IndexProgress> progress() {
        const auto indexer = context_.search.get()->indexer;
        return indexer ? std::optional(indexer->progress()) : std::nullopt;
    }
    // Sends progress to the event listeners when there is any. Called a few times per second, on one thread
    // at a time.
    void tick() { events_.tick(); }
    // Groups faces into people. Called at the end of a scan, and when other processes have added faces to the
    // catalogue. Safe from any thread.
    void group_faces() { events_.group_faces(); }
    // Precomputes the data for the first search. Safe from any thread after start().
    Result<> warm_up() {
        const auto parts = context_.search.get();
        return parts->engine ? parts->engine->warm_up() : Result<>{};
    }
    // Makes the indexer and the decoders end their work soon. Returns at once; safe from any thread.
    void request_stop();
    // Stops the indexer and ends all event streams. Called after the last handler and before the server is
    // destroyed.
    void stop();

  private:
    // A request that may call its route's handler.
    struct Admitted {
        const Route* route;
        std::string part;  // of the path, for {}
        Principal principal;
    };
    // Returns the response instead when no handler is called.
    std::variant<HttpResponse, Admitted> check(const HttpRequest& request);

    ServerContext context_;
    LibraryEvents events_;
    std::unique_ptr<Library::Subscription> people_changes_;  // ends before the people
    std::unique_ptr<ModelReloader> reloader_;
};

}  // namespace hone
