// SPDX-License-Identifier: GPL-3.0-or-later
// The state that the resources of the server share.
#pragma once

#include <functional>
#include <memory>

#include "ingest/background_indexer.hpp"
#include "people/people.hpp"
#include "search/engine.hpp"
#include "server/auth/authenticator.hpp"
#include "server/events.hpp"
#include "server/example_store.hpp"
#include "server/metrics.hpp"
#include "server/model_download.hpp"

namespace hone {

// The parts that need a model. All null without one.
struct SearchParts {
    ModelChoice models;
    std::shared_ptr<SearchEngine> engine;
    std::shared_ptr<BackgroundIndexer> indexer;
};

// The present parts. Who uses them holds them: a switch of the model puts others in their place. Safe from
// any thread.
class CurrentSearch {
  public:
    [[nodiscard]] std::shared_ptr<const SearchParts> get() const {
        const std::lock_guard lock(mutex_);
        return parts_;
    }
    void set(SearchParts parts) {
        auto made = std::make_shared<const SearchParts>(std::move(parts));
        const std::lock_guard lock(mutex_);
        parts_.swap(made);
    }

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const SearchParts> parts_ = std::make_shared<const SearchParts>();  // never null
};

// Filled before the first request and then constant, except `search`; every member is safe from any thread.
struct ServerContext {
    Library& library;
    ThumbnailStore& thumbnails;
    DecoderPool& decoders;
    Users& users;
    Authenticator& authenticator;
    const std::string version;

    CurrentSearch search = {};
    std::string no_model = "no model is loaded";  // the reason, for users
    std::function<void()> reload_models = [] {};  // takes in a change of the chosen model; returns at once
    std::unique_ptr<People> people = nullptr;
    std::string face_model = {};                          // name of the face pack
    std::string no_faces = "faces are not indexed here";  // without a face pack: the reason, for users
    std::function<std::size_t()> connections = {};        // the number of open connections of the server
    EventHub events = {};
    ExampleStore examples = {};
    ModelDownload download = {};
    Metrics metrics{version};

    // kUnavailable without a model.
    [[nodiscard]] Result<std::shared_ptr<BackgroundIndexer>> indexer() const;
    [[nodiscard]] Error missing_model() const;
    // kNotFound for an unknown id.
    [[nodiscard]] Result<Photo> find_photo(const std::string& id) const;
    // kUnavailable, with the reason, unless the catalogue is up to date enough for searches.
    [[nodiscard]] Result<> check_ready() const;
    // The reason why faces are not available, without paths for principals that must not see them.
    [[nodiscard]] std::string why_no_faces(const Principal& principal) const;
};

}  // namespace hone
