// One file that holds what a library cannot make again: the catalogue (with vectors, people and names), the
// users, and, when asked, the thumbnails. A tar archive with zstd, so that other programs open it too; its
// first entry, hone-backup.json, says what the others are. docs/backup.md.
#pragma once

#include <chrono>
#include <vector>

#include "base/path_map.hpp"

namespace hone {

class Library;

struct BackupSummary {
    std::string made_at;  // ISO 8601, UTC
    std::uint64_t photos = 0, thumbnails = 0;
    std::uint64_t bytes = 0;  // of the file
};

// The library as it is at one moment, also while it is served and indexed. `file` is there whole or not at
// all; a catalogue that is damaged is refused, so that it takes no good backup's place. kNotFound: no
// library.
Result<BackupSummary> write_backup(const fs::path& library, const fs::path& file, bool with_thumbnails);

// What a backup says of itself; refuses files that are none. A bare catalogue, as hone doctor saves one, is
// taken as a backup too.
Result<BackupSummary> inspect_backup(const fs::path& file);

// Puts the backup in the place of what `library` holds; vectors' files are made anew from it. A process that
// is killed leaves the old library or the new one. kInUse while another process has the library.
Result<BackupSummary> restore_backup(const fs::path& file, const fs::path& library, const PathMap& paths);

// Ends a restore that was cut short, one way or the other. Whoever calls it holds the library's lock.
Result<> finish_restore(const fs::path& library);
// A restore was cut short that cannot be taken back.
bool restore_is_pending(const fs::path& library);

// Settings in the catalogue.
inline constexpr const char* kBackupFolderSetting = "backup-folder";  // empty: no backups by themselves
inline constexpr const char* kBackupHoursSetting = "backup-hours";    // from one to the next
inline constexpr const char* kBackupKeepSetting = "backup-keep";      // so many stay, the newest ones

// Those that write_scheduled_backup() wrote into the folder, the newest last.
Result<std::vector<fs::path>> backups_in(const fs::path& folder);
// Writes hone-YYYYMMDD-HHMMSS.backup (UTC) into the folder of the settings when the newest one there is old
// enough, and removes the oldest beyond those that are kept. Says whether one was written.
Result<bool> write_scheduled_backup(Library& library, std::chrono::system_clock::time_point now);

}  // namespace hone
