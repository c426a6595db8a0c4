// The indexer of a running server: one thread that scans when asked, when the watch saw a change, and from
// time to time by itself.
#pragma once

#include <condition_variable>
#include <optional>
#include <thread>

#include "ingest/folder_watcher.hpp"
#include "ingest/indexer.hpp"

namespace hone {

class BackgroundObserver : public IndexObserver {
  public:
    virtual void on_scan_end(const IndexSummary&) {}
    virtual void on_scan_error(const Error&) {}
};

struct BackgroundOptions {
    std::chrono::seconds rescan{600};  // between two scans that nobody asked for
    bool watch = true;
    IndexOptions index;
};

// Safe from any thread. Destruction ends a running scan in order.
class BackgroundIndexer {
  public:
    // parts.observer: the same as observer.
    BackgroundIndexer(const IndexParts& parts, BackgroundObserver& observer,
                      const BackgroundOptions& options);
    ~BackgroundIndexer();

    // The number of the scan that will see everything that is in the folders now; it is over when finished()
    // reaches it.
    std::uint64_t request_scan(bool retry_failed = false);
    [[nodiscard]] std::uint64_t finished() const;
    [[nodiscard]] std::optional<IndexSummary> last_summary() const;
    [[nodiscard]] std::optional<Error> last_error() const;
    [[nodiscard]] IndexProgress progress() const { return indexer_.progress(); }
    void pause(bool paused) { indexer_.pause(paused); }
    // Folders that are looked at from time to time only, and why.
    [[nodiscard]] std::vector<std::pair<fs::path, std::string>> unwatched() const;

  private:
    void loop(const std::stop_token& stop);
    // Nothing when there was nothing to look at.
    Result<std::optional<IndexSummary>> scan(bool whole_scan, const IndexOptions& options,
                                             const std::stop_token& stop);

    Library& library_;
    BackgroundObserver& observer_;
    const BackgroundOptions options_;
    Indexer indexer_;
    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable_any wake_;
    std::uint64_t requested_ = 0, started_ = 0, finished_ = 0;
    bool retry_failed_ = false, changed_ = false;
    std::optional<IndexSummary> summary_;
    std::optional<Error> error_;
    std::unique_ptr<FolderWatcher> watcher_;  // set once, before the thread starts
    std::jthread thread_;
};

}  // namespace hone
