// The indexer of a running server: one thread that scans when asked, and from time to time by itself.
#pragma once

#include <condition_variable>
#include <optional>
#include <thread>

#include "ingest/indexer.hpp"

namespace hone {

class BackgroundObserver : public IndexObserver {
  public:
    virtual void on_scan_end(const IndexSummary&) {}
    virtual void on_scan_error(const Error&) {}
};

// Safe from any thread. Destruction ends a running scan in order.
class BackgroundIndexer {
  public:
    // rescan: time between two scans that nobody asked for.
    BackgroundIndexer(Library& library, ContentAnalyzer& analyzer, VectorSpace& space,
                      ThumbnailStore& thumbnails, BackgroundObserver& observer, std::chrono::seconds rescan);
    ~BackgroundIndexer();

    // The number of the scan that will see everything that is in the folders now; it is over when finished()
    // reaches it.
    std::uint64_t request_scan();
    [[nodiscard]] std::uint64_t finished() const;
    [[nodiscard]] std::optional<IndexSummary> last_summary() const;
    [[nodiscard]] std::optional<Error> last_error() const;
    [[nodiscard]] IndexProgress progress() const { return indexer_.progress(); }
    void pause(bool paused) { indexer_.pause(paused); }

  private:
    void loop(const std::stop_token& stop);

    Library& library_;
    BackgroundObserver& observer_;
    const std::chrono::seconds rescan_;
    Indexer indexer_;
    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable_any wake_;
    std::uint64_t requested_ = 0, started_ = 0, finished_ = 0;
    std::optional<IndexSummary> summary_;
    std::optional<Error> error_;
    std::jthread thread_;
};

}  // namespace hone
