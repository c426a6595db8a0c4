// SPDX-License-Identifier: GPL-3.0-or-later
// One queue per analyzer, worked off by one pool of threads. Each analyzer has its own progress, pause, rate
// and retries. A photo leaves when all its analyzers are done with it, whatever they answered: a failure
// costs one result, never the photo.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "analyze/analyzer.hpp"
#include "catalog/files.hpp"
#include "ingest/progress.hpp"

namespace hone {

// Analyzers by their place in the list, one bit each.
using AnalyzerSet = std::uint32_t;
inline constexpr std::size_t kMostAnalyzers = 32;

// Safe from any thread, except begin().
class AnalysisQueues {
  public:
    // The receiver of photos and failures; called without locks on the threads of work().
    struct Sink {
        std::function<void(FileOutcome)> done;
        std::function<void(const FileFacts& file, std::string_view analyzer, const std::string& reason)>
            failed;
    };
    // Attempts per photo and process; then `retry_failed`, another version of the file, or another process
    // tries again.
    static constexpr int kAttempts = 3;
    // Failures in a row after which an analyzer rests until the next scan.
    static constexpr int kMostFailuresInARow = 16;

    // At most kMostAnalyzers.
    explicit AnalysisQueues(std::vector<std::shared_ptr<Analyzer>> analyzers);

    // One job per analyzer, without rate and time left.
    [[nodiscard]] std::vector<JobProgress> progress() const;
    // The photos that analyzers could not analyse since the process began; stage is the analyzer's name.
    [[nodiscard]] std::vector<IndexFailure> failures(std::size_t limit) const;
    // Photos in the queue of a paused analyzer leave without its result; a later scan analyses them. False
    // when there is no analyzer of that name.
    bool pause(std::string_view name, bool paused);
    // While held, no run begins and no photo leaves its queue.
    void hold(bool held);
    // Forgets the analyzer's failures, so that the next scan tries those photos again. False when there is no
    // analyzer of that name.
    bool retry(std::string_view name);

    // The analyzers that take photos now; with a photo, those that have not given up on it.
    [[nodiscard]] std::vector<Analyzer*> wanted(const PhotoId* photo = nullptr) const;
    // Bits by photo number: the available photos that an analyzer has done.
    void set_analyzed(const Analyzer& analyzer, std::vector<bool> photos);
    // The analyzers that take photos now and lack their result for this one, as far as set_analyzed() and
    // note_stored() told; for a new photo (unset) all that take photos.
    [[nodiscard]] AnalyzerSet lacking(std::optional<PhotoNumber> photo) const;
    // A photo that these analyzers will probably take was found, or is not given to them after all.
    void expect(AnalyzerSet analyzers);
    void stop_expecting(AnalyzerSet analyzers);
    // The photo's results are in the catalogue.
    void note_stored(PhotoNumber photo, std::span<const AnalyzerKey> done);

    // Starts a scan. No thread may be in push() or work(). room: the most photos in work at a time.
    void begin(std::size_t room, bool retry_failed);
    // Hands a photo to these analyzers; at least one. expected: those that expect() counted it for. Waits for
    // room. False after cancel().
    bool push(FileOutcome outcome, AnalyzerInput decoded, std::span<Analyzer* const> analyzers,
              AnalyzerSet expected);
    // Works until no photo is left after close(), or until cancel(). Fails when an analyzer cannot be opened.
    Result<> work(const Sink& sink);
    void close();   // no photo follows
    void cancel();  // drops the photos in work

  private:
    struct Pending {
        FileOutcome outcome;
        AnalyzerInput decoded;
        std::size_t left = 0;  // analyzers that are not done with it
    };
    struct Job {
        std::shared_ptr<Pending> photo;
        std::uint64_t number = 0;  // rises with each photo
    };
    // A photo that could not be analysed.
    struct Failed {
        int attempts = 0;
        fs::path path;
        std::string reason;
    };
    struct Queue {
        std::shared_ptr<Analyzer> analyzer;
        std::deque<Job> jobs;
        std::optional<AnalyzerRuns> runs;
        bool opening = false, paused = false, broken = false;
        unsigned running = 0;                  // runs
        std::size_t in_work = 0;               // photos of these runs
        std::uint64_t expected = 0, done = 0;  // in this scan; a failure is done, too
        double busy = 0;                       // seconds of its runs in this scan
        int failures_in_a_row = 0;
        std::string reason;
        std::map<PhotoId, Failed> failed;
        std::vector<bool> has;  // by photo number
        std::optional<std::uint64_t> analyzed;

        [[nodiscard]] bool takes() const { return !paused && !broken; }
        [[nodiscard]] bool has_given_up(const PhotoId& photo) const;
    };
    // A photo's outcome and the failures of its analyses, for the sink.
    struct Events;

    // These require mutex_.
    Queue* next();
    Queue* find(std::string_view name);
    void finish(Queue& queue, const Job& job, std::optional<Result<AnalysisResult>> result, Events& events);

    static std::vector<Result<AnalysisResult>> run(Analyzer& analyzer, std::span<const Job> jobs);

    mutable std::mutex mutex_;  // guards everything below
    std::condition_variable changed_;
    std::vector<Queue> queues_;  // the number of queues never changes
    std::size_t room_ = 1, photos_ = 0;
    std::uint64_t numbers_ = 0;
    bool closed_ = true, cancelled_ = false, held_ = false;
};

}  // namespace hone
