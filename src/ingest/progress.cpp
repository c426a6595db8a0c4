// SPDX-License-Identifier: GPL-3.0-or-later
// Adds up the progress of a scan, and estimates the time left.
#include "ingest/progress.hpp"

#include <algorithm>
#include <atomic>

namespace hone {

namespace {

constexpr double kWarmUp = 2;               // seconds of indexing before a time is shown
constexpr double kGroupingSeconds = 0.001;  // per photo, until it is measured
constexpr std::uint64_t kMeasured = 16;     // comparisons that give a better time than a guess
// A comparison takes about this part of the time that indexing took per photo (bench/time_left.py).
constexpr double kComparisonShare = 0.3;

// Another model needs another Indexer, whose scans continue the numbers.
std::atomic<std::uint64_t> scans_of_process = 0;

}  // namespace

JobProgress IndexProgress::job(std::string_view name) const {
    const auto found = std::ranges::find(jobs, name, &JobProgress::name);
    return found == jobs.end() ? JobProgress{} : *found;
}

void add_up(IndexProgress& progress, const std::vector<double>& cost) {
    double finished = 0, whole = 0;
    bool known = true;
    progress.done = progress.total = 0;
    for (std::size_t at = 0; at < progress.jobs.size(); ++at) {
        JobProgress& job = progress.jobs[at];
        progress.done += std::min(job.done, job.total);
        progress.total += job.total;
        if (cost[at] < 0) {
            known = known && job.left() == 0;
            continue;
        }
        const double left = cost[at] * static_cast<double>(job.left());
        finished += cost[at] * static_cast<double>(job.total) - left;
        whole += cost[at] * static_cast<double>(job.total);
        if (job.left() > 0 && !job.seconds_left) job.seconds_left = left;
    }
    progress.share = known && whole > 0 ? std::clamp(finished / whole, 0.0, 1.0) : 0;
    if (known) progress.seconds_left = whole - finished;
}

void ProgressMeter::begin(std::optional<std::uint64_t> to_compare) {
    const std::lock_guard lock(mutex_);
    scan_ = ++scans_of_process;
    compares_ = to_compare.has_value();
    complete_ = false;
    to_compare_ = to_compare.value_or(0);
    found_ = to_index_ = indexed_ = to_group_ = compared_ = failed_ = 0;
    skipped_.clear();
    reading_ = share_ = 0;
    indexing_ = grouping_ = comparing_ = {};
    enter(Stage::kFinding);
}

PausableStopwatch* ProgressMeter::watch_of(Stage stage) {
    switch (stage) {
        case Stage::kFinding:  // files are read meanwhile
        case Stage::kIndexing:
            return &indexing_;
        case Stage::kGrouping:
            return &grouping_;
        case Stage::kComparing:
            return &comparing_;
        case Stage::kIdle:
            break;
    }
    return nullptr;
}

void ProgressMeter::enter(Stage stage) {
    if (PausableStopwatch* const before = watch_of(stage_)) before->pause();
    stage_ = stage;
    if (PausableStopwatch* const now = watch_of(stage_); now != nullptr && !paused_) now->start();
}

void ProgressMeter::pause(bool paused) {
    const std::lock_guard lock(mutex_);
    paused_ = paused;
    if (PausableStopwatch* const now = watch_of(stage_)) paused ? now->pause() : now->start();
}

void ProgressMeter::found(bool unchanged) {
    const std::lock_guard lock(mutex_);
    ++found_;
    if (!unchanged) ++to_index_;
}

void ProgressMeter::found_all() {
    const std::lock_guard lock(mutex_);
    if (stage_ == Stage::kFinding) enter(Stage::kIndexing);
}

void ProgressMeter::indexed(std::uint64_t files, double busy_seconds) {
    const std::lock_guard lock(mutex_);
    indexed_ += files;
    reading_ += busy_seconds;
}

void ProgressMeter::set_failures(std::uint64_t failed, const std::map<std::string, std::uint64_t>& skipped) {
    const std::lock_guard lock(mutex_);
    failed_ = failed;
    skipped_ = skipped;
}

void ProgressMeter::begin_grouping(std::uint64_t photos) {
    const std::lock_guard lock(mutex_);
    to_group_ = photos;
    enter(Stage::kGrouping);
}

void ProgressMeter::begin_comparing(std::uint64_t photos) {
    const std::lock_guard lock(mutex_);
    to_compare_ = photos;
    enter(Stage::kComparing);
}

void ProgressMeter::compared(std::uint64_t photos) {
    const std::lock_guard lock(mutex_);
    compared_ = std::max(compared_, photos);  // threads may report in another order
}

void ProgressMeter::end(bool complete) {
    const std::lock_guard lock(mutex_);
    enter(Stage::kIdle);
    complete_ = complete;
    if (compared_ >= kMeasured) comparison_ = comparing_.seconds() / static_cast<double>(compared_);
    // Work that a pause left out waits for another scan.
    to_compare_ = compared_;
    if (complete) to_index_ = indexed_;
}

IndexProgress ProgressMeter::progress(std::vector<JobProgress> analyzers) const {
    const std::lock_guard lock(mutex_);
    IndexProgress now;
    now.scan = scan_;
    now.failed = failed_;
    now.skipped = skipped_;
    now.state = stage_ == Stage::kIdle      ? IndexState::kIdle
                : stage_ == Stage::kFinding ? IndexState::kCounting
                                            : IndexState::kRunning;
    const bool indexes = stage_ == Stage::kFinding || stage_ == Stage::kIndexing;
    const auto state = [&](const JobProgress& one, bool running) {
        if (running) return JobState::kRunning;
        return stage_ != Stage::kIdle && one.left() > 0 ? JobState::kWaiting : JobState::kIdle;
    };
    std::vector<double> cost;

    JobProgress& finding = now.jobs.emplace_back();
    finding.name = job::kFinding;
    finding.done = finding.total = found_;
    finding.state = state(finding, stage_ == Stage::kFinding);
    cost.push_back(0);  // it happens beside the rest

    JobProgress& indexing = now.jobs.emplace_back();
    indexing.name = job::kIndexing;
    indexing.done = indexed_;
    indexing.total = std::max(to_index_, indexed_);
    indexing.busy = reading_;
    indexing.state = state(indexing, indexes && indexing.left() > 0);
    std::uint64_t analyzed = 0;
    for (JobProgress& analyzer : analyzers) {
        if (stage_ == Stage::kIdle && complete_) analyzer.total = analyzer.done;
        if (analyzer.state == JobState::kIdle && indexes && analyzer.left() > 0)
            analyzer.state = JobState::kWaiting;
        analyzed = std::max(analyzed, analyzer.total);
        now.jobs.push_back(std::move(analyzer));
    }
    // The threads of readers and analyzers share the processors, so one second of theirs takes less than a
    // second.
    const double seconds = indexing_.seconds();
    double busy = 0, known_cost = 0;
    std::size_t known_costs = 0;
    for (std::size_t at = 1; at < now.jobs.size(); ++at) busy += now.jobs[at].busy;
    for (std::size_t at = 1; at < now.jobs.size(); ++at) {
        JobProgress& job = now.jobs[at];
        cost.push_back(-1);
        if (job.done == 0 || busy <= 0) continue;
        cost[at] = job.busy / static_cast<double>(job.done) * seconds / busy;
        known_cost += cost[at];
        ++known_costs;
        job.per_second = static_cast<double>(job.done) / seconds;
        if (job.left() > 0 && seconds > kWarmUp)
            job.seconds_left = static_cast<double>(job.left()) / job.per_second;
    }
    // An analyzer that opens its network at this moment costs what the others do.
    for (std::size_t at = 1; at < now.jobs.size(); ++at) {
        if (cost[at] < 0 && known_costs > 0) cost[at] = known_cost / static_cast<double>(known_costs);
    }

    if (groups_) {
        JobProgress& people = now.jobs.emplace_back();
        people.name = job::kPeople;
        const bool before = indexes, after = stage_ == Stage::kComparing || stage_ == Stage::kIdle;
        people.total = before ? analyzed : to_group_;
        people.done = after ? people.total : 0;
        people.state = state(people, stage_ == Stage::kGrouping);
        cost.push_back(after && people.total > 0 ? grouping_.seconds() / static_cast<double>(people.total)
                                                 : kGroupingSeconds);
    }
    JobProgress& duplicates = now.jobs.emplace_back();
    duplicates.name = job::kDuplicates;
    if (compares_) {
        duplicates.done = compared_;
        const bool before = indexes || stage_ == Stage::kGrouping;
        duplicates.total = std::max(compared_, to_compare_ + (before ? analyzed : 0));
        duplicates.state = state(duplicates, stage_ == Stage::kComparing);
    }
    const double comparing = comparing_.seconds();
    if (compared_ > 0 && comparing > 0) duplicates.per_second = static_cast<double>(compared_) / comparing;
    if (compared_ >= kMeasured)
        cost.push_back(comparing / static_cast<double>(compared_));
    else if (comparison_ >= 0)
        cost.push_back(comparison_);
    else
        cost.push_back(indexed_ > 0 ? kComparisonShare * seconds / static_cast<double>(indexed_) : -1);

    add_up(now, cost);
    if (now.state == IndexState::kIdle) {
        now.seconds_left.reset();
        if (complete_) now.share = 1;
    }
    if (now.state == IndexState::kCounting) now.share = 0;
    const bool warm = stage_ == Stage::kGrouping || stage_ == Stage::kComparing || seconds > kWarmUp;
    if (now.state == IndexState::kCounting || paused_ || !warm) {
        now.seconds_left.reset();
        for (JobProgress& job : now.jobs) job.seconds_left.reset();
    }
    share_ = now.share = std::max(share_, now.share);
    return now;
}

}  // namespace hone
