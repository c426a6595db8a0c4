// The pipeline from folders to vectors: walk -> read, hash, decode, analyze -> network -> catalogue and
// vector file. Every stage is bounded; what is done is in the catalogue, so a killed run goes on where it
// stopped.
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
#include "ingest/file_processor.hpp"
#include "ingest/library.hpp"
#include "ingest/thumbnail_store.hpp"

namespace hone {

struct IndexFailure {
    std::string path, stage, reason;  // path as utf8_path()
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
    std::uint64_t read = 0;      // photos decoded by this run
    std::uint64_t faces = 0;     // found by this run
    std::map<std::string, std::uint64_t> skipped_kinds;
    double seconds = 0;
    double photos_per_second = 0;        // embedded (without a network: read) / seconds of reading
    std::vector<IndexFailure> failures;  // at most kListedFailures
    static constexpr std::size_t kListedFailures = 1000;
};

enum class IndexState { kIdle, kCounting, kRunning, kPaused };

struct IndexProgress {
    IndexState state = IndexState::kIdle;
    std::string stage;  // "reading", "duplicates", ""
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

// What a run looks at: a whole folder, or the part of it where something changed.
struct ScanTask {
    Folder folder;
    fs::path directory;  // the folder's path, or below it
    bool recursive = true;
};
std::vector<ScanTask> whole(std::span<const Folder> folders);

struct IndexOptions {
    bool retry_failed = false;  // damaged files are read again though they did not change
    bool svg = false;           // SVG drawings are read too
    bool same_pictures = true;  // near duplicates are looked for at the end
    // Files and folders that are gone are noted, and files that moved. Not for a process that may see less of
    // the folders than those that share its catalogue.
    bool tracks_missing_files = true;
    PathMap paths;  // from the catalogue to this machine
    // How long a drive may keep silent before a file of it is a failure, and after some more its folder away.
    std::chrono::milliseconds patience = kBlockingCallPatience;
};

// What a run works with. analyzer and space: both nullptr without a network; faces: nullptr when they are not
// read.
struct IndexParts {
    Library& library;
    ContentAnalyzer* analyzer;
    VectorSpace* space;
    ThumbnailStore& thumbnails;
    DecoderPool& decoders;
    IndexObserver& observer;
    FaceAnalyzer* faces = nullptr;
};

class Indexer {
  public:
    explicit Indexer(const IndexParts& parts) : parts_(parts) {}

    // Brings the library up to date with these folders. One run at a time. A folder that cannot be read is
    // marked unreachable and its knowledge kept. Ends early, in order, when stop is asked. Fails when the
    // library cannot be written or the network cannot run.
    Result<IndexSummary> run(std::span<const ScanTask> tasks, const std::stop_token& stop,
                             const IndexOptions& options = {});

    // From any thread.
    [[nodiscard]] IndexProgress progress() const;
    void pause(bool paused);

  private:
    struct Run;

    void begin_stage(const std::string& stage, std::uint64_t total);
    void wait_while_paused(const std::stop_token& stop);
    // The stages of a run, each a thread of its own; they end when the stage before them has.
    void walk_tasks(Run& run);
    bool lease(Run& run);
    void lease_rest(Run& run);
    bool visit(Run& run, FolderId folder, const FileFacts& facts);
    Result<bool> is_unchanged(Run& run, const FileFacts& facts);
    Result<bool> has_everything(const Run& run, PhotoNumber photo);
    [[nodiscard]] bool is_same(const FileFacts& known, const FileFacts& now) const;
    void release(Run& run, std::span<const FileOutcome> outcomes);
    void release_all(Run& run);
    void read_files(Run& run);
    void settle_files(Run& run, BlockingCalls& calls);
    void hand_on(Run& run, ProcessingResult result);
    bool keeps_photo(const FileOutcome& outcome);
    void note_answer(Run& run, FolderId folder, bool answered);
    void run_networks(Run& run);
    void find_faces(FileOutcome& outcome, const Image& picture);
    void write_outcomes(Run& run);
    Result<> write(Run& run, std::vector<FileOutcome>& outcomes);
    void add_failure(Run& run, const FileFacts& file, const std::string& stage, const std::string& reason,
                     bool known);
    Result<> end_scans(Run& run);
    Result<> find_same_pictures(const std::stop_token& stop);

    const IndexParts parts_;
    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable_any resumed_;
    IndexProgress progress_;
    bool paused_ = false;
    std::uint64_t rated_ = 0;  // photos that cost time in this stage
    Stopwatch stage_watch_;
};

}  // namespace hone
