// SPDX-License-Identifier: GPL-3.0-or-later
// The indexer of a running server: one thread that scans on request, after a change reported by the watcher,
// and periodically.
#pragma once

#include <condition_variable>
#include <optional>
#include <thread>

#include "ingest/folder_watcher.hpp"
#include "ingest/indexer.hpp"

namespace hone {

// Runs on the indexer's threads; must return quickly.
class BackgroundObserver : public IndexObserver {
  public:
    virtual void on_scan_end(const IndexSummary&) {}
    virtual void on_scan_error(const Error&) {}
};

struct BackgroundOptions {
    std::chrono::seconds rescan{600};  // between two periodic scans
    bool watch = true;
    std::uint64_t first_scan = 1;  // number of the first scan
    IndexOptions index;
};

// Safe from any thread. The destructor ends a running scan in order.
class BackgroundIndexer {
  public:
    // parts.observer and observer: the same object.
    BackgroundIndexer(IndexParts parts, BackgroundObserver& observer, const BackgroundOptions& options);
    ~BackgroundIndexer();

    // Requests a whole scan. Returns its number; the scan sees everything that is in the folders now and is
    // over when finished() reaches the number. retry_failed: index damaged files again.
    std::uint64_t request_scan(bool retry_failed = false);
    // Requests a scan that does again what one job failed on: the photos of an analyzer, or the files of
    // "indexing"; the other jobs keep no failures. kNotFound when there is none of that name.
    Result<std::uint64_t> retry(std::string_view job);
    // Number of the last requested scan.
    [[nodiscard]] std::uint64_t requested() const;
    // Number of the last requested scan that has ended.
    [[nodiscard]] std::uint64_t finished() const;
    // Of the last whole scan.
    [[nodiscard]] std::optional<IndexSummary> last_summary() const;
    // The error of the last scan, if it failed.
    [[nodiscard]] std::optional<Error> last_error() const;
    [[nodiscard]] IndexProgress progress() const { return indexer_.progress(); }
    void pause(bool paused) { indexer_.pause(paused); }
    [[nodiscard]] bool is_paused() const { return indexer_.is_paused(); }
    // Pauses one job (Indexer::pause()), or resumes it and requests a scan of the photos that it left out.
    // kNotFound when there is none of that name.
    Result<> pause(std::string_view job, bool paused);
    [[nodiscard]] std::vector<IndexFailure> failed_analyses(std::size_t limit) const {
        return indexer_.failed_analyses(limit);
    }
    // Makes the running scan end early, and all further ones impossible. Returns at once.
    void request_stop() { thread_.request_stop(); }
    // Also waits until the running scan has ended. One caller at a time.
    void stop();
    // Folders that only periodic scans see, with the reasons.
    [[nodiscard]] std::vector<UnwatchedFolder> unwatched() const;

  private:
    [[nodiscard]] std::unexpected<Error> no_job(std::string_view name) const;
    void loop(const std::stop_token& stop);
    // Returns std::nullopt when there was nothing to scan.
    Result<std::optional<IndexSummary>> scan(bool whole_scan, const IndexOptions& options,
                                             const std::stop_token& stop);

    Library& library_;
    BackgroundObserver& observer_;
    const BackgroundOptions options_;
    Indexer indexer_;
    mutable std::mutex mutex_;  // guards the members below
    std::condition_variable_any wake_;
    std::uint64_t requested_ = 0, started_ = 0, finished_ = 0;
    bool retry_failed_ = false, changed_ = false;
    std::optional<IndexSummary> summary_;
    std::optional<Error> error_;
    std::unique_ptr<FolderWatcher> watcher_;  // set once, before the thread starts
    std::jthread thread_;
};

}  // namespace hone
