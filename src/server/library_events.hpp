// SPDX-License-Identifier: GPL-3.0-or-later
// Tells the listeners of GET /events what happens in the library.
#pragma once

#include <mutex>

#include "ingest/background_indexer.hpp"
#include "server/context.hpp"

namespace hone {

// Safe from any thread, except tick(). The context must outlive it.
class LibraryEvents final : public BackgroundObserver {
  public:
    explicit LibraryEvents(ServerContext& context) : context_(context) {}

    // Sends the progress when there is any. Called a few times per second, on one thread at a time.
    void tick();
    // Groups faces into people. Called at the end of a scan, and when other processes have added faces to the
    // catalogue.
    void group_faces();

    void on_photos(std::span<const PhotoNumber> photos) override;
    void on_failure(const IndexFailure& failure) override;
    void on_scan_end(const IndexSummary& summary) override;
    void on_scan_error(const Error& error) override;

  private:
    void publish_progress(bool at_end);

    ServerContext& context_;
    unsigned ticks_ = 0;     // used by tick() only
    std::mutex mutex_;       // keeps the progress events in order
    bool was_busy_ = false;  // at the last progress event
};

}  // namespace hone
