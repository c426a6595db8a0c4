// SPDX-License-Identifier: GPL-3.0-or-later
// Opens the new parts beside the old ones, and exchanges them in one step.
#include "server/model_reloader.hpp"

#include "base/log.hpp"
#include "base/parallel.hpp"
#include "wire/scan.hpp"

namespace hone {

ModelReloader::ModelReloader(ServerContext& context, Open open, Index index)
    : context_(context), open_(std::move(open)), index_(std::move(index)) {
    thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

void ModelReloader::request() {
    {
        const std::lock_guard lock(mutex_);
        requested_ = true;
    }
    wake_.notify_all();
}

void ModelReloader::loop(const std::stop_token& stop) {
    while (true) {
        {
            std::unique_lock lock(mutex_);
            if (!wake_.wait(lock, stop, [&] { return requested_; })) return;
            requested_ = false;
        }
        if (const auto reloaded = catching("changing the model", [&] { return reload(stop); }); !reloaded) {
            log::write(log::Level::kError, reloaded.error().message);
            context_.events.publish("problem", problem_event(reloaded.error()));
        }
    }
}

Result<> ModelReloader::reload(const std::stop_token& stop) {
    HONE_TRY(SearchParts parts, open_());
    const auto former = context_.search.get();
    const auto same = [](const auto& one, const auto& other) {
        return one && other ? one->fingerprint() == other->fingerprint() : one == other;
    };
    if (former->indexer && same(former->models.in_use, parts.models.in_use) &&
        same(former->models.next, parts.models.next))
        return {};
    // The first search with the new model must not wait for its network.
    HONE_CHECK(parts.models.in_use->load_text());
    HONE_CHECK(parts.engine->warm_up());
    std::uint64_t scans = 0;
    bool paused = false;
    std::vector<std::string> resting;
    if (former->indexer) {
        paused = former->indexer->is_paused();
        for (const JobProgress& one : former->indexer->progress().jobs) {
            if (one.state == JobState::kPaused) resting.push_back(one.name);
        }
        former->indexer->stop();
        if (stop.stop_requested()) return {};
        context_.decoders.interrupt(false);  // the end of its scan has interrupted them
        scans = former->indexer->requested();
    }
    HONE_CHECK(index_(parts, scans + 1));
    for (const std::string& job : resting) (void)parts.indexer->pause(job, true);  // it may be gone
    parts.indexer->pause(paused);
    parts.indexer->request_scan();
    const std::string name = parts.models.in_use->manifest().name;
    context_.search.set(std::move(parts));
    log::info("searches use the model {}", name);
    return {};
}

}  // namespace hone
