// SPDX-License-Identifier: GPL-3.0-or-later
// The progress of a scan: one number per job, one share and one time left for all of them. The status, the
// events, the command line and the web client show this one value.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace hone {

// The jobs besides the analyzers, by the names with which a person pauses them.
namespace job {
inline constexpr const char* kFinding = "finding";        // compares the files of folders with the catalogue
inline constexpr const char* kIndexing = "indexing";      // reads new and changed files
inline constexpr const char* kPeople = "people";          // groups faces
inline constexpr const char* kDuplicates = "duplicates";  // finds near duplicates
}  // namespace job

enum class JobState {
    kIdle,     // nothing to do
    kWaiting,  // for another job, or for the end of a pause of all jobs
    kRunning,
    kPaused,  // by a person
    kBroken,  // it failed for many photos in a row; the next scan tries it again
};

struct IndexFailure {
    std::string path, stage, reason;  // path in the form of utf8_path()
};

struct JobProgress {
    std::string name;
    JobState state = JobState::kIdle;
    // Files or photos of the present scan, or of the last one. `done` never falls during a scan. `total` does
    // when a file turns out to need less than expected.
    std::uint64_t done = 0, total = 0;
    // Photos that an analyzer could not analyse, since the process began, and the reason of the last of them.
    std::uint64_t failed = 0;
    std::string reason;
    double per_second = 0;  // in this scan
    std::optional<double> seconds_left;
    // For an analyzer: available photos that have its results, those at the start of the last whole scan and
    // those analysed since. Unset before the first whole scan.
    std::optional<std::uint64_t> analyzed;
    unsigned parallel = 0;  // an analyzer's concurrent runs; 0: not opened in this scan or the last one
    double busy = 0;        // seconds of all its threads together in this scan

    [[nodiscard]] std::uint64_t left() const { return total > done ? total - done : 0; }
};

// kCounting: folders are still being walked, so that no total is known.
enum class IndexState { kIdle, kCounting, kRunning, kPaused };

struct IndexProgress {
    IndexState state = IndexState::kIdle;
    std::uint64_t scan = 0;  // number of the scan in this process; it rises when the jobs start anew
    double share = 0;        // 0..1 of the time that all jobs need; never falls during a scan
    std::uint64_t done = 0, total = 0;  // the sums of the jobs
    std::optional<double> seconds_left;
    std::uint64_t failed = 0;  // files
    std::map<std::string, std::uint64_t> skipped;
    std::vector<JobProgress> jobs;  // in the order of the work

    // Returns an empty job when there is none of that name.
    [[nodiscard]] JobProgress job(std::string_view name) const;
};

// Sets the sums, the share and the times left. cost: seconds of the whole machine per item of each job, in
// the order of the jobs; a negative one is not known yet. Pure function.
void add_up(IndexProgress& progress, const std::vector<double>& cost);

// Seconds without the pauses. Not thread-safe.
class PausableStopwatch {
  public:
    void start() {
        if (running_) return;
        watch_ = {};
        running_ = true;
    }
    void pause() {
        before_ = seconds();
        running_ = false;
    }
    [[nodiscard]] double seconds() const { return before_ + (running_ ? watch_.seconds() : 0); }

  private:
    double before_ = 0;
    bool running_ = false;
    Stopwatch watch_;
};

// Counts what the stages of a scan report. Safe from any thread.
class ProgressMeter {
  public:
    // groups: people are grouped after the photos.
    explicit ProgressMeter(bool groups) : groups_(groups) {}

    // A new scan. to_compare: photos of earlier scans that wait to be compared; unset when the scan compares
    // none.
    void begin(std::optional<std::uint64_t> to_compare);
    void found(bool unchanged);  // one file
    void found_all();
    // Files that were found and are read, skipped, failed, or left to a later scan.
    void indexed(std::uint64_t files, double busy_seconds = 0);
    void set_failures(std::uint64_t failed, const std::map<std::string, std::uint64_t>& skipped);
    void begin_grouping(std::uint64_t photos);
    void begin_comparing(std::uint64_t photos);
    void compared(std::uint64_t photos);
    // complete: no job has anything left.
    void end(bool complete);
    // Stops the clock.
    void pause(bool paused);

    // analyzers: without rate and time left.
    [[nodiscard]] IndexProgress progress(std::vector<JobProgress> analyzers) const;

  private:
    enum class Stage { kIdle, kFinding, kIndexing, kGrouping, kComparing };
    void enter(Stage stage);
    PausableStopwatch* watch_of(Stage stage);

    const bool groups_;
    mutable std::mutex mutex_;  // guards everything below
    Stage stage_ = Stage::kIdle;
    bool paused_ = false, compares_ = false, complete_ = false;
    std::uint64_t scan_ = 0, found_ = 0, to_index_ = 0, indexed_ = 0, to_group_ = 0, to_compare_ = 0,
                  compared_ = 0, failed_ = 0;
    std::map<std::string, std::uint64_t> skipped_;
    double reading_ = 0;  // seconds of all readers
    PausableStopwatch indexing_, grouping_, comparing_;
    double comparison_ = -1;    // seconds per photo in an earlier scan; negative: there was none
    mutable double share_ = 0;  // the largest one shown in this scan
};

}  // namespace hone
