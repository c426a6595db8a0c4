// SPDX-License-Identifier: GPL-3.0-or-later
// The pipeline from folders to vectors: walk -> read, hash, decode -> analyzers -> catalogue and vector
// files. Every queue between them is bounded, except the compact list of found files: the walk waits for
// nobody, so the total is known early. The catalogue records finished work, so a killed run continues where
// it stopped.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/time.hpp"
#include "ingest/analysis_queues.hpp"
#include "ingest/file_processor.hpp"
#include "ingest/progress.hpp"
#include "ingest/same_picture_finder.hpp"
#include "library/library.hpp"
#include "library/model_choice.hpp"
#include "library/thumbnail_store.hpp"

namespace hone {

// Every file is counted once: as unchanged, moved, failed, skipped, or read (the rest).
struct IndexSummary {
    std::uint64_t files = 0;
    std::uint64_t photos = 0;     // in the library after the run
    std::uint64_t added = 0;      // photos with bytes new to the catalogue; "new" in JSON
    std::uint64_t unchanged = 0;  // known photos whose files did not change
    std::uint64_t moved = 0;      // known photos under a new path, with the old one gone
    std::uint64_t missing = 0;    // files that are gone; their photos stay in the catalogue
    std::uint64_t failed = 0;
    std::uint64_t skipped = 0;
    std::uint64_t embedded = 0;         // vectors computed by this run
    std::uint64_t read = 0;             // photos analysed by this run
    std::uint64_t faces = 0;            // detected by this run
    std::uint64_t failed_analyses = 0;  // results that photos lack because an analyzer failed
    std::map<std::string, std::uint64_t> skipped_kinds;
    bool switched_model = false;  // the new model has every photo now and is the one to search with
    double seconds = 0;
    double photos_per_second = 0;        // read / seconds of indexing
    std::vector<IndexFailure> failures;  // at most kListedFailures
    static constexpr std::size_t kListedFailures = 1000;
};

// Receives events on several of the indexer's threads, while the run continues. Must return quickly.
class IndexObserver {
  public:
    virtual ~IndexObserver() = default;
    virtual void on_photos(std::span<const PhotoNumber>) {}  // newly searchable photos
    virtual void on_failure(const IndexFailure&) {}
};

// A part of a folder to scan: all of it, or the part with changes.
struct ScanTask {
    Folder folder;
    fs::path directory;  // the folder's path, or a folder below it
    bool recursive = true;
};
// Returns one recursive task per folder.
std::vector<ScanTask> whole(std::span<const Folder> folders);

struct IndexOptions {
    bool retry_failed = false;  // index unchanged damaged files again
    bool svg = false;           // index SVG drawings too
    bool same_pictures = true;  // find near duplicates at the end
    // Record missing and moved files. Turn off for a worker that may not see every folder.
    bool tracks_missing_files = true;
    PathMap paths;  // from the catalogue to this machine
    // Time without an answer after which a file fails; after several in a row its folder is treated as
    // unreachable.
    std::chrono::milliseconds patience = kBlockingCallPatience;
};

// The open vector file of an analyzer's space.
struct OpenSpace {
    VectorKey key;
    std::shared_ptr<VectorSpace> rows;
};

// The parts that a run uses; those by reference must outlive the Indexer.
struct IndexParts {
    Library& library;
    ThumbnailStore& thumbnails;
    DecoderPool& decoders;
    IndexObserver& observer;
    std::vector<std::shared_ptr<Analyzer>> analyzers;
    std::vector<OpenSpace> spaces;  // of those analyzers that give vectors
    ModelChoice models = {};        // their spaces are the first ones; null without a model
    // Groups faces into people at the end of a run; empty: nobody does.
    std::function<Result<>()> group_people = {};
};

class Indexer {
  public:
    // patience: of the drives of photos whose thumbnails are missing when they are compared.
    explicit Indexer(IndexParts parts, std::chrono::milliseconds patience = kBlockingCallPatience)
        : parts_(std::move(parts)),
          queues_(parts_.analyzers),
          same_pictures_(parts_.library.catalog(), parts_.thumbnails, parts_.decoders,
                         parts_.library.vectors_directory(), patience),
          meter_(static_cast<bool>(parts_.group_people)) {}

