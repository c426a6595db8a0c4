// SPDX-License-Identifier: GPL-3.0-or-later
// Fetches one model at a time from a hub, on a separate thread. Only a person's request starts it.
#pragma once

#include <mutex>
#include <optional>
#include <thread>

#include "model/pull.hpp"
#include "wire/models.hpp"

namespace hone {

// Safe from any thread.
class ModelDownload {
  public:
    ~ModelDownload() { stop(); }
    // kConflict while another one runs or is paused; other errors as plan_pull().
    Result<> start(const ModelStore& store, const std::string& source, const std::string& precision,
                   const std::string& name);
    // kNotFound when there is nothing to pause, resume or cancel. A pause keeps the files so far; resuming
    // continues there. A failed one can be resumed as well.
    Result<> pause();
    Result<> resume();
    Result<> cancel();
    // The last one, until another one starts or it is cancelled.
    [[nodiscard]] std::optional<DownloadProgress> progress() const;
    // Ends it; its files so far are kept.
    void stop();

  private:
    // Requires control_; waits until the thread has ended.
    void end_thread();
    void begin_thread();

    std::mutex control_;        // held by the calls that start or end the thread
    mutable std::mutex mutex_;  // guards progress_
    std::optional<DownloadProgress> progress_;
    std::optional<ModelStore> store_;
    PullRequest request_;
    std::jthread thread_;
};

}  // namespace hone
