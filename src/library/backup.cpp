// SPDX-License-Identifier: GPL-3.0-or-later
// Writes, inspects and restores backup archives.
#include "library/backup.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/chrono.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <regex>

#include "base/file_system.hpp"
#include "base/sha256.hpp"
#include "base/time.hpp"
#include "catalog/sqlite/backup.hpp"
#include "library/library.hpp"

namespace hone {

using nlohmann::json;
using std::chrono::system_clock;

namespace {

constexpr int kFormat = 1;  // of the archive
constexpr const char* kManifest = "hone-backup.json";
constexpr const char* kDatabases[] = {"catalog.db", "users.db"};
constexpr std::size_t kBlock = 1 << 18;
constexpr std::uint64_t kLargestManifest = 1 << 20, kLargestThumbnail = 64 << 20;

struct CloseWriter {
    void operator()(archive* writer) const { ::archive_write_free(writer); }
};
struct CloseReader {
    void operator()(archive* reader) const { ::archive_read_free(reader); }
};
using Writer = std::unique_ptr<archive, CloseWriter>;
using Reader = std::unique_ptr<archive, CloseReader>;

// Removes a file at the end of the block.
class Removed {
  public:
    explicit Removed(fs::path path) : path_(std::move(path)) { remove(); }
    ~Removed() { remove(); }
    Removed(const Removed&) = delete;
    Removed& operator=(const Removed&) = delete;

