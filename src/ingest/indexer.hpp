// The pipeline from folders to vectors: walk -> read, hash, decode -> network -> catalogue and vector file.
// Every stage is bounded; what is done is in the catalogue, so a killed run goes on where it stopped.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "analyze/content.hpp"
#include "base/time.hpp"
#include "ingest/library.hpp"
#include "ingest/thumbnail_store.hpp"

namespace hone {

struct IndexFailure {
    std::string path, stage, reason;  // path as printable()
};

// Every file is counted once: as unchanged, moved, failed, skipped, or read (what is left).
struct IndexSummary {
    std::uint64_t files = 0;
    std::uint64_t photos = 0;     // in the library, after the run
    std::uint64_t added = 0;      // photos whose bytes were not known before; "new" in JSON
    std::uint64_t unchanged = 0;  // files that were photos before and are as they were
    std::uint64_t moved = 0;      // known photos found under a new path while the old one is gone
    std::uint64_t missing = 0;    // files that are gone; nothing is forgotten
    std::uint64_t failed = 0;
    std::uint64_t skipped = 0;
    std::uint64_t embedded = 0;  // vectors computed by this run
    std::map<std::string, std::uint64_t> skipped_kinds;
    double seconds = 0;
    double photos_per_second = 0;        // embedded / seconds of reading
    std::vector<IndexFailure> failures;  // at most kListedFailures
    static constexpr std::size_t kListedFailures = 1000;
};

enum class IndexState { kIdle, kCounting, kRunning, kPaused };

struct IndexProgress {
    IndexState state = IndexState::kIdle;
    std::string stage;  // "reading", "thumbnails", ""
    std::uint64_t done = 0, total = 0, failed = 0;
    std::map<std::string, std::uint64_t> skipped;
    double photos_per_second = 0;
    std::optional<double> seconds_left;
};

// Told of what happens, from several of the indexer's threads. Must return soon.
class IndexObserver {
  public:
    virtual ~IndexObserver() = default;
    virtual void on_photos(std::span<const PhotoNumber>) {}  // newly searchable
    virtual void on_failure(const IndexFailure&) {}
};

class Indexer {
  public:
    Indexer(Library& library, ContentAnalyzer& analyzer, VectorSpace& space, ThumbnailStore& thumbnails,
            IndexObserver& observer)
        : library_(library),
          analyzer_(analyzer),
          space_(space),
          thumbnails_(thumbnails),
          observer_(observer) {}

    // Brings the library up to date with these folders. One run at a time. A folder that cannot be read is
    // marked unreachable and its knowledge kept. Ends early, in order, when stop is asked. Fails when the
    // library cannot be written or the network cannot run.
    Result<IndexSummary> run(std::span<const Folder> folders, const std::stop_token& stop);

    // From any thread.
    [[nodiscard]] IndexProgress progress() const;
    void pause(bool paused);

  private:
    struct Run;

    void wait_while_paused(const std::stop_token& stop);
    void make_thumbnails(const std::stop_token& stop);

    Library& library_;
    ContentAnalyzer& analyzer_;
    VectorSpace& space_;
    ThumbnailStore& thumbnails_;
    IndexObserver& observer_;
    mutable std::mutex mutex_;  // guards progress_, paused_, started_
    std::condition_variable_any resumed_;
    IndexProgress progress_;
    bool paused_ = false;
    std::uint64_t rated_ = 0;  // photos that cost time in this stage
    Stopwatch stage_watch_;
};

}  // namespace hone
