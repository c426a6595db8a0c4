// SPDX-License-Identifier: GPL-3.0-or-later
// The stages of an index run and the queues between them.
#include "ingest/indexer.hpp"

#include <algorithm>
#include <chrono>

#include "base/bounded_queue.hpp"
#include "base/config.hpp"
#include "base/log.hpp"
#include "base/parallel.hpp"
#include "base/sha256.hpp"
#include "catalog/leases.hpp"
#include "ingest/forget.hpp"
#include "ingest/same_picture_finder.hpp"

namespace hone {

namespace {

// Files per transaction; a transaction also commits after kCommitTime.
constexpr std::size_t kCommitFiles = 64;
constexpr auto kCommitTime = std::chrono::milliseconds(500);
constexpr std::size_t kQueuedFiles = 256;  // names and file states only
constexpr double kRateWarmUp = 2.0;        // seconds before a remaining time is shown
// A file that is being written is retried until it has not changed for this long, a limited number of times.
constexpr auto kRest = std::chrono::milliseconds(1000);
constexpr int kMostRests = 30;
// For shared work: files leased at once, and the pause before other processes' files are tried again.
constexpr std::size_t kLeasedFiles = 16;
constexpr auto kLeasePause = std::chrono::milliseconds(500);

constexpr std::string_view kDuplicates = "duplicates";
// Decoded photos that wait for their analyzers; enough for two batches of a device.
constexpr std::size_t kDecodedPhotos = 2 * ImageTextModel::kLargestBatch;

std::string lease_of(const FileFacts& facts) {
    return "file " + to_hex(sha256(facts.path.native()));
}

}  // namespace

std::vector<ScanTask> whole(std::span<const Folder> folders) {
    std::vector<ScanTask> tasks;
    for (const Folder& folder : folders) tasks.push_back({folder, folder.path, true});
    return tasks;
}

// The state shared by the threads of one run.
struct Indexer::Run {
    Run(const FileProcessor& reader, AnalysisQueues& analysis, Leases* shared, std::span<const ScanTask> all,
        const std::stop_token& token, const IndexOptions& wishes, unsigned decoders)
        : processor(reader),
          queues(analysis),
          leases(shared),
          tasks(all),
          stop(token),
          options(wishes),
          work(leases != nullptr ? kLeasedFiles : kQueuedFiles),
          done(kQueuedFiles),
          decoders_left(decoders),
          analysts_left(decoders) {}

    const FileProcessor& processor;
    AnalysisQueues& queues;
    Leases* const leases;  // null: no other process works on these files
    const std::span<const ScanTask> tasks;
    const std::stop_token stop;
    const IndexOptions options;
    BoundedQueue<FileToProcess> work;
    BoundedQueue<FileOutcome> done;
    std::atomic<unsigned> decoders_left, analysts_left;
    // Photos with all analyses at the start of the run. Read for whole folders only: for a few files, a
    // question per file costs less than reading the library.
    std::optional<std::vector<bool>> complete;
    std::size_t wanted = 0;  // analyzers that counted for it
    FileId last_file = 0;    // at the start of the run
    struct WalkedPart {
        FolderId folder;
        ScannedPart part;
    };
    // Used only by the walker until it ends:
    std::vector<WalkedPart> parts;                        // completely walked
    std::vector<FileToProcess> unleased, in_other_hands;  // files to index, in order

    std::mutex mutex;  // guards the members below
    IndexSummary summary;
    std::vector<bool> seen;  // by file record
    std::vector<FileToProcess> unsettled;
    std::multimap<fs::path, std::string> leased;  // leases held for a file until its outcome is committed
    std::map<FolderId, int> timeouts;             // files in a row that did not answer
    std::optional<Error> error;

