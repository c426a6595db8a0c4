// SPDX-License-Identifier: GPL-3.0-or-later
// The first stage: walks folders and finds the files that need reading; then hands these to the readers.
// Files that other processes may read as well are leased shortly before they are read.
#include <chrono>

#include "base/log.hpp"
#include "base/sha256.hpp"
#include "ingest/stages/run.hpp"

namespace hone {

namespace {

constexpr auto kLeasePause = std::chrono::milliseconds(500);  // before other processes' files are tried again

std::string lease_of(const FileFacts& facts) {
    return "file " + to_hex(sha256(facts.path.native()));
}

}  // namespace

// Returns the analyzers that will probably take the file's photo, or std::nullopt when the catalogue has all
// analyses of an unchanged file.
Result<std::optional<AnalyzerSet>> Indexer::needed(Run& run, const FileFacts& facts) {
    Catalog& catalog = parts_.library.catalog();
    HONE_TRY(const std::optional<FileRecord> file, catalog.find_file(facts.path));
    if (!file) return queues_.lacking({});
    {
        const std::lock_guard lock(run.mutex);
        run.see(file->id);
    }
    if (!is_same(file->facts, facts)) return queues_.lacking({});
    const AnalyzerSet lacking = queues_.lacking(file->photo);
    if (file->facts.sidecar != facts.sidecar) return lacking;
    switch (file->state) {
        case FileState::kFailed:
            // Only damage is a property of the file: permissions, disks and devices can recover while the
            // file stays the same.
            if (file->stage != "decode" || run.options.retry_failed) return lacking;
            add_failure(run, facts, file->stage, file->reason, true);
            return std::nullopt;
        case FileState::kSkipped: {
            if (run.options.svg && file->reason == "svg drawing") return lacking;
            const std::lock_guard lock(run.mutex);
            run.skip(file->reason);
            return std::nullopt;
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
    if (!known) return lacking;
    const std::lock_guard lock(run.mutex);
    ++run.summary.unchanged;
    return std::nullopt;
}

Result<bool> Indexer::has_everything(const Run& run, PhotoNumber photo, const PhotoId& id) {
    if (run.complete && photo < run.complete->size() && (*run.complete)[photo]) return true;
    const std::vector<Analyzer*> wanted = queues_.wanted(&id);
    if (wanted.empty()) return true;  // all are paused
    // Another process may have completed it since the run began. An analyzer that has given up on the photo,
    // or is paused since, does not count.
    if (run.complete && run.leases == nullptr && wanted.size() == run.wanted) return false;
    HONE_TRY(const std::vector<Analysis> done, parts_.library.catalog().analyses(photo));
    return std::ranges::all_of(wanted, [&](const Analyzer* analyzer) { return is_done(done, *analyzer); });
}

// The file is not read in this scan.
void Indexer::leave(const FileToProcess& file) {
    queues_.stop_expecting(file.expected);
    meter_.indexed(1);
}

// Leases as many of the unleased files as possible and queues them for reading. Returns false to end.
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
        const auto needs = needed(run, files[at].facts);
        if (!needs) {
            run.fail_run(needs.error());
            return false;
        }
        if (!*needs) {
            FileOutcome nothing;
            nothing.facts = files[at].facts;
            release(run, std::span(&nothing, 1));
            leave(files[at]);
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
            const auto needs = needed(run, file.facts);
            if (!needs) return run.fail_run(needs.error());
            if (!*needs) {
                leave(file);
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
    wait_while_paused(job::kFinding, run.stop);
    const auto needs = needed(run, facts);
    if (!needs) {
        run.fail_run(needs.error());
        return false;
    }
    {
        const std::lock_guard lock(run.mutex);
        if (run.is_away(folder)) return false;
        ++run.summary.files;
    }
    if (*needs) {
        queues_.expect(**needs);
        meter_.found(false);
        if (const auto listed = run.found.push({folder, facts, **needs}); !listed) {
            run.fail_run(listed.error());
            return false;
        }
    } else {
        meter_.found(true);
    }
    return !run.stop.stop_requested();
}

// Hands the found files to the readers, as fast as these take them.
void Indexer::feed_readers(Run& run) {
    while (auto file = run.found.pop()) {
        if (run.stop.stop_requested()) break;
        if (run.leases == nullptr) {
            if (!run.work.push(std::move(*file))) break;
        } else {
            run.unleased.push_back(std::move(*file));
            if (run.unleased.size() >= kLeasedFiles && !lease(run)) break;
        }
    }
    if (run.leases != nullptr && !run.stop.stop_requested()) lease_rest(run);
    run.work.close();
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
    meter_.found_all();
    run.found.close();
}

}  // namespace hone
