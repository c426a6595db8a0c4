// SPDX-License-Identifier: GPL-3.0-or-later
// Files in SQLite: the table place.
#pragma once

#include "catalog/files.hpp"
#include "catalog/sqlite/connections.hpp"

namespace hone {

// Keeps photo.missing_since right. Call it for every photo whose files changed, inside the transaction.
// Throws SQLite::Exception.
void update_missing_since(Statements& statements, std::int64_t photo);

class SqliteFiles : public virtual FileCatalog {
  public:
    explicit SqliteFiles(Connections& connections) : connections_(connections) {}

    Result<std::optional<FileRecord>> find_file(const fs::path& path) override;
    Result<std::vector<FileRecord>> files_of(PhotoNumber photo) override {
        return files_of(std::span(&photo, 1));
    }
    Result<std::vector<FileRecord>> files_of(std::span<const PhotoNumber> photos,
                                             const std::stop_token& stop = {}) override;
    Result<std::vector<FileRecord>> failures(std::size_t limit) override;
    Result<std::vector<CommittedFile>> commit(std::span<const FileOutcome> outcomes) override;
    Result<std::vector<FileRecord>> find_moved(const FileFacts& facts) override;
    Result<std::uint64_t> end_scan(const ScannedPart& part, const std::vector<bool>& seen) override;
    Result<> mark_available(FileId file) override;
    Result<FileId> last_file() override;
    Result<std::uint64_t> moved_since(FileId file) override;

  private:
    struct EndedScan {
        std::uint64_t missing = 0;
        std::size_t gone = 0;
    };
    // Processes at most rows_at_once() files.
    Result<EndedScan> end_scan_at_once(const ScannedPart& part, const std::vector<bool>& seen);
    Result<std::vector<CommittedFile>> commit_at_once(std::span<const FileOutcome> outcomes);

    Connections& connections_;
};

}  // namespace hone