    void fail_run(Error reason) {
        {
            const std::lock_guard lock(mutex);
            if (!error) error = std::move(reason);
        }
        work.close();
        queues.cancel();
        done.close();
    }
    // An exception in a thread ends the run, not the process.
    template <typename Stage>
    void guard(const Stage& stage) {
        const auto ended = catching("the scan", [&]() -> Result<> {
            stage();
            return {};
        });
        if (!ended) fail_run(ended.error());
    }
    void see(FileId file) {
        const auto index = static_cast<std::size_t>(file);
        if (index >= seen.size()) seen.resize(std::max(index + 1, seen.size() * 2));
        seen[index] = true;
    }
    // True when the folder's drive stopped answering during the run. Requires mutex.
    [[nodiscard]] bool is_away(FolderId folder) const {
        const auto found = timeouts.find(folder);
        return found != timeouts.end() && found->second >= kMostTimeouts;
    }
    void skip(const std::string& kind) {
        ++summary.skipped;
        ++summary.skipped_kinds[kind];
    }
};

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

// Returns true when the catalogue has all analyses of an unchanged file.
Result<bool> Indexer::is_unchanged(Run& run, const FileFacts& facts) {
    Catalog& catalog = parts_.library.catalog();
    HONE_TRY(const std::optional<FileRecord> file, catalog.find_file(facts.path));
    if (!file) return false;
    {
        const std::lock_guard lock(run.mutex);
        run.see(file->id);
    }
    if (!is_same(file->facts, facts) || file->facts.sidecar != facts.sidecar) return false;
    switch (file->state) {
        case FileState::kFailed:
            // Only damage is a property of the file: permissions, disks and devices can recover while the
            // file stays the same.
            if (file->stage != "decode" || run.options.retry_failed) return false;
            add_failure(run, facts, file->stage, file->reason, true);
            return true;
        case FileState::kSkipped: {
            if (run.options.svg && file->reason == "svg drawing") return false;
            const std::lock_guard lock(run.mutex);
            run.skip(file->reason);
            return true;
        }
        case FileState::kMissing:
            HONE_CHECK(catalog.mark_available(file->id));
            [[fallthrough]];
        case FileState::kPhoto:
            break;
    }
    HONE_TRY(bool known, has_everything(run, *file->photo, *file->photo_id));
    // Other processes make thumbnails only for themselves; a missing one is made when it is requested.
    known = known && (run.leases != nullptr || parts_.thumbnails.has_all(*file->photo_id));
    if (known) {
        const std::lock_guard lock(run.mutex);
        ++run.summary.unchanged;
    }
    return known;
}

// Another machine may number the same files differently, so shared catalogues ignore the inode.
bool Indexer::is_same(const FileFacts& known, const FileFacts& now) const {
    return known.size == now.size && known.modified_ns == now.modified_ns &&
           (known.inode == now.inode || parts_.library.catalog().leases() != nullptr);
}

// Reads which photos have the results of which analyzer. Returns the bits of those with all wanted ones, by
// photo number.
Result<std::vector<bool>> Indexer::read_analyzed() {
    const std::vector<Analyzer*> wanted = queues_.wanted();
    std::optional<std::vector<bool>> complete;
    for (const auto& analyzer : parts_.analyzers) {
        HONE_TRY(std::vector<bool> done, parts_.library.catalog().analyzed(analyzer->keys()));
        if (std::ranges::find(wanted, analyzer.get()) != wanted.end()) {
            if (!complete) complete = done;
            complete->resize(std::min(complete->size(), done.size()));
            for (std::size_t photo = 0; photo < complete->size(); ++photo)
                (*complete)[photo] = (*complete)[photo] && done[photo];
        }
        queues_.set_analyzed(*analyzer, std::move(done));
    }
    return complete.value_or(std::vector<bool>());
}

Result<bool> Indexer::has_everything(const Run& run, PhotoNumber photo, const PhotoId& id) {
    if (run.complete && photo < run.complete->size() && (*run.complete)[photo]) return true;
    const std::vector<Analyzer*> wanted = queues_.wanted(id);
    // Another process may have completed it since the run began. An analyzer that has given up on the photo,
    // or is paused since, does not count.
    if (run.complete && run.leases == nullptr && wanted.size() == run.wanted) return false;
    HONE_TRY(const std::vector<Analysis> done, parts_.library.catalog().analyses(photo));
    return std::ranges::all_of(wanted, [&](const Analyzer* analyzer) { return is_done(done, *analyzer); });
}

// Leases as many of the unleased files as possible and queues them for reading. Returns false to end the
// walk.
bool Indexer::lease(Run& run) {
    const std::vector<FileToProcess> files = std::exchange(run.unleased, {});
    if (files.empty()) return true;
    std::vector<std::string> keys;
    for (const FileToProcess& file : files) keys.push_back(lease_of(file.facts));
    const auto granted = run.leases->take(keys);
    if (!granted) {
        run.fail_run(granted.error());
        return false;
    }
    for (std::size_t at = 0; at < files.size(); ++at) {
        if (!(*granted)[at]) {
            run.in_other_hands.push_back(files[at]);
            continue;
        }
        {
            const std::lock_guard lock(run.mutex);
            run.leased.emplace(files[at].facts.path, keys[at]);
        }
        // A former holder may have read it.
        const auto unchanged = is_unchanged(run, files[at].facts);
        if (!unchanged) {
            run.fail_run(unchanged.error());
            return false;
        }
        if (*unchanged) {
            FileOutcome nothing;
            nothing.facts = files[at].facts;
            release(run, std::span(&nothing, 1));
            const std::lock_guard lock(mutex_);
            ++progress_.done;
        } else if (!run.work.push(files[at])) {
            return false;
        }
    }
    return !run.stop.stop_requested();
}

// Waits for files in the hands of other processes, and takes over those that are released.
void Indexer::lease_rest(Run& run) {
    if (!lease(run)) return;
    while (!run.in_other_hands.empty()) {
        sleep_for(kLeasePause, run.stop);
        if (run.stop.stop_requested()) return;
        for (FileToProcess& file : std::exchange(run.in_other_hands, {})) {
            const auto unchanged = is_unchanged(run, file.facts);
            if (!unchanged) return run.fail_run(unchanged.error());
            if (*unchanged) {
                const std::lock_guard lock(mutex_);
                ++progress_.done;
                continue;
            }
            run.unleased.push_back(std::move(file));
            if (run.unleased.size() >= kLeasedFiles && !lease(run)) return;
        }
        if (!lease(run)) return;
    }
}

void Indexer::release(Run& run, std::span<const FileOutcome> outcomes) {
    if (run.leases == nullptr) return;
    std::vector<std::string> keys;
    {
        const std::lock_guard lock(run.mutex);
        for (const FileOutcome& outcome : outcomes) {
            const auto [first, last] = run.leased.equal_range(outcome.facts.path);
            for (auto lease = first; lease != last; ++lease) keys.push_back(std::move(lease->second));
            run.leased.erase(first, last);
        }
    }
    run.leases->release(keys);
}

void Indexer::release_all(Run& run) {
    if (run.leases == nullptr) return;
    std::vector<std::string> keys;
    for (const auto& [path, key] : run.leased) keys.push_back(key);
    run.leases->release(keys);
}

bool Indexer::visit(Run& run, FolderId folder, const FileFacts& facts) {
    wait_while_paused(run.stop);
    const auto unchanged = is_unchanged(run, facts);
    if (!unchanged) {
        run.fail_run(unchanged.error());
        return false;
    }
    {
        const std::lock_guard lock(run.mutex);
        if (run.is_away(folder)) return false;
        ++run.summary.files;
    }
    {
        const std::lock_guard lock(mutex_);
        ++progress_.total;
        if (*unchanged) ++progress_.done;
    }
    if (!*unchanged) {
        if (run.leases == nullptr) {
            if (!run.work.push({folder, facts})) return false;
        } else {
            run.unleased.push_back({folder, facts});
            if (run.unleased.size() >= kLeasedFiles && !lease(run)) return false;
        }
    }
    return !run.stop.stop_requested();
}

void Indexer::walk_tasks(Run& run) {
    Catalog& catalog = parts_.library.catalog();
    const std::chrono::milliseconds patience = run.options.patience;
    FolderId folder = 0;
    std::uint64_t found = 0;
    std::vector<fs::path> unread;
    const PathMap& paths = run.options.paths;
    Walker walker({[&](const FileFacts& here) {
                       ++found;
                       FileFacts facts = here;
                       facts.path = paths.there(here.path);
                       return visit(run, folder, facts);
                   },
                   [&](const fs::path& path, const std::string& reason) {
                       if (run.stop.stop_requested()) return;
                       unread.push_back(paths.there(path));
                       add_failure(run, {path, 0, 0, 0, 0}, "walk", reason, false);
                   },
                   [&](const fs::path& root) {
                       for (const ScanTask& task : run.tasks)
                           if (paths.here(task.folder.path) == root) folder = task.folder.id;
                   }},
                  patience, run.stop);
    BlockingCalls calls(patience, run.stop);
    const auto is_there = [&](const fs::path& path) {
        const auto checked = std::make_shared<bool>(false);
        return calls.run([=](Heartbeat&) { *checked = check_folder(path).has_value(); }) && *checked;
    };
    for (const ScanTask& task : run.tasks) {
        folder = task.folder.id;
        found = 0;
        const bool is_root = task.directory == task.folder.path;
        const auto before = catalog.photos_below(task.directory);
        const auto walked =
            walker.walk(paths.here(task.folder.path), paths.here(task.directory), task.recursive);
        if (run.stop.stop_requested()) break;
        // An empty folder that had photos is an unmounted disk: draw no conclusions from it.
        const bool emptied =
            walked && *walked == Walker::Outcome::kWalked && found == 0 && (!before || *before > 0);
        const bool away = is_root && (!walked || emptied);
        if (away) {
            add_failure(run, {task.folder.path, 0, 0, 0, 0}, "walk",
                        walked ? "the folder is empty but had photos before: is its disk mounted?"
                               : walked.error().message,
                        false);
        }
        if (is_root && task.recursive && run.options.tracks_missing_files) {
            if (const auto marked = catalog.set_reachable(folder, !away); !marked)
                run.fail_run(marked.error());
        }
        // A removed subfolder takes its files with it, as long as the root exists.
        const bool gone = !is_root && !walked && walked.error().kind != ErrorKind::kUnavailable &&
                          is_there(paths.here(task.folder.path));
        if ((walked && !emptied) || gone || (emptied && !is_root))
            run.parts.push_back({folder, {task.directory, task.recursive, {}}});
    }
    walker.walk_links();
    for (Run::WalkedPart& walked : run.parts) walked.part.unread = unread;
    {
        const std::lock_guard lock(mutex_);
        progress_.state = IndexState::kRunning;
    }
    if (run.leases != nullptr) lease_rest(run);
    run.work.close();
}

// Passes a result to its next stage.
void Indexer::hand_on(Run& run, ProcessingResult result) {
    if (run.stop.stop_requested()) return;  // the result may be incomplete after a cancellation
    if (result.fatal) return run.fail_run(*result.fatal);
    if (!result.lease.empty()) {
        const std::lock_guard lock(run.mutex);
        run.leased.emplace(result.outcome.facts.path, std::move(result.lease));
    }
    note_answer(run, result.outcome.folder, !result.unresponsive);
    if (!result.analyzers.empty()) {
        run.queues.push(std::move(result.outcome), std::move(result.decoded), result.analyzers);
    } else if (keeps_photo(result.outcome)) {
        const auto& failed = std::get<FileOutcome::Failed>(result.outcome.what);
        add_failure(run, result.outcome.facts, failed.stage, failed.reason, false);
        release(run, std::span(&result.outcome, 1));
        const std::lock_guard lock(mutex_);
        ++progress_.done;
    } else {
        run.done.push(std::move(result.outcome));
    }
}

// A known photo stays known when its unchanged file cannot be read for the moment.
bool Indexer::keeps_photo(const FileOutcome& outcome) {
    const auto* failed = std::get_if<FileOutcome::Failed>(&outcome.what);
    if (failed == nullptr || failed->stage != "read") return false;
    const auto file = parts_.library.catalog().find_file(outcome.facts.path);
    if (!file) return true;  // the catalogue does not say that the photo is not known
    return *file && (*file)->state == FileState::kPhoto && is_same((*file)->facts, outcome.facts);
}

// A folder without answers is unreachable: leave the rest of it to the next scan.
void Indexer::note_answer(Run& run, FolderId folder, bool answered) {
    {
        const std::lock_guard lock(run.mutex);
        if (run.is_away(folder)) return;
        int& timeouts = run.timeouts[folder];
        timeouts = answered ? 0 : timeouts + 1;
        if (!run.is_away(folder)) return;
    }
    const auto task = std::ranges::find(run.tasks, folder, [](const ScanTask& of) { return of.folder.id; });
    if (task != run.tasks.end())
        add_failure(run, {task->folder.path, 0, 0, 0, 0}, "read",
                    "it stopped answering: is its network drive gone?", false);
}

// Returns the former record of a renamed file. A path whose drive does not answer is not known to be empty.
std::optional<FileRecord> Indexer::find_moved(Run& run, const FileFacts& facts, BlockingCalls& calls) {
    if (!run.options.tracks_missing_files) return std::nullopt;
    auto candidates = parts_.library.catalog().find_moved(facts);
    if (!candidates) return std::nullopt;
    for (FileRecord& candidate : *candidates) {
        const auto is_gone = std::make_shared<bool>(false);
        const bool answered =
            calls.run([is_gone, path = run.options.paths.here(candidate.facts.path)](Heartbeat&) {
                std::error_code error;
                *is_gone = fs::symlink_status(path, error).type() == fs::file_type::not_found;
            });
        if (answered && *is_gone) return std::move(candidate);
    }
    return std::nullopt;
}

void Indexer::read_files(Run& run) {
    BlockingCalls calls(run.options.patience, run.stop);
    while (auto file = run.work.pop()) {
        // Take and drop the remaining files, because the walker may wait for queue space.
        if (run.stop.stop_requested()) continue;
        {
            const std::lock_guard lock(run.mutex);
            if (run.is_away(file->folder)) continue;
        }
        if (const auto before = find_moved(run, file->facts, calls)) {
            if (auto same = run.processor.recognize(*file, *before)) {
                run.done.push(std::move(*same));
                continue;
            }
            file->moved_from = before->facts.path;
        }
        ProcessingResult result = run.processor.read(*file, calls);
        if ((result.unsettled || result.elsewhere) && !result.fatal) {
            // Release the file's lease: two processes that wait for each other's files would wait for ever.
            // The lease of its contents ensures that only one analyses it.
            release(run, std::span(&result.outcome, 1));
            const std::lock_guard lock(run.mutex);
            run.unsettled.push_back(std::move(*file));
        } else {
            hand_on(run, std::move(result));
        }
    }
    if (--run.decoders_left > 0) return;
    settle_files(run, calls);
    run.queues.close();
}

// Retries files that changed while they were read, are damaged and very young, or are in the hands of another
// process. One thread suffices, because they are few.
void Indexer::settle_files(Run& run, BlockingCalls& calls) {
    std::vector<FileToProcess> files;
    {
        const std::lock_guard lock(run.mutex);
        files.swap(run.unsettled);
    }
    for (int rest = 0; !files.empty() && !run.stop.stop_requested(); ++rest) {
        sleep_for(kRest, run.stop);
        std::vector<FileToProcess> again;
        for (FileToProcess& file : files) {
            const auto now = std::make_shared<Result<FileFacts>>();
            const bool answered = calls.run([now, path = run.options.paths.here(file.facts.path)](
                                                Heartbeat&) { *now = file_facts(path); });
            // The file or its drive is gone; the next scan finds out.
            if (!answered || !*now) continue;
            (*now)->sidecar = file.facts.sidecar;
            (*now)->path = file.facts.path;
            const bool rested =
                (*now)->size == file.facts.size && (*now)->modified_ns == file.facts.modified_ns;
            file.facts = **now;
            if (!rested && rest < kMostRests) {
                again.push_back(std::move(file));
                continue;
            }
            ProcessingResult result = run.processor.read(file, calls);
            if (result.elsewhere && !result.fatal)
                again.push_back(std::move(file));
            else
                hand_on(run, std::move(result));
        }
        files.swap(again);
    }
}

void Indexer::analyze(Run& run) {
    const AnalysisQueues::Sink sink{
        [&](FileOutcome outcome) { run.done.push(std::move(outcome)); },
        [&](const FileFacts& file, std::string_view analyzer, const std::string& reason) {
            log::warning("{} ({}): {}", printable(file.path), analyzer, reason);
            const std::lock_guard lock(run.mutex);
            ++run.summary.failed_analyses;
        }};
    if (const auto worked = run.queues.work(sink); !worked) return run.fail_run(worked.error());
    if (--run.analysts_left == 0) run.done.close();
}

Result<> Indexer::write(Run& run, std::vector<FileOutcome>& outcomes) {
    HONE_TRY(const std::vector<CommittedFile> committed, parts_.library.catalog().commit(outcomes));
    std::vector<PhotoNumber> photos;
    for (std::size_t at = 0; at < outcomes.size(); ++at) {
        const FileOutcome& outcome = outcomes[at];
        if (const auto* failed = std::get_if<FileOutcome::Failed>(&outcome.what))
            add_failure(run, outcome.facts, failed->stage, failed->reason, false);
        const std::lock_guard lock(run.mutex);
        run.see(committed[at].file);
        if (const auto* skipped = std::get_if<FileOutcome::Skipped>(&outcome.what)) run.skip(skipped->kind);
        if (const auto* photo = std::get_if<FileOutcome::Photo>(&outcome.what)) {
            if (committed[at].new_photo) ++run.summary.added;
            if (!photo->done.empty()) ++run.summary.read;
            if (photo->faces) run.summary.faces += photo->faces->size();
            queues_.note_stored(*committed[at].photo, photo->done);
            if (photo->key) {
                ++run.summary.embedded;
                const auto space = std::ranges::find(parts_.spaces, *photo->key, &OpenSpace::key);
                if (space != parts_.spaces.end()) {
                    vectors_behind_ = true;  // unless this succeeds
                    HONE_CHECK(parts_.library.add_vector(*space->rows, *committed[at].photo, photo->vector));
                    vectors_behind_ = false;
                }
            }
            if (photo->analysis_results)
                HONE_CHECK(parts_.library.add_style(*committed[at].photo, photo->analysis_results->style));
            if (photo->analysis_results && run.options.same_pictures && run.options.tracks_missing_files)
                same_pictures_.add(*committed[at].photo, *photo->analysis_results);
            photos.push_back(*committed[at].photo);
        }
    }
    release(run, outcomes);
    if (!photos.empty()) parts_.observer.on_photos(photos);
    const std::lock_guard run_lock(run.mutex);
    const std::lock_guard lock(mutex_);
    progress_.done += outcomes.size();
    progress_.failed = run.summary.failed;
    progress_.skipped = run.summary.skipped_kinds;
    rated_ = run.summary.read;
    outcomes.clear();
    return {};
}

void Indexer::write_outcomes(Run& run) {
    std::vector<FileOutcome> outcomes;
    Stopwatch since_commit;
    while (!run.done.finished()) {
        if (auto outcome = run.done.pop_within(kCommitTime)) outcomes.push_back(std::move(*outcome));
        const bool due = outcomes.size() >= kCommitFiles ||
                         since_commit.seconds() > std::chrono::duration<double>(kCommitTime).count();
        if (!due || outcomes.empty()) continue;
        if (const auto written = write(run, outcomes); !written) return run.fail_run(written.error());
        since_commit = {};
    }
    if (run.error || outcomes.empty()) return;
    if (const auto written = write(run, outcomes); !written) run.fail_run(written.error());
}

Result<> Indexer::end_scans(Run& run) {
    Catalog& catalog = parts_.library.catalog();
    if (!run.options.tracks_missing_files) return {};
    if (run.leases != nullptr) {
        // Files that other processes have found since the run began are not missing, although this walk did
        // not see them.
        HONE_TRY(const FileId newest, catalog.last_file());
        for (FileId file = run.last_file + 1; file <= newest; ++file) run.see(file);
    }
    for (const auto& [folder, timeouts] : run.timeouts) {
        if (run.is_away(folder)) HONE_CHECK(catalog.set_reachable(folder, false));
    }
    for (const Run::WalkedPart& walked : run.parts) {
        if (run.is_away(walked.folder)) continue;  // unvisited files are not missing
        HONE_TRY(const std::uint64_t missing, catalog.end_scan(walked.part, run.seen));
        run.summary.missing += missing;
    }
    std::vector<WalkedFolder> walked_folders;
    for (const ScanTask& task : run.tasks) {
        const auto part = std::ranges::find_if(run.parts, [&](const Run::WalkedPart& walked) {
            return walked.folder == task.folder.id && walked.part.directory == task.folder.path &&
                   walked.part.recursive;
        });
        if (part != run.parts.end() && !run.is_away(task.folder.id))
            walked_folders.push_back({task.folder.id, part->part.unread});
    }
    HONE_TRY(const std::uint64_t forgotten,
             forget_expired(parts_.library, parts_.thumbnails, walked_folders));
    if (forgotten > 0)
        log::info("{} photos were forgotten, because their files have been gone for long ({})", forgotten,
                  kForgetSetting);
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
    if (whole_folder) {
        run.wanted = queues_.wanted().size();
        HONE_TRY(run.complete, read_analyzed());
    }
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
    if (!parts_.model.empty()) HONE_CHECK(catalog.set_setting("indexed-model", parts_.model));
    IndexSummary summary = std::move(run.summary);
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