  private:
    // The next backup overwrites what remains here.
    void remove() const { (void)remove_file(path_); }
    const fs::path path_;
};

// Reads a file in blocks.
template <typename Take>
Result<> for_each_block(const fs::path& path, Take take) {
    const FileDescriptor file(file_system().open(path.c_str(), O_RDONLY | O_CLOEXEC, 0));
    if (!file) return fail("{} cannot be read: {}", printable(path), std::strerror(errno));
    std::vector<std::uint8_t> block(kBlock);
    for (;;) {
        const ssize_t count = file_system().read(file.get(), block.data(), block.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail("{} cannot be read: {}", printable(path), std::strerror(errno));
        if (count == 0) return {};
        HONE_CHECK(take(std::span(block).first(static_cast<std::size_t>(count))));
    }
}

Result<std::string> hash_of(const fs::path& path) {
    Sha256Hasher hasher;
    HONE_CHECK(for_each_block(path, [&](std::span<const std::uint8_t> block) -> Result<> {
        hasher.add(block);
        return {};
    }));
    return to_hex(hasher.finish());
}

Result<> written(archive* writer, la_ssize_t result, const fs::path& file) {
    if (result >= 0) return {};
    const char* why = ::archive_error_string(writer);
    return fail("{} cannot be written: {}", printable(file), why == nullptr ? "no reason given" : why);
}

Result<> add_header(archive* writer, const std::string& name, std::uint64_t size, const fs::path& file) {
    const std::unique_ptr<archive_entry, decltype(&::archive_entry_free)> entry(::archive_entry_new(),
                                                                                &::archive_entry_free);
    ::archive_entry_set_pathname(entry.get(), name.c_str());
    ::archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
    ::archive_entry_set_filetype(entry.get(), AE_IFREG);
    ::archive_entry_set_perm(entry.get(), 0600);
    return written(writer, ::archive_write_header(writer, entry.get()), file);
}

Result<> add_file(archive* writer, const std::string& name, const fs::path& from, const fs::path& file) {
    HONE_TRY(const std::uint64_t size, file_bytes(from));
    HONE_CHECK(add_header(writer, name, size, file));
    return for_each_block(from, [&](std::span<const std::uint8_t> block) {
        return written(writer, ::archive_write_data(writer, block.data(), block.size()), file);
    });
}

const std::regex& thumbnail_name() {
    static const std::regex name("thumbs/([0-9a-f]{2})/\\1[0-9a-f]{62}-(240|480|1080)\\.webp");
    return name;
}

// Returns the thumbnails of a library, as names of entries.
Result<std::vector<std::string>> thumbnails_in(const fs::path& library) {
    std::vector<std::string> found;
    HONE_TRY(const bool any, path_exists(library / "thumbs"));
    if (!any) return found;
    HONE_TRY(const std::vector<std::string> folders, list_folder(library / "thumbs"));
    for (const std::string& folder : folders) {
        if (folder.size() != 2) continue;
        HONE_TRY(const std::vector<std::string> names, list_folder(library / "thumbs" / folder));
        for (const std::string& name : names) {
            std::string entry = fmt::format("thumbs/{}/{}", folder, name);
            if (std::regex_match(entry, thumbnail_name())) found.push_back(std::move(entry));
        }
    }
    return found;
}

// The file of an archive that is read or written, with room for one block to read.
struct ArchiveFile {
    FileDescriptor file;
    std::vector<std::uint8_t> block;
};

la_ssize_t read_block(archive* reader, void* data, const void** bytes) {
    auto& from = *static_cast<ArchiveFile*>(data);
    from.block.resize(kBlock);
    for (;;) {
        const ssize_t count = file_system().read(from.file.get(), from.block.data(), from.block.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) ::archive_set_error(reader, errno, "%s", std::strerror(errno));
        *bytes = from.block.data();
        return count;
    }
}

la_ssize_t write_block(archive* writer, void* data, const void* bytes, std::size_t count) {
    if (write_all(static_cast<ArchiveFile*>(data)->file.get(), bytes, count))
        return static_cast<la_ssize_t>(count);
    ::archive_set_error(writer, errno, "%s", std::strerror(errno));
    return -1;
}

// A backup that is read entry by entry, positioned after its manifest.
struct OpenBackup {
    std::unique_ptr<ArchiveFile> from;  // outlives the reader
    Reader reader;
    fs::path file;
    json manifest;

    [[nodiscard]] std::unexpected<Error> broken(const std::string& why) const {
        return fail("{} is damaged or cut short ({}); take another backup", printable(file), why);
    }
    [[nodiscard]] std::string reason() const {
        const char* why = ::archive_error_string(reader.get());
        return why == nullptr ? "no reason given" : why;
    }
    // Returns std::nullopt at the end.
    Result<std::optional<std::string>> next() {
        archive_entry* entry = nullptr;
        const int result = ::archive_read_next_header(reader.get(), &entry);
        if (result == ARCHIVE_EOF) return std::nullopt;
        if (result < ARCHIVE_WARN) return broken(reason());
        const char* name = ::archive_entry_pathname(entry);
        return name == nullptr ? std::string() : std::string(name);
    }
    template <typename Take>
    Result<> read(Take take) {
        std::vector<std::uint8_t> block(kBlock);
        for (;;) {
            const la_ssize_t count = ::archive_read_data(reader.get(), block.data(), block.size());
            if (count == 0) return {};
            if (count < 0) return broken(reason());
            HONE_CHECK(take(std::span(block).first(static_cast<std::size_t>(count))));
        }
    }
    Result<std::string> read_text(std::uint64_t limit) {
        std::string text;
        HONE_CHECK(read([&](std::span<const std::uint8_t> block) -> Result<> {
            text.append(block.begin(), block.end());
            return text.size() <= limit ? Result<>{} : broken("an entry is too large");
        }));
        return text;
    }
};

// Returns true when all fields of this format exist with valid values.
bool says_what_it_holds(const json& manifest) {
    const json files = manifest.value("files", json());
    return files.is_object() && files.contains("catalog.db") &&
           std::ranges::all_of(files, [](const json& hash) { return hash.is_string(); }) &&
           manifest.value("made_at", json("")).is_string() &&
           manifest.value("photos", json(0U)).is_number_unsigned();
}

Result<OpenBackup> open_backup(const fs::path& file) {
    OpenBackup backup{std::make_unique<ArchiveFile>(), Reader(::archive_read_new()), file, {}};
    backup.from->file = FileDescriptor(file_system().open(file.c_str(), O_RDONLY | O_CLOEXEC, 0));
    if (!backup.from->file)
        return fail("{} cannot be read as a backup: {}", printable(file), std::strerror(errno));
    ::archive_read_support_filter_zstd(backup.reader.get());
    ::archive_read_support_format_tar(backup.reader.get());
    if (::archive_read_open(backup.reader.get(), backup.from.get(), nullptr, &read_block, nullptr) !=
        ARCHIVE_OK)
        return fail("{} cannot be read as a backup: {}", printable(file), backup.reason());
    const auto first = backup.next();
    if (!first || *first != kManifest)
        return fail(ErrorKind::kUsage, "`hone backup` did not write {}", printable(file));
    HONE_TRY(const std::string text, backup.read_text(kLargestManifest));
    backup.manifest = json::parse(text, nullptr, false);
    const json& manifest = backup.manifest;
    const json format = manifest.is_object() ? manifest.value("format", json(0U)) : json();
    if (!format.is_number_unsigned()) return backup.broken("its list of contents is missing");
    if (format > kFormat)
        return fail(ErrorKind::kUsage, "{} was written by a newer Hone; update Hone", printable(file));
    if (!says_what_it_holds(manifest)) return backup.broken("its list of contents is missing");
    return backup;
}

Result<BackupSummary> summary_of(const OpenBackup& backup) {
    HONE_TRY(const std::uint64_t bytes, file_bytes(backup.file));
    return BackupSummary{backup.manifest.value("made_at", ""),
                         backup.manifest.value("photos", std::uint64_t{0}), 0, bytes};
}

fs::path staging(const fs::path& library) {
    return library / "restoring";
}

// Extracts the database of an entry and compares it with the manifest.
Result<> extract_database(OpenBackup& backup, const std::string& name, const fs::path& to) {
    FileDescriptor out(file_system().open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    const auto refused = [&] {
        return fail("{} cannot be written: {}", printable(to), std::strerror(errno));
    };
    if (!out) return refused();
    Sha256Hasher hasher;
    HONE_CHECK(backup.read([&](std::span<const std::uint8_t> block) -> Result<> {
        hasher.add(block);
        if (!write_all(out.get(), block.data(), block.size())) return refused();
        return {};
    }));
    if (!out.close()) return refused();
    if (to_hex(hasher.finish()) != backup.manifest["files"].value(name, ""))
        return backup.broken(name + " differs from the saved file");
    return {};
}

// Returns true for a bare catalogue.
bool is_database(const fs::path& file) {
    constexpr std::string_view kMagic("SQLite format 3", 16);  // includes its zero byte
    const auto head = read_head(file, kMagic.size());
    return head && std::ranges::equal(*head, kMagic);
}

// Extracts databases into `stage`, but thumbnails directly into the library: a photo's thumbnail is the same
// in the old and the new library.
Result<> unpack(OpenBackup& backup, const fs::path& stage, const fs::path& library, BackupSummary& summary) {
    std::size_t databases = 0;
    for (;;) {
        HONE_TRY(const std::optional<std::string> name, backup.next());
        if (!name) break;
        if (std::ranges::find(kDatabases, *name) != std::end(kDatabases)) {
            HONE_CHECK(extract_database(backup, *name, stage / *name));
            ++databases;
        } else if (std::regex_match(*name, thumbnail_name())) {
            HONE_TRY(const std::string image, backup.read_text(kLargestThumbnail));
            HONE_CHECK(make_directories((library / *name).parent_path(), Wait::kNo));
            HONE_CHECK(write_derived_file(library / *name, image, stage));
            ++summary.thumbnails;
        } else {
            return backup.broken("it contains an unknown file: " + printable(*name));
        }
    }
    if (databases != backup.manifest["files"].size()) return backup.broken("a part is missing");
    return {};
}

Result<std::uint64_t> number_setting(SettingCatalog& settings, const char* key, std::uint64_t usual) {
    HONE_TRY(const auto stored, settings.setting(key));
    std::uint64_t number = usual;
    if (stored) std::from_chars(stored->data(), stored->data() + stored->size(), number);
    return number;
}

}  // namespace

Result<BackupSummary> write_backup(const fs::path& library, const fs::path& file, bool with_thumbnails) {
    HONE_TRY(const bool exists, path_exists(library / "catalog.db"));
    if (!exists)
        return fail(ErrorKind::kNotFound, "there is no library in {} to back up", printable(library));
    const fs::path part = file.native() + ".part";
    const Removed half(part);
    json manifest{{"format", kFormat},
                  {"hone", HONE_VERSION},
                  {"made_at", iso8601(unix_seconds())},
                  {"files", json::object()}};
    std::vector<std::pair<std::string, fs::path>> copies;
    std::vector<std::unique_ptr<Removed>> removed;
    BackupSummary summary;
    for (const char* name : kDatabases) {
        HONE_TRY(const bool used, path_exists(library / name));
        if (!used) continue;
        const fs::path copy = fmt::format("{}.{}.part", file.native(), name);
        removed.push_back(std::make_unique<Removed>(copy));
        HONE_CHECK(copy_database(library / name, copy));
        HONE_TRY(manifest["files"][name], hash_of(copy));
        copies.emplace_back(name, copy);
    }
    HONE_TRY(summary.photos, photos_of_copy(copies.front().second));
    summary.made_at = manifest["made_at"];
    manifest["photos"] = summary.photos;

    ArchiveFile to;  // outlives the writer
    const Writer writer(::archive_write_new());
    ::archive_write_add_filter_zstd(writer.get());
    ::archive_write_set_format_pax_restricted(writer.get());
    ::archive_write_set_bytes_per_block(writer.get(), kBlock);
    ::archive_write_set_bytes_in_last_block(writer.get(), 1);  // no padding
    // 0600: it contains password hashes.
    to.file = FileDescriptor(file_system().open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!to.file) return fail("{} cannot be written: {}", printable(file), std::strerror(errno));
    HONE_CHECK(
        written(writer.get(), ::archive_write_open(writer.get(), &to, nullptr, &write_block, nullptr), file));
    const std::string text = manifest.dump(2);
    HONE_CHECK(add_header(writer.get(), kManifest, text.size(), file));
    HONE_CHECK(written(writer.get(), ::archive_write_data(writer.get(), text.data(), text.size()), file));
    for (const auto& [name, copy] : copies) HONE_CHECK(add_file(writer.get(), name, copy, file));
    if (with_thumbnails) {
        HONE_TRY(const std::vector<std::string> names, thumbnails_in(library));
        for (const std::string& name : names) HONE_CHECK(add_file(writer.get(), name, library / name, file));
        summary.thumbnails = names.size();
    }
    HONE_CHECK(written(writer.get(), ::archive_write_close(writer.get()), file));
    if (file_system().sync(to.file.get()) != 0 || !to.file.close())
        return fail("{} cannot be written: {}", printable(file), std::strerror(errno));
    HONE_CHECK(rename_file(part, file));
    HONE_TRY(summary.bytes, file_bytes(file));
    return summary;
}

Result<BackupSummary> inspect_backup(const fs::path& file) {
    if (is_database(file)) {
        BackupSummary summary;
        struct stat status{};
        if (file_system().status(file.c_str(), status) != 0)
            return fail("{} cannot be read: {}", printable(file), std::strerror(errno));
        summary.made_at = iso8601(status.st_mtime);
        summary.bytes = static_cast<std::uint64_t>(status.st_size);
        HONE_TRY(summary.photos, photos_of_copy(file));
        return summary;
    }
    HONE_TRY(const OpenBackup backup, open_backup(file));
    return summary_of(backup);
}

Result<BackupSummary> restore_backup(const fs::path& file, const fs::path& library, const PathMap& paths) {
    HONE_TRY(BackupSummary summary, inspect_backup(file));
    std::optional<OpenBackup> backup;
    if (!is_database(file)) {
        HONE_TRY(backup, open_backup(file));
    }
    HONE_CHECK(make_directories(library));
    HONE_TRY(const LockFile lock, LockFile::acquire(library / "lock", "hone restore"));
    HONE_CHECK(finish_restore(library));
    const fs::path stage = staging(library);
    HONE_CHECK(make_directories(stage));
    const auto extract = [&]() -> Result<> {
        HONE_CHECK(backup ? unpack(*backup, stage, library, summary)
                          : copy_database(file, stage / "catalog.db"));
        HONE_TRY(summary.photos, prepare_restored_catalog(stage / "catalog.db", paths));
        HONE_CHECK(sync_all(stage));  // the thumbnails in the library, too
        // The restore cannot be undone after this line.
        return write_file_atomically(stage / "ready", "");
    };
    const auto extracted = extract();
    HONE_CHECK(finish_restore(library));
    if (!extracted) return std::unexpected(extracted.error());
    return summary;
}

Result<bool> restore_is_pending(const fs::path& library) {
    return path_exists(staging(library) / "ready");
}

namespace {

// Puts the staged databases in the place of the old ones. Can be repeated after any step of it.
Result<> take_staged(const fs::path& library) {
    const fs::path stage = staging(library);
    // The numbers in these files refer to other photos from now on.
    HONE_TRY(const std::vector<std::string> names, list_folder(library));
    for (const std::string& name : names) {
        if (name.starts_with("vectors")) HONE_CHECK(remove_tree(library / name));
    }
    for (const char* name : kDatabases) {
        HONE_TRY(const bool staged, path_exists(stage / name));
        if (!staged) continue;
        for (const char* log : {"-wal", "-shm"}) HONE_CHECK(remove_file(library / (std::string(name) + log)));
        // A power failure must not leave an old log next to a new database.
        HONE_CHECK(sync_folder(library));
        HONE_CHECK(rename_file(stage / name, library / name));
    }
    return remove_file(stage / "ready");
}

}  // namespace

Result<> finish_restore(const fs::path& library) {
    HONE_TRY(const bool pending, restore_is_pending(library));
    const auto taken = pending ? take_staged(library) : Result<>{};
    if (!taken) return fail("the restore cannot be completed: {}", taken.error().message);
    return remove_tree(staging(library));
}

Result<std::vector<fs::path>> backups_in(const fs::path& folder) {
    static const std::regex ours("hone-\\d{8}-\\d{6}\\.backup");
    std::vector<fs::path> backups;
    const auto names = list_folder(folder);
    if (!names) return fail("backups cannot be kept: {}", names.error().message);
    for (const std::string& name : *names) {
        if (std::regex_match(name, ours)) backups.push_back(folder / name);
    }
    std::ranges::sort(backups);
    return backups;
}

namespace {

// Removes what backups that were cut short left in their folder.
Result<> remove_unfinished(const fs::path& folder) {
    static const std::regex part("hone-\\d{8}-\\d{6}\\.backup(\\.(catalog|users)\\.db)?\\.part(-journal)?");
    HONE_TRY(const std::vector<std::string> names, list_folder(folder));
    for (const std::string& name : names) {
        if (std::regex_match(name, part)) HONE_CHECK(remove_file(folder / name));
    }
    return {};
}

}  // namespace

Result<bool> write_scheduled_backup(Library& library, system_clock::time_point now) {
    HONE_TRY(const auto folder, library.catalog().setting(kBackupFolderSetting));
    if (!folder || folder->empty() || !library.catalog().condition().address.empty()) return false;
    HONE_TRY(const std::uint64_t hours, number_setting(library.catalog(), kBackupHoursSetting, 24));
    HONE_TRY(const std::uint64_t keep, number_setting(library.catalog(), kBackupKeepSetting, 7));
    HONE_CHECK(make_directories(*folder));
    HONE_TRY(std::vector<fs::path> backups, backups_in(*folder));
    HONE_CHECK(remove_unfinished(*folder));
    // The names sort chronologically.
    const auto name_at = [](system_clock::time_point time) {
        return fmt::format("hone-{:%Y%m%d-%H%M%S}.backup", fmt::gmtime(system_clock::to_time_t(time)));
    };
    const bool due =
        backups.empty() || backups.back().filename().string() <= name_at(now - std::chrono::hours(hours));
    if (due) {
        const fs::path file = fs::path(*folder) / name_at(now);
        HONE_TRY(const BackupSummary summary, write_backup(library.directory(), file, false));
        (void)summary;
        backups.push_back(file);
    }
    // Also when an earlier call wrote its backup, but failed before it came to this.
    for (std::size_t at = 0; at + std::max<std::size_t>(keep, 1) < backups.size(); ++at)
        (void)remove_file(backups[at]);  // otherwise at the next call
    return due;
}

}  // namespace hone
