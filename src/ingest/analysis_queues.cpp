// SPDX-License-Identifier: GPL-3.0-or-later
// Hands photos to analyzers and collects their results.
#include "ingest/analysis_queues.hpp"

#include <algorithm>

#include "base/file.hpp"
#include "base/parallel.hpp"
#include "ingest/store_result.hpp"

namespace hone {

struct AnalysisQueues::Events {
    struct Failure {
        FileFacts file;
        std::string_view analyzer;
        std::string reason;
    };
    std::vector<FileOutcome> done;
    std::vector<Failure> failures;

    void tell(const Sink& sink) {
        for (const Failure& failure : failures) sink.failed(failure.file, failure.analyzer, failure.reason);
        for (FileOutcome& outcome : done) sink.done(std::move(outcome));
    }
};

AnalysisQueues::AnalysisQueues(std::vector<std::shared_ptr<Analyzer>> analyzers) : queues_(analyzers.size()) {
    for (std::size_t at = 0; at < analyzers.size(); ++at) queues_[at].analyzer = std::move(analyzers[at]);
}

bool AnalysisQueues::Queue::has_given_up(const PhotoId& photo) const {
    const auto found = failed.find(photo);
    return found != failed.end() && found->second.attempts >= kAttempts;
}

std::vector<JobProgress> AnalysisQueues::progress() const {
    const std::lock_guard lock(mutex_);
    std::vector<JobProgress> all;
    for (const Queue& queue : queues_) {
        JobProgress& now = all.emplace_back();
        now.name = queue.analyzer->name();
        const bool works = !queue.jobs.empty() || queue.in_work > 0;
        now.state = queue.paused   ? JobState::kPaused
                    : queue.broken ? JobState::kBroken
                    : !works       ? JobState::kIdle
                    : held_        ? JobState::kWaiting
                                   : JobState::kRunning;
        now.done = queue.done;
        now.total = queue.expected;
        now.analyzed = queue.analyzed;
        now.failed = queue.failed.size();
        if (now.failed > 0) now.reason = queue.reason;
        now.parallel = queue.runs ? queue.runs->parallel : 0;
        now.busy = queue.busy;
    }
    return all;
}

std::vector<IndexFailure> AnalysisQueues::failures(std::size_t limit) const {
    const std::lock_guard lock(mutex_);
    std::vector<IndexFailure> list;
    for (const Queue& queue : queues_) {
        for (const auto& [photo, failed] : queue.failed) {
            if (list.size() == limit) return list;
            list.push_back({utf8_path(failed.path), std::string(queue.analyzer->name()), failed.reason});
        }
    }
    return list;
}

AnalysisQueues::Queue* AnalysisQueues::find(std::string_view name) {
    const auto found =
        std::ranges::find(queues_, name, [](const Queue& queue) { return queue.analyzer->name(); });
    return found == queues_.end() ? nullptr : &*found;
}

bool AnalysisQueues::pause(std::string_view name, bool paused) {
    {
        const std::lock_guard lock(mutex_);
        Queue* const queue = find(name);
        if (queue == nullptr) return false;
        queue->paused = paused;
        if (!paused) {
            queue->broken = false;
            queue->failures_in_a_row = 0;
        }
    }
    changed_.notify_all();
    return true;
}

void AnalysisQueues::hold(bool held) {
    {
        const std::lock_guard lock(mutex_);
        held_ = held;
    }
    changed_.notify_all();
}

bool AnalysisQueues::retry(std::string_view name) {
    const std::lock_guard lock(mutex_);
    Queue* const queue = find(name);
    if (queue == nullptr) return false;
    queue->failed.clear();
    queue->broken = false;
    queue->failures_in_a_row = 0;
    return true;
}

std::vector<Analyzer*> AnalysisQueues::wanted(const PhotoId* photo) const {
    const std::lock_guard lock(mutex_);
    std::vector<Analyzer*> list;
    for (const Queue& queue : queues_) {
        if (queue.takes() && (photo == nullptr || !queue.has_given_up(*photo)))
            list.push_back(queue.analyzer.get());
    }
    return list;
}

void AnalysisQueues::set_analyzed(const Analyzer& analyzer, std::vector<bool> photos) {
    const std::lock_guard lock(mutex_);
    if (Queue* const queue = find(analyzer.name())) {
        queue->analyzed = static_cast<std::uint64_t>(std::ranges::count(photos, true));
        queue->has = std::move(photos);
    }
}

AnalyzerSet AnalysisQueues::lacking(std::optional<PhotoNumber> photo) const {
    const std::lock_guard lock(mutex_);
    AnalyzerSet set = 0;
    for (std::size_t at = 0; at < queues_.size(); ++at) {
        const Queue& queue = queues_[at];
        const bool has = photo && *photo < queue.has.size() && queue.has[*photo];
        if (queue.takes() && !has) set |= AnalyzerSet{1} << at;
    }
    return set;
}

void AnalysisQueues::expect(AnalyzerSet analyzers) {
    const std::lock_guard lock(mutex_);
    for (std::size_t at = 0; at < queues_.size(); ++at) queues_[at].expected += (analyzers >> at) & 1U;
}

void AnalysisQueues::stop_expecting(AnalyzerSet analyzers) {
    const std::lock_guard lock(mutex_);
    for (std::size_t at = 0; at < queues_.size(); ++at) queues_[at].expected -= (analyzers >> at) & 1U;
}

void AnalysisQueues::note_stored(PhotoNumber photo, std::span<const AnalyzerKey> done) {
    const std::lock_guard lock(mutex_);
    for (Queue& queue : queues_) {
        const AnalyzerKey key = queue.analyzer->keys().front();
        if (!queue.analyzed || std::ranges::find(done, key) == done.end()) continue;
        if (photo >= queue.has.size())
            queue.has.resize(std::max<std::size_t>(photo + 1, 2 * queue.has.size()));
        if (!queue.has[photo]) ++*queue.analyzed;
        queue.has[photo] = true;
    }
}

void AnalysisQueues::begin(std::size_t room, bool retry_failed) {
    const std::lock_guard lock(mutex_);
    for (Queue& queue : queues_) {
        queue.jobs.clear();
        queue.runs.reset();
        queue.opening = queue.broken = false;
        queue.expected = queue.done = 0;
        queue.busy = 0;
        queue.failures_in_a_row = 0;
        if (retry_failed) queue.failed.clear();
    }
    room_ = std::max<std::size_t>(1, room);
    photos_ = 0;
    closed_ = cancelled_ = false;
}

bool AnalysisQueues::push(FileOutcome outcome, AnalyzerInput decoded, std::span<Analyzer* const> analyzers,
                          AnalyzerSet expected) {
    auto pending = std::make_shared<Pending>(std::move(outcome), std::move(decoded), analyzers.size());
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return cancelled_ || photos_ < room_; });
        if (cancelled_) return false;
        ++photos_;
        ++numbers_;
        for (std::size_t at = 0; at < queues_.size(); ++at) {
            Queue& queue = queues_[at];
            const bool takes = std::ranges::find(analyzers, queue.analyzer.get()) != analyzers.end();
            queue.expected -= (expected >> at) & 1U;
            if (!takes) continue;
            ++queue.expected;
            queue.jobs.push_back({pending, numbers_});
        }
    }
    changed_.notify_all();
    return true;
}

