// SPDX-License-Identifier: GPL-3.0-or-later
// Publishes the events of scans.
#include "server/library_events.hpp"

#include "base/log.hpp"
#include "wire/photos.hpp"
#include "wire/scan.hpp"

namespace hone {

namespace {

constexpr unsigned kTicksACheck = 8;  // ticks between checks of the listeners' permissions: two seconds

}  // namespace

void LibraryEvents::tick() {
    if (++ticks_ % kTicksACheck == 0) context_.events.check();
    publish_progress(false);
}

// at_end: also when nothing is done, because the next scan may begin before the next tick.
void LibraryEvents::publish_progress(bool at_end) {
    const auto indexer = context_.search.get()->indexer;
    if (!indexer) return;
    const std::lock_guard lock(mutex_);
    const IndexProgress progress = indexer->progress();
    const bool busy = progress.state != IndexState::kIdle;
    if (busy || was_busy_ || at_end) context_.events.publish("progress", progress_event(progress));
    was_busy_ = busy;
}

void LibraryEvents::group_faces() {
    if (!context_.people) return;
    if (const auto grouped = context_.people->update(); !grouped)
        log::write(log::Level::kError, grouped.error().message);
}

void LibraryEvents::on_photos(std::span<const PhotoNumber> photos) {
    // This runs on the indexer's writing thread, so it does nothing that nobody hears.
    if (context_.events.listeners() == 0) return;
    if (auto list = listed_photos(context_.library.catalog(), photos))
        context_.events.publish("photos", photos_event(std::move(*list)));
}

void LibraryEvents::on_failure(const IndexFailure& failure) {
    log::debug("{} ({}): {}", failure.path, failure.stage, failure.reason);
    context_.events.publish("failure", failure_event(failure));
}

void LibraryEvents::on_scan_end(const IndexSummary& summary) {
    if (summary.added > 0 || summary.failed > 0 || summary.missing > 0) {
        log::info("scan: {} new photos, {} files failed, {} missing, {} photos in the library, {:.1f} s",
                  summary.added, summary.failed, summary.missing, summary.photos, summary.seconds);
    }
    publish_progress(true);
    if (summary.switched_model) context_.reload_models();
    context_.events.publish("scan", scan_event(summary));
}

void LibraryEvents::on_scan_error(const Error& error) {
    publish_progress(true);
    context_.events.publish("problem", problem_event(error));
}

}  // namespace hone
