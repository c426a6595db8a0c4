// SPDX-License-Identifier: GPL-3.0-or-later
// The files that a walk has found and nobody has read yet. The walk must not wait for the readers, so the
// list has no bound; it is compact and outside the heap.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>

#include "base/mapped_array.hpp"
#include "catalog/ids.hpp"
#include "ingest/analysis_queues.hpp"
#include "photo/walk.hpp"

namespace hone {

struct FileToProcess {
    FolderId folder = 0;
    FileFacts facts;
    AnalyzerSet expected = 0;  // the analyzers that are thought to take its photo
    fs::path moved_from = {};  // the file's path before it was renamed, if known
};

// First in, first out. Safe from any thread. A file takes 56 bytes and the part of its path that differs from
// the path before it: 80 MB for 1,000,000 files with names of 24 bytes.
class FileList {
  public:
    // In a file without a name in this folder, whose pages the system may write out; in memory where the file
    // system has no such files.
    explicit FileList(const fs::path& folder);

    // Never waits. kFailed when the disk is full. moved_from is not kept.
    Result<> push(const FileToProcess& file);
    // Waits for a file. Returns std::nullopt after close() when no file is left, and after cancel().
    std::optional<FileToProcess> pop();
    void close();   // no file follows
    void cancel();  // drops the files
    // Space of the waiting files.
    [[nodiscard]] std::size_t bytes();

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    MappedBytes bytes_;
    std::size_t read_ = 0, written_ = 0;     // offsets of the next entries
    std::string last_pushed_, last_popped_;  // their paths
    bool closed_ = false, cancelled_ = false;
};

}  // namespace hone