// Returns the queue of the oldest photo that can be worked on. The oldest first: its photo leaves first, and
// makes room.
AnalysisQueues::Queue* AnalysisQueues::next() {
    Queue* best = nullptr;
    if (held_) return best;
    for (Queue& queue : queues_) {
        if (queue.jobs.empty() || queue.opening) continue;
        if (queue.takes() && queue.runs && queue.running >= queue.runs->parallel) continue;
        if (best == nullptr || queue.jobs.front().number < best->jobs.front().number) best = &queue;
    }
    return best;
}

// result: unset when the analyzer did not look at the photo.
void AnalysisQueues::finish(Queue& queue, const Job& job, std::optional<Result<AnalysisResult>> result,
                            Events& events) {
    Pending& pending = *job.photo;
    auto& photo = std::get<FileOutcome::Photo>(pending.outcome.what);
    if (result)
        ++queue.done;
    else
        --queue.expected;
    if (result && *result) {
        queue.failures_in_a_row = 0;
        queue.failed.erase(photo.photo.id);
        store_result(photo, *queue.analyzer, std::move(**result));
    } else if (result) {
        queue.reason = result->error().message;
        Failed& failed = queue.failed[photo.photo.id];
        ++failed.attempts;
        failed.path = pending.outcome.facts.path;
        failed.reason = queue.reason;
        if (++queue.failures_in_a_row >= kMostFailuresInARow) queue.broken = true;
        events.failures.push_back({pending.outcome.facts, queue.analyzer->name(), queue.reason});
    }
    if (--pending.left > 0) return;
    events.done.push_back(std::move(pending.outcome));
    --photos_;
}

