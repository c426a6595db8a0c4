// SPDX-License-Identifier: GPL-3.0-or-later
// The state shared by the threads of one index run.
#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>

#include "base/bounded_queue.hpp"
#include "base/parallel.hpp"
#include "catalog/leases.hpp"
#include "ingest/indexer.hpp"

namespace hone {

// For shared work: files leased at once.
inline constexpr std::size_t kLeasedFiles = 16;
inline constexpr std::size_t kQueuedFiles = 256;  // names and file states only

struct Indexer::Run {
    Run(const FileProcessor& reader, AnalysisQueues& analysis, Leases* shared, std::span<const ScanTask> all,
        const std::stop_token& token, const IndexOptions& wishes, unsigned decoders, const fs::path& scratch)
        : processor(reader),
          queues(analysis),
          leases(shared),
          tasks(all),
          stop(token),
          options(wishes),
          found(scratch),
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
    FileList found;                    // by the walker
    BoundedQueue<FileToProcess> work;  // for the readers
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
    std::vector<WalkedPart> parts;  // completely walked; used only by the walker until it ends
    // Files to index, in order; used only by the feeder:
    std::vector<FileToProcess> unleased, in_other_hands;

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
        found.cancel();
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
        const auto known = timeouts.find(folder);
        return known != timeouts.end() && known->second >= kMostTimeouts;
    }
    void skip(const std::string& kind) {
        ++summary.skipped;
        ++summary.skipped_kinds[kind];
    }
};

}  // namespace hone
