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
#include "base/time.hpp"
#include "catalog/files.hpp"

namespace hone {

enum class AnalyzerState {
    kIdle,
    kRunning,
    kPaused,  // by a person
    kBroken,  // it failed for many photos in a row; the next scan tries it again
};

struct AnalyzerProgress {
    std::string name;
    AnalyzerState state = AnalyzerState::kIdle;
    std::size_t waiting = 0;  // photos in its queue or in work
    // Available photos that have its results: those at the start of the last whole scan, and those analysed
    // since. Unset before the first whole scan.
    std::optional<std::uint64_t> analyzed;
    std::size_t failed = 0;        // photos that it could not analyse, since the process began
    std::string reason;            // of the last of them
    double photos_per_second = 0;  // in the current scan
    unsigned parallel = 0;         // concurrent runs; 0: not opened in this scan or the last one
};

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

    explicit AnalysisQueues(std::vector<std::shared_ptr<Analyzer>> analyzers);

    [[nodiscard]] std::vector<AnalyzerProgress> progress() const;
    // Photos in the queue of a paused analyzer leave without its result; a later scan analyses them. False
    // when there is no analyzer of that name.
    bool pause(std::string_view name, bool paused);

    // The analyzers that take photos now; with a photo, those that have not given up on it.
    [[nodiscard]] std::vector<Analyzer*> wanted(const PhotoId* photo = nullptr) const;
    // Bits by photo number: the available photos that an analyzer has done.
    void set_analyzed(const Analyzer& analyzer, std::vector<bool> photos);
    // The photo's results are in the catalogue.
    void note_stored(PhotoNumber photo, std::span<const AnalyzerKey> done);

    // Starts a scan. No thread may be in push() or work(). room: the most photos in work at a time.
    void begin(std::size_t room, bool retry_failed);
    // Hands a photo to these analyzers; at least one. Waits for room. False after cancel().
    bool push(FileOutcome outcome, AnalyzerInput decoded, std::span<Analyzer* const> analyzers);
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
    struct Queue {
        std::shared_ptr<Analyzer> analyzer;
        std::deque<Job> jobs;
        std::optional<AnalyzerRuns> runs;
        bool opening = false, paused = false, broken = false;
        unsigned running = 0;     // runs
        std::size_t in_work = 0;  // photos of these runs
        std::uint64_t done = 0;
        int failures_in_a_row = 0;
        std::string reason;
        Stopwatch watch;                  // since its first photo of the scan
        std::map<PhotoId, int> attempts;  // in vain
        std::vector<bool> has;            // by photo number
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
    bool closed_ = true, cancelled_ = false;
};

}  // namespace hone
