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

constexpr double kRateWarmUp = 2.0;  // seconds before a remaining time is shown
constexpr std::string_view kDuplicates = "duplicates";
// Decoded photos that wait for their analyzers; enough for two batches of a device.
constexpr std::size_t kDecodedPhotos = 2 * ImageTextModel::kLargestBatch;

}  // namespace

std::vector<ScanTask> whole(std::span<const Folder> folders) {
    std::vector<ScanTask> tasks;
    for (const Folder& folder : folders) tasks.push_back({folder, folder.path, true});
    return tasks;
}

IndexProgress Indexer::progress() const {
    const std::lock_guard lock(mutex_);
    IndexProgress now = progress_;
    const double seconds = stage_watch_.seconds();
    if (now.state != IndexState::kIdle && rated_ > 0 && seconds > 0) {
        now.photos_per_second = static_cast<double>(rated_) / seconds;
        if (now.state == IndexState::kRunning && seconds > kRateWarmUp) {
            now.seconds_left =
                static_cast<double>(now.total - std::min(now.total, now.done)) / now.photos_per_second;
        }
    }
    if (paused_ && now.state != IndexState::kIdle) now.state = IndexState::kPaused;
    now.analyzers = queues_.progress();
    AnalyzerProgress& duplicates = now.analyzers.emplace_back();
    duplicates.name = kDuplicates;
    if (now.stage == kDuplicates) {
        duplicates.state = AnalyzerState::kRunning;
        duplicates.waiting = now.total - std::min(now.total, now.done);
        duplicates.photos_per_second = now.photos_per_second;
        duplicates.parallel = processor_count();
    }
    if (duplicates_paused_) duplicates.state = AnalyzerState::kPaused;
    return now;
}

void Indexer::pause(bool paused) {
    {
        const std::lock_guard lock(mutex_);
        paused_ = paused;
    }
    resumed_.notify_all();
}

bool Indexer::pause(std::string_view analyzer, bool paused) {
    if (analyzer != kDuplicates) return queues_.pause(analyzer, paused);
    const std::lock_guard lock(mutex_);
    duplicates_paused_ = paused;
    if (paused) duplicates_stop_.request_stop();
    return true;
}

void Indexer::wait_while_paused(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    resumed_.wait(lock, stop, [&] { return !paused_; });
}

void Indexer::begin_stage(const std::string& stage, std::uint64_t total) {
    const std::lock_guard lock(mutex_);
    const IndexProgress before = std::move(progress_);
    progress_ = {};
    progress_.state = total > 0 ? IndexState::kRunning : IndexState::kCounting;
    progress_.stage = stage;
    progress_.total = total;
    progress_.failed = before.failed;
    progress_.skipped = before.skipped;
    rated_ = 0;
    stage_watch_ = {};
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
    queues_.begin(std::max<std::size_t>(2 * readers, kDecodedPhotos), options.retry_failed);
    Run run(processor, queues_, catalog.leases(), tasks, stop, options, readers);
    const bool whole_folder = std::ranges::any_of(
        tasks, [](const ScanTask& task) { return task.recursive && task.directory == task.folder.path; });
    if (whole_folder) HONE_CHECK(read_analyzed(run));
    HONE_TRY(run.last_file, catalog.last_file());
    begin_stage("indexing", 0);
    const std::stop_callback give_up(stop, [&] {
        parts_.decoders.interrupt(true);
        queues_.cancel();
    });

    std::jthread walker([&] { run.guard([&] { walk_tasks(run); }); });
    std::vector<std::jthread> workers;
    for (unsigned reader = 0; reader < readers; ++reader)
        workers.emplace_back([&] { run.guard([&] { read_files(run); }); });
    for (unsigned analyst = 0; analyst < readers; ++analyst)
        workers.emplace_back([&] { run.guard([&] { analyze(run); }); });
    run.guard([&] { write_outcomes(run); });
    // A failed run closes its queues, which ends the threads.
    walker.join();
    workers.clear();
    release_all(run);

    const double reading_seconds = watch.seconds();
    if (!run.error && !stop.stop_requested()) {
        auto ended = end_scans(run);
        if (ended && options.same_pictures && options.tracks_missing_files)
            ended = find_same_pictures(whole_folder, stop);
        if (!ended) run.error = ended.error();
    }
    {
        const std::lock_guard lock(mutex_);
        progress_ = {};
        progress_.done = progress_.total = run.summary.files;
        progress_.failed = run.summary.failed;
        progress_.skipped = run.summary.skipped_kinds;
    }
    if (run.error) return std::unexpected(std::move(*run.error));
    IndexSummary summary = std::move(run.summary);
    if (parts_.models.next) {
        const auto queues = queues_.progress();
        const auto next = std::ranges::find(queues, ContentAnalyzer::kNextName, &AnalyzerProgress::name);
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

Result<> Indexer::find_same_pictures(bool whole, const std::stop_token& stop) {
    HONE_TRY(const std::size_t photos,
             same_pictures_.prepare(whole, parts_.library.catalog().leases() != nullptr));
    if (photos == 0) return {};
    std::stop_token paused;
    {
        const std::lock_guard lock(mutex_);
        if (duplicates_paused_) return {};  // they wait for the next run
        duplicates_stop_ = {};
        paused = duplicates_stop_.get_token();
    }
    begin_stage(std::string(kDuplicates), photos);
    std::stop_source either;
    const std::stop_callback ended(stop, [&] { either.request_stop(); });
    const std::stop_callback rested(paused, [&] { either.request_stop(); });
    return same_pictures_.run(either.get_token(), [&](std::size_t done) {
        wait_while_paused(either.get_token());
        const std::lock_guard lock(mutex_);
        progress_.done = rated_ = done;
    });
}

}  // namespace hone
