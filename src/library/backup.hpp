// SPDX-License-Identifier: GPL-3.0-or-later
// Backups: one file with everything that a library cannot rebuild: the catalogue (with vectors, people and
// names), the users and, optionally, the thumbnails. It is a tar archive with zstd, so other programs can
// open it; its first entry, hone-backup.json, describes the others. docs/backup.md. Safe from any thread.
#pragma once

#include <chrono>
#include <vector>

#include "base/path_map.hpp"

namespace hone {

class Library;

struct BackupSummary {
    std::string made_at;  // ISO 8601, UTC
    std::uint64_t photos = 0, thumbnails = 0;
    std::uint64_t bytes = 0;  // size of the backup file
};

// Writes a snapshot of the library to `file`, all or nothing, also while the library is served and indexed.
// Refuses a damaged catalogue, so that it does not replace a good backup. kNotFound when there is no library;
// kFailed for a damaged catalogue or when the disk refuses.
Result<BackupSummary> write_backup(const fs::path& library, const fs::path& file, bool with_thumbnails);

// Reads the description of a backup. A bare catalogue, as `hone doctor` saves one, counts as a backup too.
// kUsage for other files and for backups of a newer Hone; kFailed when the file cannot be read.
Result<BackupSummary> inspect_backup(const fs::path& file);

// Replaces the content of `library` by the backup; vector files are rebuilt from it. A killed process leaves
// the old library or the new one. paths: from the backup's folders to those of this machine. kInUse while
// another process holds the library, else as inspect_backup().
Result<BackupSummary> restore_backup(const fs::path& file, const fs::path& library, const PathMap& paths);

// Completes an interrupted restore, or undoes it. The caller must hold the library's lock.
Result<> finish_restore(const fs::path& library);
// Returns true when an interrupted restore can only be completed. kFailed when the disk does not say.
Result<bool> restore_is_pending(const fs::path& library);

// Keys of settings in the catalogue.
inline constexpr const char* kBackupFolderSetting = "backup-folder";  // empty: no automatic backups
inline constexpr const char* kBackupHoursSetting = "backup-hours";    // hours between two backups
inline constexpr const char* kBackupKeepSetting = "backup-keep";      // number of backups to keep

// Returns the backups that write_scheduled_backup() wrote into the folder, the newest last.
Result<std::vector<fs::path>> backups_in(const fs::path& folder);
// Writes hone-YYYYMMDD-HHMMSS.backup (UTC) into the folder of the settings when the newest one there is old
// enough, and removes the oldest beyond the number to keep. Returns true when it wrote one.
Result<bool> write_scheduled_backup(Library& library, std::chrono::system_clock::time_point now);

}  // namespace hone
