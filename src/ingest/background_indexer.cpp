#include "ingest/background_indexer.hpp"

#include "base/log.hpp"

namespace hone {

BackgroundIndexer::BackgroundIndexer(Library& library, ContentAnalyzer& analyzer, VectorSpace& space,
                                     ThumbnailStore& thumbnails, BackgroundObserver& observer,
                                     std::chrono::seconds rescan)
    : library_(library),
      observer_(observer),
      rescan_(rescan),
      indexer_(library, analyzer, space, thumbnails, observer) {
    thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

BackgroundIndexer::~BackgroundIndexer() {
    thread_.request_stop();
    indexer_.pause(false);
}

std::uint64_t BackgroundIndexer::request_scan() {
    std::uint64_t number = 0;
    {
        const std::lock_guard lock(mutex_);
        // A scan that runs already may have passed the place in question: the next one counts.
        requested_ = started_ + 1;
        number = requested_;
    }
    wake_.notify_all();
    return number;
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

void BackgroundIndexer::loop(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        {
            std::unique_lock lock(mutex_);
            wake_.wait_for(lock, stop, rescan_, [&] { return requested_ > started_; });
            if (stop.stop_requested()) return;
            ++started_;
        }
        const auto folders = library_.catalog().folders();
        Result<IndexSummary> summary = fail("the folders cannot be listed");
        try {
            summary = folders ? indexer_.run(*folders, stop) : std::unexpected(folders.error());
        } catch (const std::exception& error) {
            // A scan that fails must not end the server.
            summary = fail("the scan ended: {}", error.what());
        }
        if (summary) {
            observer_.on_scan_end(*summary);
        } else {
            log::write(log::Level::kError, summary.error().message);
            observer_.on_scan_error(summary.error());
        }
        const std::lock_guard lock(mutex_);
        finished_ = started_;
        if (summary) {
            summary_ = std::move(*summary);
            error_.reset();
        } else {
            error_ = summary.error();
        }
    }
}

}  // namespace hone
