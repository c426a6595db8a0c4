// SPDX-License-Identifier: GPL-3.0-or-later
// The scan thread of a running server.
#include "ingest/background_indexer.hpp"

#include "base/log.hpp"

namespace hone {

BackgroundIndexer::BackgroundIndexer(IndexParts parts, BackgroundObserver& observer,
                                     const BackgroundOptions& options)
    : library_(parts.library),
      observer_(observer),
      options_(options),
      indexer_(std::move(parts)),
      requested_(options.first_scan - 1),
      started_(requested_),
      finished_(requested_) {
    if (options_.watch) {
        watcher_ = std::make_unique<FolderWatcher>(
            [this] {
                {
                    const std::lock_guard lock(mutex_);
                    changed_ = true;
                }
                wake_.notify_all();
            },
            options_.index.patience);
    }
    thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

BackgroundIndexer::~BackgroundIndexer() {
    stop();
}

void BackgroundIndexer::stop() {
    thread_.request_stop();
    indexer_.pause(false);
    if (thread_.joinable()) thread_.join();
}

std::uint64_t BackgroundIndexer::requested() const {
    const std::lock_guard lock(mutex_);
    return requested_;
}

std::uint64_t BackgroundIndexer::request_scan(bool retry_failed) {
    std::uint64_t number = 0;
    {
        const std::lock_guard lock(mutex_);
        // A running scan may already have passed the changed folder, so the next one counts.
        requested_ = started_ + 1;
        retry_failed_ = retry_failed_ || retry_failed;
        number = requested_;
    }
    wake_.notify_all();
    return number;
}

Result<> BackgroundIndexer::pause(std::string_view name, bool paused) {
    if (!indexer_.pause(name, paused)) return no_job(name);
    if (!paused) request_scan();
    return {};
}

Result<std::uint64_t> BackgroundIndexer::retry(std::string_view name) {
    if (name == job::kIndexing) return request_scan(true);
    const bool known = indexer_.retry(name) || indexer_.progress().job(name).name == name;
    if (!known) return no_job(name);
    return request_scan();
}

std::unexpected<Error> BackgroundIndexer::no_job(std::string_view name) const {
    std::string names;
    for (const JobProgress& one : indexer_.progress().jobs) names += (names.empty() ? "" : ", ") + one.name;
    return fail(ErrorKind::kNotFound, "there is no job \"{}\"; there are {}", name, names);
}

std::uint64_t BackgroundIndexer::finished() const {
    const std::lock_guard lock(mutex_);
    return finished_;
}

std::optional<IndexSummary> BackgroundIndexer::last_summary() const {
    const std::lock_guard lock(mutex_);
    return summary_;
}

std::optional<Error> BackgroundIndexer::last_error() const {
    const std::lock_guard lock(mutex_);
    return error_;
}

std::vector<UnwatchedFolder> BackgroundIndexer::unwatched() const {
    if (watcher_) return watcher_->unwatched();
    std::vector<UnwatchedFolder> list;
    const auto folders = library_.catalog().folders();
    if (!folders) return list;
    for (const Folder& folder : *folders) list.push_back({folder.path, "hone serve runs with --no-watch"});
    return list;
}

Result<std::optional<IndexSummary>> BackgroundIndexer::scan(bool whole_scan, const IndexOptions& options,
                                                            const std::stop_token& stop) try {
    HONE_TRY(const std::vector<Folder> folders, library_.catalog().folders());
    // Start watching before the scan reads, so that one of the two sees every change.
    FolderWatcher::Changes changes;
    if (watcher_) {
        if (whole_scan) watcher_->watch(folders);
        changes = watcher_->take();
    }
    const bool everything = whole_scan || changes.everything;
    if (!everything && changes.tasks.empty()) return std::nullopt;
    HONE_TRY(IndexSummary summary, indexer_.run(everything ? whole(folders) : changes.tasks, stop, options));
    return summary;
} catch (const std::exception& error) {
    // A failed scan must not end the server.
    return fail("the scan ended: {}", error.what());
}

void BackgroundIndexer::loop(const std::stop_token& stop) {
    auto next_whole = std::chrono::steady_clock::now() + options_.rescan;
    while (!stop.stop_requested()) {
        bool asked = false;
        IndexOptions options = options_.index;
        {
            std::unique_lock lock(mutex_);
            wake_.wait_until(lock, stop, next_whole, [&] { return requested_ > started_ || changed_; });
            if (stop.stop_requested()) return;
            changed_ = false;
            asked = requested_ > started_;
            if (asked) {
                ++started_;
                options.retry_failed = std::exchange(retry_failed_, false);
            }
        }
        const bool whole_scan = asked || std::chrono::steady_clock::now() >= next_whole;
        auto summary = scan(whole_scan, options, stop);
        if (summary && !*summary) continue;  // a change that has not settled
        if (whole_scan) next_whole = std::chrono::steady_clock::now() + options_.rescan;
        if (summary) {
            observer_.on_scan_end(**summary);
        } else {
            log::write(log::Level::kError, summary.error().message);
            observer_.on_scan_error(summary.error());
        }
        const std::lock_guard lock(mutex_);
        if (asked) finished_ = started_;
        if (summary) {
            // The watcher's scans cover parts; users want the summary of whole folders.
            if (whole_scan) summary_ = std::move(**summary);
            error_.reset();
        } else {
            error_ = summary.error();
        }
    }
}

}  // namespace hone
