// SPDX-License-Identifier: GPL-3.0-or-later
// The thread of a download and its states.
#include "server/model_download.hpp"

#include "base/log.hpp"
#include "base/parallel.hpp"
#include "base/time.hpp"

namespace hone {

Result<> ModelDownload::start(const ModelStore& store, const std::string& source,
                              const std::string& precision, const std::string& name) {
    const std::lock_guard control(control_);
    if (const auto now = progress(); now && (now->state == DownloadProgress::State::kRunning ||
                                             now->state == DownloadProgress::State::kPaused))
        return fail(ErrorKind::kConflict, "{} is being fetched; wait for it or cancel it", now->name);
    HONE_TRY(PullRequest request, plan_pull(store, source, precision, name));
    HONE_CHECK(make_directories(store.own_directory()));
    end_thread();
    store_ = store;
    request_ = std::move(request);
    {
        const std::lock_guard lock(mutex_);
        progress_.emplace();
        progress_->name = request_.name;
        progress_->repository = request_.hub.repository;
    }
    begin_thread();
    return {};
}

void ModelDownload::begin_thread() {
    thread_ = std::jthread([this, store = *store_, request = request_](const std::stop_token& stop) {
        const Stopwatch watch;
        std::optional<std::uint64_t> before;
        const auto note = [&](const HubProgress& now) {
            const std::lock_guard lock(mutex_);
            if (!before) before = now.done;
            progress_->done = now.done;
            progress_->total = now.total;
            if (watch.seconds() > 0)
                progress_->bytes_per_second = static_cast<double>(now.done - *before) / watch.seconds();
        };
        const auto pulled = catching("fetching a model", [&]() -> Result<> {
            HONE_TRY(const Manifest manifest, pull_model(store, request, note, stop));
            return {};
        });
        const std::lock_guard lock(mutex_);
        progress_->state = pulled                  ? DownloadProgress::State::kDone
                           : stop.stop_requested() ? DownloadProgress::State::kPaused
                                                   : DownloadProgress::State::kFailed;
        if (progress_->state == DownloadProgress::State::kFailed) {
            progress_->problem = pulled.error().message;
            log::warning("{}", pulled.error().message);
        }
    });
}

void ModelDownload::end_thread() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
}

Result<> ModelDownload::pause() {
    const std::lock_guard control(control_);
    if (const auto now = progress(); !now || now->state != DownloadProgress::State::kRunning)
        return fail(ErrorKind::kNotFound, "no model is being fetched");
    end_thread();
    return {};
}

Result<> ModelDownload::resume() {
    const std::lock_guard control(control_);
    const auto now = progress();
    if (!now ||
        (now->state != DownloadProgress::State::kPaused && now->state != DownloadProgress::State::kFailed))
        return fail(ErrorKind::kNotFound, "no download of a model is paused");
    end_thread();
    {
        const std::lock_guard lock(mutex_);
        progress_->state = DownloadProgress::State::kRunning;
        progress_->problem.clear();
    }
    begin_thread();
    return {};
}

Result<> ModelDownload::cancel() {
    const std::lock_guard control(control_);
    if (const auto now = progress(); !now || now->state == DownloadProgress::State::kDone)
        return fail(ErrorKind::kNotFound, "no model is being fetched");
    end_thread();
    HONE_CHECK(discard_pull(*store_, request_));
    const std::lock_guard lock(mutex_);
    progress_.reset();
    return {};
}

std::optional<DownloadProgress> ModelDownload::progress() const {
    const std::lock_guard lock(mutex_);
    return progress_;
}

void ModelDownload::stop() {
    const std::lock_guard control(control_);
    end_thread();
}

}  // namespace hone
