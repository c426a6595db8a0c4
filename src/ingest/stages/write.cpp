// SPDX-License-Identifier: GPL-3.0-or-later
// The last stage: writes outcomes to the catalogue and the vector files, and ends the scan.
#include <chrono>

#include "base/log.hpp"
#include "ingest/forget.hpp"
#include "ingest/stages/run.hpp"

namespace hone {

namespace {

// Files per transaction; a transaction also commits after kCommitTime.
constexpr std::size_t kCommitFiles = 64;
constexpr auto kCommitTime = std::chrono::milliseconds(500);

}  // namespace

Result<> Indexer::write(Run& run, std::vector<FileOutcome>& outcomes) {
    HONE_TRY(const std::vector<CommittedFile> committed, parts_.library.catalog().commit(outcomes));
    vectors_behind_ = true;  // until their rows are in the files
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
            for (const PhotoVector& vector : photo->vectors) {
                ++run.summary.embedded;
                const auto space = std::ranges::find(parts_.spaces, vector.key, &OpenSpace::key);
                if (space != parts_.spaces.end())
                    HONE_CHECK(parts_.library.add_vector(*space->rows, *committed[at].photo, vector.values));
            }
            if (photo->analysis_results)
                HONE_CHECK(parts_.library.add_style(*committed[at].photo, photo->analysis_results->style));
            if (photo->analysis_results && run.options.same_pictures && run.options.tracks_missing_files)
                same_pictures_.add(*committed[at].photo, *photo->analysis_results);
            photos.push_back(*committed[at].photo);
        }
    }
    vectors_behind_ = false;
    release(run, outcomes);
    if (!photos.empty()) parts_.observer.on_photos(photos);
    meter_.indexed(outcomes.size());
    outcomes.clear();
    const std::lock_guard run_lock(run.mutex);
    meter_.set_failures(run.summary.failed, run.summary.skipped_kinds);
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

}  // namespace hone