    // Brings the library up to date with these folders. One caller at a time. An unreadable folder is marked
    // unreachable and its photos stay. A stop request ends the run early and in order. kFailed or
    // kUnavailable when the library cannot be written or the network cannot run.
    Result<IndexSummary> run(std::span<const ScanTask> tasks, const std::stop_token& stop,
                             const IndexOptions& options = {});

    // Safe from any thread.
    [[nodiscard]] IndexProgress progress() const;
    // Pauses all jobs, also before a run, or resumes them. Safe from any thread.
    void pause(bool paused);
    // Safe from any thread.
    [[nodiscard]] bool is_paused() const {
        const std::lock_guard lock(mutex_);
        return paused_;
    }
    // Pauses one job of progress(). "finding" and "indexing" wait; what another job leaves out is done by a
    // later run. False when there is none of that name. Safe from any thread.
    bool pause(std::string_view job, bool paused);
    // Makes the next run try again the photos that this analyzer could not analyse. False when there is no
    // analyzer of that name. Safe from any thread.
    bool retry(std::string_view analyzer) { return queues_.retry(analyzer); }
    // The photos that analyzers could not analyse (AnalysisQueues::failures()). Safe from any thread.
    [[nodiscard]] std::vector<IndexFailure> failed_analyses(std::size_t limit) const {
        return queues_.failures(limit);
    }

  private:
    struct Run;

    [[nodiscard]] bool is_paused(const std::string& job) const;  // alone; requires mutex_
    void wait_while_paused(const std::string& job, const std::stop_token& stop);
    Result<IndexSummary> run_stages(std::span<const ScanTask> tasks, const std::stop_token& stop,
                                    const IndexOptions& options);
    // The stages of a run, each on its own threads; a stage ends after the stage before it.
    void walk_tasks(Run& run);
    void feed_readers(Run& run);
    bool lease(Run& run);
    void lease_rest(Run& run);
    bool visit(Run& run, FolderId folder, const FileFacts& facts);
    Result<std::optional<AnalyzerSet>> needed(Run& run, const FileFacts& facts);
    void leave(const FileToProcess& file);
    Result<> read_analyzed(Run& run);
    Result<bool> has_everything(const Run& run, PhotoNumber photo, const PhotoId& id);
    [[nodiscard]] bool is_same(const FileFacts& known, const FileFacts& now) const;
    void release(Run& run, std::span<const FileOutcome> outcomes);
    void release_all(Run& run);
    std::optional<FileRecord> find_moved(Run& run, const FileFacts& facts, BlockingCalls& calls);
    ProcessingResult read_file(Run& run, const FileToProcess& file, BlockingCalls& calls);
    void read_files(Run& run);
    void settle_files(Run& run, BlockingCalls& calls);
    void hand_on(Run& run, ProcessingResult result, AnalyzerSet expected);
    bool keeps_photo(const FileOutcome& outcome);
    void note_answer(Run& run, FolderId folder, bool answered);
    void analyze(Run& run);
    void write_outcomes(Run& run);
    Result<> write(Run& run, std::vector<FileOutcome>& outcomes);
    void add_failure(Run& run, const FileFacts& file, const std::string& stage, const std::string& reason,
                     bool known);
    Result<> end_scans(Run& run);
    Result<> group_people(const Run& run);
    Result<> find_same_pictures(bool whole, const std::stop_token& stop);

    const IndexParts parts_;
    AnalysisQueues queues_;
    SamePictureFinder same_pictures_;
    ProgressMeter meter_;
    bool vectors_behind_ = false;  // used by run() and its writer only
    mutable std::mutex mutex_;     // guards the members below
    std::condition_variable_any resumed_;
    bool paused_ = false;
    std::set<std::string, std::less<>> paused_jobs_;  // without analyzers
    std::stop_source duplicates_stop_;                // of the running comparison
};

}  // namespace hone