std::vector<Result<AnalysisResult>> AnalysisQueues::run(Analyzer& analyzer, std::span<const Job> jobs) {
    std::vector<const AnalyzerInput*> photos;
    for (const Job& job : jobs) photos.push_back(&job.photo->decoded);
    std::vector<Result<AnalysisResult>> results;
    const auto ran = catching("the analysis", [&]() -> Result<> {
        results = analyzer.run(photos);
        if (results.size() == photos.size()) return {};
        return fail("the analyzer gave {} results for {} photos", results.size(), photos.size());
    });
    if (ran) return results;
    results.assign(jobs.size(), std::unexpected(ran.error()));
    return results;
}

Result<> AnalysisQueues::work(const Sink& sink) {
    std::unique_lock lock(mutex_);
    while (true) {
        Queue* queue = nullptr;
        changed_.wait(lock, [&] {
            queue = next();
            return cancelled_ || queue != nullptr || (closed_ && photos_ == 0);
        });
        if (cancelled_ || queue == nullptr) return {};
        Events events;
        if (!queue->takes()) {
            for (const Job& job : std::exchange(queue->jobs, {})) finish(*queue, job, std::nullopt, events);
        } else if (!queue->runs) {
            queue->opening = true;
            lock.unlock();
            Result<AnalyzerRuns> opened = queue->analyzer->open();
            lock.lock();
            queue->opening = false;
            if (!opened) return std::unexpected(std::move(opened.error()));
            queue->runs = {std::max<std::size_t>(1, opened->batch), std::max(1U, opened->parallel)};
        } else {
            std::vector<Job> jobs;
            while (!queue->jobs.empty() && jobs.size() < queue->runs->batch) {
                jobs.push_back(std::move(queue->jobs.front()));
                queue->jobs.pop_front();
            }
            ++queue->running;
            queue->in_work += jobs.size();
            lock.unlock();
            const Stopwatch watch;
            std::vector<Result<AnalysisResult>> results = run(*queue->analyzer, jobs);
            // One photo must not cost the others of its batch their results.
            for (std::size_t at = 0; jobs.size() > 1 && at < jobs.size(); ++at) {
                if (!results[at])
                    results[at] = std::move(run(*queue->analyzer, std::span(&jobs[at], 1)).front());
            }
            lock.lock();
            --queue->running;
            queue->in_work -= jobs.size();
            queue->busy += watch.seconds();
            for (std::size_t at = 0; at < jobs.size(); ++at)
                finish(*queue, jobs[at], std::move(results[at]), events);
        }
        lock.unlock();
        changed_.notify_all();
        events.tell(sink);
        lock.lock();
    }
}

void AnalysisQueues::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    changed_.notify_all();
}

void AnalysisQueues::cancel() {
    {
        const std::lock_guard lock(mutex_);
        cancelled_ = closed_ = true;
        for (Queue& queue : queues_) queue.jobs.clear();
    }
    changed_.notify_all();
}

}  // namespace hone
