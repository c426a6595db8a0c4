// SPDX-License-Identifier: GPL-3.0-or-later
// Fetches an image-text model from a hub into a folder of models.
#pragma once

#include <functional>

#include "base/stop.hpp"
#include "model/hub.hpp"
#include "model/store.hpp"

namespace hone {

struct PullRequest {
    HubRequest hub;    // directory and progress are set by the pull
    std::string name;  // of the model in the store
};

// source: as for parse_repository(). precision: "" for f32. name: "" for model_name_of(). kUsage for a wrong
// name or precision, or when the store has a model of that name.
Result<PullRequest> plan_pull(const ModelStore& store, const std::string& source,
                              const std::string& precision, const std::string& name);

// Fetches and adds the model; all or nothing. The files so far stay below the store's own folder when it
// fails or is stopped, and the next pull continues it. Blocks; safe from any thread for different names.
Result<Manifest> pull_model(const ModelStore& store, PullRequest request,
                            std::function<void(const HubProgress&)> progress,
                            const std::stop_token& stop = {});

// Deletes what an unfinished pull has left.
Result<> discard_pull(const ModelStore& store, const PullRequest& request);

}  // namespace hone
