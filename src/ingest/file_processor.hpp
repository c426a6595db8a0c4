// SPDX-License-Identifier: GPL-3.0-or-later
// The file processor: opens one file read-only, hashes it and decodes it in the sandbox for the analyzers
// whose results the catalogue does not have.
#pragma once

#include <memory>
#include <vector>

#include "analyze/analyzer.hpp"
#include "base/blocking_calls.hpp"
#include "base/path_map.hpp"
#include "catalog/catalog.hpp"
#include "ingest/file_list.hpp"
#include "library/thumbnail_store.hpp"
#include "photo/sandbox/decoder_pool.hpp"

namespace hone {

struct ProcessingResult {
    FileOutcome outcome;
    std::vector<Analyzer*> analyzers;  // that this photo waits for
    AnalyzerInput decoded;             // their input
    // The file changed while it was read, or is so young that it may still be copied. Retry when it has
    // settled.
    bool unsettled = false;
    bool unresponsive = false;  // the file's drive did not answer in time
    // Another process is already analysing a file with the same contents; retry when it has finished.
    bool elsewhere = false;
    std::string lease;           // key of the lease for the photo; release it once the outcome is committed
    std::optional<Error> fatal;  // not the file's fault: the library cannot be written, or no decoder starts
};

// Safe from any thread. paths: from the catalogue to this machine.
class FileProcessor {
  public:
    FileProcessor(Catalog& catalog, DecoderPool& decoders, ThumbnailStore& thumbnails,
                  const AnalysisQueues& queues, bool svg, PathMap paths = {})
        : catalog_(catalog),
          decoders_(decoders),
          thumbnails_(thumbnails),
          queues_(queues),
          svg_(svg),
          paths_(std::move(paths)) {}

    // Processes one file. Never fails: an unreadable file is an outcome as well. calls: the caller's own,
    // used to open, read and close the file.
    [[nodiscard]] ProcessingResult read(const FileToProcess& file, BlockingCalls& calls) const;
    // Returns the outcome for a renamed file without reading it, or std::nullopt when it must be read.
    // before: the file's former record.
    [[nodiscard]] std::optional<FileOutcome> recognize(const FileToProcess& file,
                                                       const FileRecord& before) const;

  private:
    struct Original;
    struct Missing {
        bool photo = false;                // the catalogue does not know it
        std::vector<Analyzer*> analyzers;  // whose results it lacks
    };
    [[nodiscard]] Result<Missing> missing(const FileToProcess& file, const Sha256& id) const;
    void look_at(const FileToProcess& file, const std::shared_ptr<Original>& original, BlockingCalls& calls,
                 ProcessingResult& result) const;
    [[nodiscard]] Result<FileOutcome::Photo> read_photo(const FileToProcess& file, const Original& original,
                                                        ProcessingResult& result) const;

    Catalog& catalog_;
    DecoderPool& decoders_;
    ThumbnailStore& thumbnails_;
    const AnalysisQueues& queues_;
    const bool svg_;
    const PathMap paths_;
};

// True when `analyses` has all keys of the analyzer.
bool is_done(std::span<const Analysis> analyses, const Analyzer& analyzer);

}  // namespace hone
