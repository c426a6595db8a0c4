// SPDX-License-Identifier: GPL-3.0-or-later
// The second stage: reads and decodes files, and hands them to the analyzers.
#include <chrono>

#include "base/log.hpp"
#include "ingest/stages/run.hpp"

namespace hone {

namespace {

// A file that is being written is retried until it has not changed for this long, a limited number of times.
constexpr auto kRest = std::chrono::milliseconds(1000);
constexpr int kMostRests = 30;

}  // namespace

// Passes a result to its next stage.
void Indexer::hand_on(Run& run, ProcessingResult result, AnalyzerSet expected) {
    if (run.stop.stop_requested()) return;  // the result may be incomplete after a cancellation
    if (result.fatal) return run.fail_run(*result.fatal);
    note_answer(run, result.outcome.folder, !result.unresponsive);
    if (!result.analyzers.empty()) {
        queues_.push(std::move(result.outcome), std::move(result.decoded), result.analyzers, expected);
        return;
    }
    queues_.stop_expecting(expected);
    if (keeps_photo(result.outcome)) {
        const auto& failed = std::get<FileOutcome::Failed>(result.outcome.what);
        add_failure(run, result.outcome.facts, failed.stage, failed.reason, false);
        release(run, std::span(&result.outcome, 1));
        meter_.indexed(1);
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

// Notes the lease of the file's contents, so that it is released whatever becomes of the result.
ProcessingResult Indexer::read_file(Run& run, const FileToProcess& file, BlockingCalls& calls) {
    ProcessingResult result = run.processor.read(file, calls);
    if (!result.lease.empty()) {
        const std::lock_guard lock(run.mutex);
        run.leased.emplace(result.outcome.facts.path, result.lease);
    }
    return result;
}

void Indexer::read_files(Run& run) {
    BlockingCalls calls(run.options.patience, run.stop);
    while (auto file = run.work.pop()) {
        // Take and drop the remaining files, because the feeder may wait for queue space.
        if (run.stop.stop_requested()) continue;
        wait_while_paused(job::kIndexing, run.stop);
        const bool away = [&] {
            const std::lock_guard lock(run.mutex);
            return run.is_away(file->folder);
        }();
        if (away) {
            leave(*file);
            continue;
        }
        const Stopwatch watch;
        if (const auto before = find_moved(run, file->facts, calls)) {
            if (auto same = run.processor.recognize(*file, *before)) {
                queues_.stop_expecting(file->expected);
                run.done.push(std::move(*same));
                continue;
            }
            file->moved_from = before->facts.path;
        }
        ProcessingResult result = read_file(run, *file, calls);
        meter_.indexed(0, watch.seconds());
        if ((result.unsettled || result.elsewhere) && !result.fatal) {
            // Release the file's lease: two processes that wait for each other's files would wait for ever.
            // The lease of its contents ensures that only one analyses it.
            release(run, std::span(&result.outcome, 1));
            const std::lock_guard lock(run.mutex);
            run.unsettled.push_back(std::move(*file));
        } else {
            hand_on(run, std::move(result), file->expected);
        }
    }
    if (--run.decoders_left > 0) return;
    settle_files(run, calls);
    queues_.close();
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
            wait_while_paused(job::kIndexing, run.stop);
            const auto now = std::make_shared<Result<FileFacts>>();
            const bool answered = calls.run([now, path = run.options.paths.here(file.facts.path)](
                                                Heartbeat&) { *now = file_facts(path); });
            // The file or its drive is gone; the next scan finds out.
            if (!answered || !*now) {
                leave(file);
                continue;
            }
            (*now)->sidecar = file.facts.sidecar;
            (*now)->path = file.facts.path;
            const bool rested =
                (*now)->size == file.facts.size && (*now)->modified_ns == file.facts.modified_ns;
            file.facts = **now;
            if (!rested && rest < kMostRests) {
                again.push_back(std::move(file));
                continue;
            }
            ProcessingResult result = read_file(run, file, calls);
            if (result.elsewhere && !result.fatal)
                again.push_back(std::move(file));
            else
                hand_on(run, std::move(result), file.expected);
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
    if (const auto worked = queues_.work(sink); !worked) return run.fail_run(worked.error());
    if (--run.analysts_left == 0) run.done.close();
}

}  // namespace hone
