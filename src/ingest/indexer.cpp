// SPDX-License-Identifier: GPL-3.0-or-later
// An index run: its threads, progress and pauses.
#include "ingest/indexer.hpp"

#include <algorithm>

#include "analyze/content.hpp"
#include "base/config.hpp"
#include "base/log.hpp"
#include "ingest/stages/run.hpp"

namespace hone {

namespace {

// Decoded photos that wait for their analyzers; enough for two batches of a device.
constexpr std::size_t kDecodedPhotos = 2 * ImageTextModel::kLargestBatch;

}  // namespace

std::vector<ScanTask> whole(std::span<const Folder> folders) {
    std::vector<ScanTask> tasks;
    for (const Folder& folder : folders) tasks.push_back({folder, folder.path, true});
    return tasks;
}

IndexProgress Indexer::progress() const {
    const std::lock_guard lock(mutex_);  // both of one scan
    IndexProgress now = meter_.progress(queues_.progress());
    for (JobProgress& one : now.jobs) {
        if (is_paused(one.name))
            one.state = JobState::kPaused;
        else if (paused_ && one.state == JobState::kRunning)
            one.state = JobState::kWaiting;
    }
    if (paused_) now.state = IndexState::kPaused;
    return now;
}

bool Indexer::is_paused(const std::string& job) const {
    return paused_jobs_.contains(job);
}

void Indexer::pause(bool paused) {
    {
        const std::lock_guard lock(mutex_);
        paused_ = paused;
        queues_.hold(paused);
        meter_.pause(paused_ || is_paused(job::kIndexing));
    }
    resumed_.notify_all();
}

bool Indexer::pause(std::string_view name, bool paused) {
    const bool one_of_these = name == job::kFinding || name == job::kIndexing || name == job::kDuplicates ||
                              (name == job::kPeople && parts_.group_people);
    if (!one_of_these) return queues_.pause(name, paused);
    {
        const std::lock_guard lock(mutex_);
        if (paused)
            paused_jobs_.emplace(name);
        else
            paused_jobs_.erase(std::string(name));
        if (name == job::kDuplicates && paused) duplicates_stop_.request_stop();
        meter_.pause(paused_ || is_paused(job::kIndexing));
    }
    resumed_.notify_all();
    return true;
}

void Indexer::wait_while_paused(const std::string& job, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    resumed_.wait(lock, stop, [&] { return !paused_ && !is_paused(job); });
}

void Indexer::add_failure(Run& run, const FileFacts& file, const std::string& stage,
                          const std::string& reason, bool known) {
    IndexFailure failure{utf8_path(file.path), stage, reason};
    if (!known) parts_.observer.on_failure(failure);
    const std::lock_guard lock(run.mutex);
    ++run.summary.failed;
    if (run.summary.failures.size() < IndexSummary::kListedFailures)
        run.summary.failures.push_back(std::move(failure));
}

// Another machine may number the same files differently, so shared catalogues ignore the inode.
bool Indexer::is_same(const FileFacts& known, const FileFacts& now) const {
    return known.size == now.size && known.modified_ns == now.modified_ns &&
           (known.inode == now.inode || parts_.library.catalog().leases() != nullptr);
}

// Reads which photos have the results of which analyzer, and of all wanted ones.
Result<> Indexer::read_analyzed(Run& run) {
    const std::vector<Analyzer*> wanted = queues_.wanted();
    run.wanted = wanted.size();
    HONE_TRY(const auto snapshot, parts_.library.snapshot());
    std::optional<std::vector<bool>> complete;
    for (const auto& analyzer : parts_.analyzers) {
        HONE_TRY(std::vector<bool> done, parts_.library.catalog().analyzed(analyzer->keys()));
        if (std::ranges::find(wanted, analyzer.get()) != wanted.end()) {
            if (!complete) complete = done;
            complete->resize(std::min(complete->size(), done.size()));
            for (std::size_t photo = 0; photo < complete->size(); ++photo)
                (*complete)[photo] = (*complete)[photo] && done[photo];
        }
        for (std::size_t photo = 0; photo < done.size(); ++photo)
            done[photo] = done[photo] && snapshot->is_available(photo);
        queues_.set_analyzed(*analyzer, std::move(done));
    }
    run.complete = std::move(complete).value_or(std::vector<bool>());
    return {};
}

Result<IndexSummary> Indexer::run(std::span<const ScanTask> tasks, const std::stop_token& stop,
                                  const IndexOptions& options) {
    auto summary = run_stages(tasks, stop, options);
    meter_.end(summary && !stop.stop_requested());
    return summary;
}

Result<IndexSummary> Indexer::run_stages(std::span<const ScanTask> tasks, const std::stop_token& stop,
                                         const IndexOptions& options) {
    const Stopwatch watch;
    Catalog& catalog = parts_.library.catalog();
    // Rows that an earlier run committed but could not write to a vector file (a full disk) are added now.
    if (vectors_behind_) {
        for (const OpenSpace& space : parts_.spaces)
            HONE_CHECK(parts_.library.sync_content(space.key, *space.rows));
        HONE_CHECK(parts_.library.sync_styles());
        vectors_behind_ = false;
    }
    HONE_TRY(const auto styles, parts_.library.styles());
    (void)styles;
    const FileProcessor processor(catalog, parts_.decoders, parts_.thumbnails, queues_, options.svg,
                                  options.paths);
    const unsigned readers = processor_count();
    const bool whole_folder = std::ranges::any_of(
        tasks, [](const ScanTask& task) { return task.recursive && task.directory == task.folder.path; });
    {
        const std::lock_guard lock(mutex_);
        std::optional<std::uint64_t> to_compare;
        if (options.same_pictures && options.tracks_missing_files && !is_paused(job::kDuplicates))
            to_compare = whole_folder ? same_pictures_.waiting() : 0;
        queues_.begin(std::max<std::size_t>(2 * readers, kDecodedPhotos), options.retry_failed);
        meter_.begin(to_compare);
    }
    Run run(processor, queues_, catalog.leases(), tasks, stop, options, readers,
            parts_.library.vectors_directory());
    if (whole_folder) HONE_CHECK(read_analyzed(run));
    HONE_TRY(run.last_file, catalog.last_file());
    const std::stop_callback give_up(stop, [&] {
        parts_.decoders.interrupt(true);
        queues_.cancel();
    });

    std::jthread walker([&] { run.guard([&] { walk_tasks(run); }); });
    std::jthread feeder([&] { run.guard([&] { feed_readers(run); }); });
    std::vector<std::jthread> workers;
    for (unsigned reader = 0; reader < readers; ++reader)
        workers.emplace_back([&] { run.guard([&] { read_files(run); }); });
    for (unsigned analyst = 0; analyst < readers; ++analyst)
        workers.emplace_back([&] { run.guard([&] { analyze(run); }); });
    run.guard([&] { write_outcomes(run); });
    // A failed run closes its queues, which ends the threads.
    walker.join();
    feeder.join();
    workers.clear();
    release_all(run);

    const double reading_seconds = watch.seconds();
    if (!run.error && !stop.stop_requested()) {
        auto ended = end_scans(run);
        if (ended) ended = group_people(run);
        if (ended && options.same_pictures && options.tracks_missing_files)
            ended = find_same_pictures(whole_folder, stop);
        if (!ended) run.error = ended.error();
    }
    meter_.set_failures(run.summary.failed, run.summary.skipped_kinds);
    if (run.error) return std::unexpected(std::move(*run.error));
    IndexSummary summary = std::move(run.summary);
    if (parts_.models.next) {
        const auto queues = queues_.progress();
        const auto next = std::ranges::find(queues, ContentAnalyzer::kNextName, &JobProgress::name);
        HONE_TRY(summary.switched_model,
                 complete_choice(parts_.library, parts_.models, *parts_.spaces[0].rows,
                                 *parts_.spaces[1].rows, next == queues.end() ? 0 : next->failed));
    }
    // Without a vector (every drive is away), nothing can be searched with it yet.
    if (parts_.models.in_use && !summary.switched_model && parts_.spaces.front().rows->view().size() > 0)
        HONE_CHECK(note_model_in_use(parts_.library, *parts_.models.in_use));
    HONE_TRY(summary.moved, catalog.moved_since(run.last_file));
    HONE_TRY(const auto snapshot, parts_.library.snapshot());
    summary.photos = snapshot->counts().photos;
    summary.seconds = watch.seconds();
    if (reading_seconds > 0) summary.photos_per_second = static_cast<double>(summary.read) / reading_seconds;
    return summary;
}

Result<> Indexer::group_people(const Run& run) {
    if (!parts_.group_people) return {};
    {
        const std::lock_guard lock(mutex_);
        if (is_paused(job::kPeople)) return {};  // the next run groups what this one found
    }
    wait_while_paused(job::kPeople, run.stop);
    meter_.begin_grouping(run.summary.read);
    return parts_.group_people();
}

Result<> Indexer::find_same_pictures(bool whole, const std::stop_token& stop) {
    HONE_TRY(const std::size_t photos,
             same_pictures_.prepare(whole, parts_.library.catalog().leases() != nullptr));
    if (photos == 0) return {};
    std::stop_token paused;
    {
        const std::lock_guard lock(mutex_);
        if (is_paused(job::kDuplicates)) return {};  // they wait for the next run
        duplicates_stop_ = {};
        paused = duplicates_stop_.get_token();
    }
    meter_.begin_comparing(photos);
    std::stop_source either;
    const std::stop_callback ended(stop, [&] { either.request_stop(); });
    const std::stop_callback rested(paused, [&] { either.request_stop(); });
    return same_pictures_.run(either.get_token(), [&](std::size_t done) {
        wait_while_paused(job::kDuplicates, either.get_token());
        meter_.compared(done);
    });
}

}  // namespace hone
