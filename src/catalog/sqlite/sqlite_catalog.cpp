// SPDX-License-Identifier: GPL-3.0-or-later
// Implements catalog/catalog.hpp with SQLite (WAL): one connection writes, a few others read concurrently.
#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "base/time.hpp"
#include "catalog/catalog.hpp"
#include "catalog/sqlite/change_recorder.hpp"
#include "catalog/sqlite/changes_of.hpp"
#include "catalog/sqlite/commit_hook.hpp"
#include "catalog/sqlite/facts.hpp"
#include "catalog/sqlite/filter_sql.hpp"
#include "catalog/sqlite/people_tables.hpp"
#include "catalog/sqlite/schema.hpp"
#include "catalog/sqlite/statement_counts.hpp"

namespace hone {

namespace {

constexpr int kBusyMilliseconds = 10'000;         // longer than any of Hone's transactions
constexpr std::size_t kHookedRows = 256;          // files or faces in one transaction
constexpr int kHookedBusyMilliseconds = 120'000;  // a hook may fill the whole file in one transaction

// Translates a database error into advice for people.
Error to_error(const SQLite::Exception& error, const fs::path& file) {
    switch (error.getErrorCode()) {
        case SQLITE_FULL:
            return {ErrorKind::kFailed,
                    "the disk of the library is full; free some space and run it again, nothing is lost"};
        case SQLITE_IOERR:
            return {ErrorKind::kFailed, fmt::format("cannot read or write the catalogue ({}); is the disk "
                                                    "full or gone? nothing that was committed is lost",
                                                    error.what())};
        case SQLITE_NOTADB:
        case SQLITE_CORRUPT:
            return {ErrorKind::kFailed, fmt::format("the catalogue {} is damaged ({}); `hone doctor` saves "
                                                    "the readable rows and shows the next steps",
                                                    printable(file), error.what())};
        case SQLITE_READONLY:
            return {ErrorKind::kFailed, "the library cannot be written; check its owner and permissions"};
        default:
            return {ErrorKind::kFailed, fmt::format("the catalogue says: {}", error.what())};
    }
}

template <typename Call>
auto guarded(const fs::path& file, Call call) -> decltype(call()) {
    try {
        return call();
    } catch (const SQLite::Exception& error) {
        return std::unexpected(to_error(error, file));
    }
}

void bind_path(SQLite::Statement& statement, int index, const fs::path& path) {
    statement.bind(index, path.native().data(), static_cast<int>(path.native().size()));
}

fs::path column_path(const SQLite::Statement& statement, int index) {
    return text_of(statement.getColumn(index));
}

constexpr const char* kPhotoColumns =
    "photo.id, photo.sha, photo.bytes, photo.width, photo.height, photo.format, photo.color, photo.added_at";

PhotoId read_id(const SQLite::Column& sha) {
    PhotoId id{};
    std::copy_n(static_cast<const std::uint8_t*>(sha.getBlob()),
                std::min<std::size_t>(id.size(), sha.getBytes()), id.begin());
    return id;
}

// first: the column of the first of kPhotoColumns.
Photo read_photo(const SQLite::Statement& statement, int first = 0) {
    Photo photo;
    photo.number = static_cast<PhotoNumber>(statement.getColumn(first).getInt64());
    photo.id = read_id(statement.getColumn(first + 1));
    photo.bytes = static_cast<std::uint64_t>(statement.getColumn(first + 2).getInt64());
    photo.width = statement.getColumn(first + 3).getInt();
    photo.height = statement.getColumn(first + 4).getInt();
    photo.format = statement.getColumn(first + 5).getString();
    photo.color = static_cast<std::uint32_t>(statement.getColumn(first + 6).getInt64());
    photo.added_at = statement.getColumn(first + 7).getInt64();
    return photo;
}

// Columns of kFileTables.
constexpr const char* kFileColumns =
    "place.id, place.folder_id, place.path, place.size, place.modified_ns, place.inode, place.sidecar, "
    "place.state, place.photo_id, place.stage, place.reason, photo.sha, folder.reachable";
constexpr const char* kFileTables =
    "place JOIN folder ON folder.id = place.folder_id LEFT JOIN photo ON photo.id = place.photo_id";

FileRecord read_file_record(const SQLite::Statement& statement) {
    FileRecord file;
    file.id = statement.getColumn(0).getInt64();
    file.folder = statement.getColumn(1).getInt64();
    file.facts = {column_path(statement, 2), static_cast<std::uint64_t>(statement.getColumn(3).getInt64()),
                  statement.getColumn(4).getInt64(),
                  static_cast<std::uint64_t>(statement.getColumn(5).getInt64()),
                  static_cast<std::uint64_t>(statement.getColumn(6).getInt64())};
    file.state = static_cast<FileState>(statement.getColumn(7).getInt());
    if (!statement.getColumn(8).isNull())
        file.photo = static_cast<PhotoNumber>(statement.getColumn(8).getInt64());
    file.stage = statement.getColumn(9).getString();
    file.reason = statement.getColumn(10).getString();
    if (!statement.getColumn(11).isNull()) file.photo_id = read_id(statement.getColumn(11));
    file.reachable = file.state == FileState::kPhoto && statement.getColumn(12).getInt() != 0;
    return file;
}

// A file that is shown as a photo; a raw file next to its finished photo is not.
constexpr const char* kAvailableFile =
    "photo_id IS NOT NULL AND state = 0 AND photo_id NOT IN (SELECT id FROM photo WHERE shown_as IS NOT "
    "NULL)";

// A photo without an available file.
constexpr const char* kIsMissing = "NOT EXISTS (SELECT 1 FROM place WHERE photo_id = photo.id AND state = 0)";

// Keeps photo.missing_since right. Call it for every photo whose files changed.
void update_missing_since(Statements& statements, std::int64_t photo) {
    static const std::string kStart = fmt::format(
        "UPDATE photo SET missing_since = ? WHERE id = ? AND missing_since IS NULL AND {}", kIsMissing);
    static const std::string kEnd = fmt::format(
        "UPDATE photo SET missing_since = NULL WHERE id = ? AND missing_since IS NOT NULL AND NOT {}",
        kIsMissing);
    const auto start = statements(kStart), end = statements(kEnd);
    start->bind(1, unix_seconds());
    start->bind(2, photo);
    if (start->exec() > 0) return;
    end->bind(1, photo);
    end->exec();
}

// Binds two parameters: the paths below a directory are between "dir/" and "dir0", because '0' follows '/'.
void bind_below(SQLite::Statement& statement, int index, const fs::path& directory) {
    std::string low = directory.native(), high = low;
    if (low.ends_with('/'))
        high.pop_back();
    else
        low += '/';
    high += '0';
    statement.bind(index, low.data(), static_cast<int>(low.size()));
    statement.bind(index + 1, high.data(), static_cast<int>(high.size()));
}

class SqliteCatalog final : public Catalog {
  public:
    SqliteCatalog(fs::path file, bool writable, std::unique_ptr<CommitHook> hook)
        : file_(std::move(file)), writable_(writable), hook_(std::move(hook)) {}

    Result<> open() {
        return guarded(file_, [&]() -> Result<> {
            if (!writable_) {
                auto reader = std::make_unique<Reader>(connect(SQLite::OPEN_READONLY));
                HONE_CHECK(check_schema(*reader));
                readers_.push_back(std::move(reader));
                return {};
            }
            writer_ = connect(SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
            // FULL: a commit survives a power failure. NORMAL would lose the last ones, a person's edits too.
            // A replica gets them again from its server.
            writer_->exec(
                fmt::format("PRAGMA journal_mode = WAL; PRAGMA synchronous = {}; PRAGMA foreign_keys = ON;",
                            hook_ ? "NORMAL" : "FULL"));
            prepared_ = std::make_unique<Statements>(*writer_);
            HONE_CHECK(prepare_schema(*writer_));
            // Best effort: without an answer of the server, the next opening does it.
            if (hook_ && hook_->condition().trouble.empty()) (void)start_missing_clocks();
            return {};
        });
    }

    Result<std::optional<std::string>> setting(const std::string& key) override {
        return read([&](SQLite::Database& database) -> Result<std::optional<std::string>> {
            SQLite::Statement query(database, "SELECT value FROM setting WHERE key = ?");
            query.bind(1, key);
            if (!query.executeStep()) return std::nullopt;
            return query.getColumn(0).getString();
        });
    }

    Result<> set_setting(const std::string& key, const std::string& value) override {
        return write([&](SQLite::Database& database) -> Result<> {
            SQLite::Statement insert(
                database,
                "INSERT INTO setting VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value");
            insert.bind(1, key);
            insert.bind(2, value);
            insert.exec();
            return {};
        });
    }

    Result<Folder> add_folder(const fs::path& path) override {
        return write([&](SQLite::Database& database) -> Result<Folder> {
            SQLite::Statement insert(database,
                                     "INSERT INTO folder (path) VALUES (?) ON CONFLICT (path) DO NOTHING");
            bind_path(insert, 1, path);
            insert.exec();
            SQLite::Statement query(database, "SELECT id, path, reachable FROM folder WHERE path = ?");
            bind_path(query, 1, path);
            query.executeStep();
            return Folder{query.getColumn(0).getInt64(), column_path(query, 1),
                          query.getColumn(2).getInt() != 0};
        });
    }

    Result<std::vector<Folder>> folders() override {
        return read([&](SQLite::Database& database) -> Result<std::vector<Folder>> {
            SQLite::Statement query(database, "SELECT id, path, reachable FROM folder ORDER BY id");
            std::vector<Folder> folders;
            while (query.executeStep())
                folders.push_back(
                    {query.getColumn(0).getInt64(), column_path(query, 1), query.getColumn(2).getInt() != 0});
            return folders;
        });
    }

    Result<> set_reachable(FolderId folder, bool reachable) override {
        return write([&](SQLite::Database& database) -> Result<> {
            SQLite::Statement update(database, "UPDATE folder SET reachable = ? WHERE id = ?");
            update.bind(1, reachable ? 1 : 0);
            update.bind(2, folder);
            update.exec();
            return {};
        });
    }

    Result<> remove_folder(FolderId folder) override {
        for (std::size_t gone = rows_at_once(); gone == rows_at_once();) {
            HONE_TRY(gone, write([&](SQLite::Database& database) -> Result<std::size_t> {
                         return remove_files(database, folder);
                     }));
        }
        return write([&](SQLite::Database& database) -> Result<> {
            remove_files(database, folder);
            SQLite::Statement remove(database, "DELETE FROM folder WHERE id = ?");
            remove.bind(1, folder);
            if (remove.exec() == 0) return fail(ErrorKind::kNotFound, "no folder has the number {}", folder);
            return {};
        });
    }

    Result<std::uint64_t> photos_below(const fs::path& directory) override {
        return read([&](SQLite::Database& database) -> Result<std::uint64_t> {
            SQLite::Statement query(database,
                                    "SELECT count(*) FROM place WHERE path > ? AND path < ? AND state = 0");
            bind_below(query, 1, directory);
            query.executeStep();
            return static_cast<std::uint64_t>(query.getColumn(0).getInt64());
        });
    }

    Result<std::optional<FileRecord>> find_file(const fs::path& path) override {
        return read([&](Reader& reader) -> Result<std::optional<FileRecord>> {
            static const std::string sql =
                fmt::format("SELECT {} FROM {} WHERE place.path = ?", kFileColumns, kFileTables);
            const auto query = reader.statements(sql);
            bind_path(*query, 1, path);
            if (!query->executeStep()) return std::nullopt;
            return read_file_record(*query);
        });
    }

    Result<std::vector<FileRecord>> files_of(PhotoNumber photo) override {
        return read([&](Reader& reader) -> Result<std::vector<FileRecord>> {
            static const std::string sql = fmt::format(
                "SELECT {} FROM {} WHERE place.photo_id = ? ORDER BY place.state, folder.reachable DESC, "
                "place.id",
                kFileColumns, kFileTables);
            const auto query = reader.statements(sql);
            query->bind(1, static_cast<std::int64_t>(photo));
            std::vector<FileRecord> files;
            while (query->executeStep()) files.push_back(read_file_record(*query));
            return files;
        });
    }

    Result<std::vector<FileRecord>> find_moved(const FileFacts& facts) override {
        return read([&](SQLite::Database& database) -> Result<std::vector<FileRecord>> {
            SQLite::Statement query(
                database,
                fmt::format(
                    "SELECT {} FROM {} WHERE place.inode = ? AND place.size = ? AND place.modified_ns = ? "
                    "AND place.photo_id IS NOT NULL AND place.state IN (0, 1) AND place.path <> ?",
                    kFileColumns, kFileTables));
            query.bind(1, static_cast<std::int64_t>(facts.inode));
            query.bind(2, static_cast<std::int64_t>(facts.size));
            query.bind(3, facts.modified_ns);
            bind_path(query, 4, facts.path);
            std::vector<FileRecord> files;
            while (query.executeStep()) files.push_back(read_file_record(query));
            return files;
        });
    }

    Result<std::vector<CommittedFile>> commit(std::span<const FileOutcome> outcomes) override {
        if (!hook_ || outcomes.size() <= hook_->batch()) return commit_at_once(outcomes);
        std::vector<CommittedFile> committed;
        for (std::size_t first = 0; first < outcomes.size(); first += hook_->batch()) {
            HONE_TRY(const auto part, commit_at_once(outcomes.subspan(
                                          first, std::min(hook_->batch(), outcomes.size() - first))));
            committed.insert(committed.end(), part.begin(), part.end());
        }
        return committed;
    }

    Result<> observe(std::function<void(const Changes&)> observer) override {
        // No write comes between reading and the first change.
        const std::lock_guard lock(writer_mutex_);
        HONE_TRY(const Changes everything, read([](SQLite::Database& database) -> Result<Changes> {
                     return read_everything(database);
                 }));
        observer_ = std::move(observer);
        observer_(everything);
        return {};
    }

    Condition condition() override { return hook_ ? hook_->condition() : Condition{}; }
    Leases* leases() override { return hook_ ? &hook_->leases() : nullptr; }

    Result<std::uint64_t> end_scan(const ScannedPart& part, const std::vector<bool>& seen) override {
        std::uint64_t missing = 0;
        for (std::size_t gone = rows_at_once(); gone == rows_at_once();) {
            HONE_TRY(const EndedScan ended, end_scan_at_once(part, seen));
            gone = ended.gone;
            missing += ended.missing;
        }
        return missing;
    }

    Result<FileId> last_file() override {
        return read([&](SQLite::Database& database) -> Result<FileId> {
            return database.execAndGet("SELECT ifnull(max(id), 0) FROM place").getInt64();
        });
    }

    Result<std::uint64_t> moved_since(FileId file) override {
        return read([&](SQLite::Database& database) -> Result<std::uint64_t> {
            SQLite::Statement query(
                database,
                "SELECT count(DISTINCT photo_id) FROM place AS new WHERE new.id > ?1 AND new.state = 0 AND "
                "EXISTS "
                "(SELECT 1 FROM place AS old WHERE old.photo_id = new.photo_id AND old.id <= ?1) AND NOT "
                "EXISTS "
                "(SELECT 1 FROM place AS old JOIN folder ON folder.id = old.folder_id WHERE old.photo_id = "
                "new.photo_id AND old.id <= ?1 AND old.state = 0 AND folder.reachable)");
            query.bind(1, file);
            query.executeStep();
            return static_cast<std::uint64_t>(query.getColumn(0).getInt64());
        });
    }

    Result<std::optional<PhotoNumber>> shown_as(PhotoNumber photo) override {
        return read([&](SQLite::Database& database) -> Result<std::optional<PhotoNumber>> {
            SQLite::Statement query(database,
                                    "SELECT shown_as FROM photo WHERE id = ? AND shown_as IS NOT NULL");
            query.bind(1, static_cast<std::int64_t>(photo));
            if (!query.executeStep()) return std::nullopt;
            return static_cast<PhotoNumber>(query.getColumn(0).getInt64());
        });
    }

    Result<std::vector<PhotoNumber>> stands_for(PhotoNumber photo) override {
        return read([&](SQLite::Database& database) -> Result<std::vector<PhotoNumber>> {
            SQLite::Statement query(database, "SELECT id FROM photo WHERE shown_as = ? ORDER BY id");
            query.bind(1, static_cast<std::int64_t>(photo));
            return read_numbers(query);
        });
    }

    Result<> mark_available(FileId file) override {
        return write([&](SQLite::Database& database) -> Result<> {
            SQLite::Statement update(
                database, "UPDATE place SET state = 0 WHERE id = ? AND state = 1 RETURNING photo_id, path");
            update.bind(1, file);
            if (update.executeStep()) {
                const std::int64_t photo = update.getColumn(0).getInt64();
                const fs::path path = column_path(update, 1);
                update.reset();
                update_missing_since(*prepared_, photo);
                pair_raw_files(*prepared_, path);
                refresh_text_index(*prepared_, static_cast<PhotoNumber>(photo));
            }
            return {};
        });
    }

    Result<std::vector<PhotoNumber>> missing_photos(std::int64_t until) override {
        return read([&](SQLite::Database& database) -> Result<std::vector<PhotoNumber>> {
            SQLite::Statement query(
                database,
                "SELECT id FROM photo WHERE missing_since IS NOT NULL AND missing_since <= ? ORDER BY id");
            query.bind(1, until);
            return read_numbers(query);
        });
    }

    Result<std::vector<Photo>> forget(std::span<const PhotoNumber> photos) override {
        std::vector<PhotoNumber> numbers(photos.begin(), photos.end());
        std::ranges::sort(numbers);
        const std::size_t batch = hook_ ? hook_->batch() : std::max<std::size_t>(1, numbers.size());
        std::vector<Photo> gone;
        for (std::size_t first = 0; first < numbers.size(); first += batch) {
            const auto part = std::span(numbers).subspan(first, std::min(batch, numbers.size() - first));
            HONE_TRY(auto deleted, write([&](SQLite::Database& database) -> Result<std::vector<Photo>> {
                         std::vector<Photo> some;
                         for (const PhotoNumber number : part) {
                             if (auto photo = forget_one(database, number)) some.push_back(std::move(*photo));
                         }
                         if (!some.empty()) count_change(database);
                         return some;
                     }));
            std::ranges::move(deleted, std::back_inserter(gone));
        }
        return gone;
    }

    Result<std::vector<bool>> known_photos() override {
        return read([&](SQLite::Database& database) -> Result<std::vector<bool>> {
            std::vector<bool> known(
                static_cast<std::size_t>(
                    database.execAndGet("SELECT ifnull(max(id), 0) FROM photo").getInt64()) +
                1);
            SQLite::Statement query(database, "SELECT id FROM photo");
            while (query.executeStep()) {
                const auto photo = static_cast<std::size_t>(query.getColumn(0).getInt64());
                if (photo < known.size()) known[photo] = true;
            }
            return known;
        });
    }

    Result<std::optional<Photo>> photo(PhotoNumber number) override {
        return read([&](Reader& reader) -> Result<std::optional<Photo>> {
            static const std::string sql = fmt::format("SELECT {} FROM photo WHERE id = ?", kPhotoColumns);
            const auto query = reader.statements(sql);
            query->bind(1, static_cast<std::int64_t>(number));
            if (!query->executeStep()) return std::nullopt;
            return read_photo(*query);
        });
    }

    Result<std::optional<Photo>> photo(const PhotoId& id) override {
        return read([&](SQLite::Database& database) -> Result<std::optional<Photo>> {
            SQLite::Statement query(database,
                                    fmt::format("SELECT {} FROM photo WHERE sha = ?", kPhotoColumns));
            query.bind(1, id.data(), static_cast<int>(id.size()));
            if (!query.executeStep()) return std::nullopt;
            return read_photo(query);
        });
    }

    Result<Photo> resolve(const std::string& text) override {
        return read([&](SQLite::Database& database) -> Result<Photo> {
            if (is_photo_id_prefix(text)) {
                // All ids with the prefix are between the prefix padded with 0 and the one padded with f.
                const auto low = *sha256_from_hex(text + std::string(64 - text.size(), '0'));
                const auto high = *sha256_from_hex(text + std::string(64 - text.size(), 'f'));
                SQLite::Statement query(
                    database,
                    fmt::format("SELECT {} FROM photo WHERE sha BETWEEN ? AND ? LIMIT 2", kPhotoColumns));
                query.bind(1, low.data(), static_cast<int>(low.size()));
                query.bind(2, high.data(), static_cast<int>(high.size()));
                if (query.executeStep()) {
                    Photo found = read_photo(query);
                    if (query.executeStep())
                        return fail(ErrorKind::kUsage,
                                    "several photos have ids that start with '{}'; give more digits", text);
                    return found;
                }
            }
            std::error_code error;
            const fs::path path = fs::absolute(text, error).lexically_normal();
            SQLite::Statement query(
                database,
                fmt::format(
                    "SELECT {} FROM photo JOIN place ON place.photo_id = photo.id WHERE place.path = ?",
                    kPhotoColumns));
            bind_path(query, 1, path);
            if (query.executeStep()) return read_photo(query);
            return fail(ErrorKind::kNotFound,
                        "no photo in the library has the id or path '{}'; ids come from a search",
                        text.substr(0, 200));
        });
    }

    Result<std::vector<Photo>> resolve(std::span<const std::string> names) override {
        const auto is_whole = [](const std::string& name) {
            return name.size() == 2 * std::tuple_size_v<PhotoId> && is_photo_id_prefix(name);
        };
        // Ids are hexadecimal digits, so they need no escaping.
        std::string whole;
        std::vector<std::size_t> places;  // of the whole ids in `names`
        for (std::size_t at = 0; at < names.size(); ++at) {
            if (!is_whole(names[at])) continue;
            whole += whole.empty() ? "[\"" : "\",\"";
            whole += names[at];
            places.push_back(at);
        }
        std::vector<std::optional<Photo>> known(names.size());
        if (!whole.empty()) {
            whole += "\"]";
            HONE_CHECK(read([&](Reader& reader) -> Result<> {
                static const std::string sql = fmt::format(
                    "SELECT wanted.key, {} FROM json_each(?) AS wanted JOIN photo ON photo.sha = "
                    "hone_bytes(wanted.value)",
                    kPhotoColumns);
                const auto query = reader.statements(sql);
                query->bind(1, whole);
                while (query->executeStep())
                    known[places[static_cast<std::size_t>(query->getColumn(0).getInt64())]] =
                        read_photo(*query, 1);
                return {};
            }));
        }
        std::vector<Photo> photos;
        photos.reserve(names.size());
        for (std::size_t at = 0; at < names.size(); ++at) {
            if (known[at]) {
                photos.push_back(*std::move(known[at]));
                continue;
            }
            HONE_TRY(Photo photo, resolve(names[at]));
            photos.push_back(std::move(photo));
        }
        return photos;
    }

    Result<std::vector<ListedPhoto>> list(std::span<const PhotoNumber> photos) override {
        return read([&](Reader& reader) -> Result<std::vector<ListedPhoto>> {
            static const std::string sql = fmt::format(
                "SELECT wanted.key, place.path, place.state, folder.reachable, metadata.taken_at, "
                "metadata.taken_offset, metadata.taken_source, {} FROM json_each(?) AS wanted JOIN photo ON "
                "photo.id = wanted.value LEFT JOIN metadata ON metadata.photo_id = photo.id LEFT JOIN place "
                "ON "
                "place.photo_id = photo.id LEFT JOIN folder ON folder.id = place.folder_id ORDER BY "
                "wanted.key, place.state, folder.reachable DESC, place.id",
                kPhotoColumns);
            const auto query = reader.statements(sql);
            query->bind(1, nlohmann::json(photos).dump());
            std::vector<ListedPhoto> listed;
            std::int64_t last = -1;
            while (query->executeStep()) {
                if (const std::int64_t key = query->getColumn(0).getInt64(); key != last) {
                    last = key;
                    ListedPhoto& photo = listed.emplace_back();
                    photo.photo = read_photo(*query, 7);
                    if (!query->isColumnNull(1)) photo.listing.path = column_path(*query, 1);
                    if (!query->isColumnNull(4)) photo.listing.taken = taken_of(*query, 4);
                    if (photo.listing.taken && photo.listing.taken->source == TakenSource::kModified)
                        photo.listing.taken.reset();
                }
                Listing& listing = listed.back().listing;
                const bool there = !query->isColumnNull(2) && query->getColumn(2).getInt() == 0;
                listing.copies += there ? 1 : 0;
                listing.reachable = listing.reachable || (there && query->getColumn(3).getInt() != 0);
            }
            return listed;
        });
    }

    Result<std::vector<Photo>> newest(std::size_t offset, std::size_t limit) override {
        return read([&](SQLite::Database& database) -> Result<std::vector<Photo>> {
            SQLite::Statement query(database,
                                    fmt::format("SELECT {} FROM photo WHERE shown_as IS NULL AND EXISTS "
                                                "(SELECT 1 FROM place WHERE photo_id = photo.id AND "
                                                "state = 0) ORDER BY photo.id DESC LIMIT ? OFFSET ?",
                                                kPhotoColumns));
            query.bind(1, static_cast<std::int64_t>(limit));
            query.bind(2, static_cast<std::int64_t>(offset));
            std::vector<Photo> photos;
            while (query.executeStep()) photos.push_back(read_photo(query));
            return photos;
        });
    }

    Result<std::vector<PhotoNumber>> available() override {
        return read([&](SQLite::Database& database) -> Result<std::vector<PhotoNumber>> {
            SQLite::Statement query(
                database,
                fmt::format("SELECT photo_id FROM place WHERE {} GROUP BY photo_id", kAvailableFile));
            return read_numbers(query);
        });
    }

    Result<MissingCount> count_missing() override {
        return read([&](Reader& reader) -> Result<MissingCount> {
            const auto query = reader.statements(
                "SELECT count(*), min(missing_since) FROM photo WHERE missing_since IS NOT NULL");
            MissingCount missing;
            query->executeStep();
            missing.photos = static_cast<std::uint64_t>(query->getColumn(0).getInt64());
            if (!query->isColumnNull(1)) missing.since = query->getColumn(1).getInt64();
            return missing;
        });
    }

    Result<Counts> counts() override {
        return read([&](SQLite::Database& database) -> Result<Counts> {
            Counts counts;
            counts.photos = static_cast<std::uint64_t>(
                database
                    .execAndGet(
                        fmt::format("SELECT count(DISTINCT photo_id) FROM place WHERE {}", kAvailableFile))
                    .getInt64());
            counts.failed = static_cast<std::uint64_t>(
                database.execAndGet("SELECT count(*) FROM place WHERE state = 2").getInt64());
            SQLite::Statement query(database,
                                    "SELECT reason, count(*) FROM place WHERE state = 3 GROUP BY reason");
            std::map<std::string, std::uint64_t> kinds;
            while (query.executeStep())
                kinds[present_kind(query.getColumn(0).getString())] +=
                    static_cast<std::uint64_t>(query.getColumn(1).getInt64());
            counts.skipped.assign(kinds.begin(), kinds.end());
            std::ranges::stable_sort(counts.skipped, std::greater{},
                                     [](const auto& kind) { return kind.second; });
            return counts;
        });
    }

    Result<std::vector<FileRecord>> failures(std::size_t limit) override {
        return read([&](SQLite::Database& database) -> Result<std::vector<FileRecord>> {
            SQLite::Statement query(
                database, fmt::format("SELECT {} FROM {} WHERE place.state = 2 ORDER BY place.path LIMIT ?",
                                      kFileColumns, kFileTables));
            query.bind(1, static_cast<std::int64_t>(limit));
            std::vector<FileRecord> files;
            while (query.executeStep()) files.push_back(read_file_record(query));
            return files;
        });
    }

    Result<std::vector<Analysis>> analyses(PhotoNumber photo) override {
        return read([&](SQLite::Database& database) -> Result<std::vector<Analysis>> {
            SQLite::Statement query(
                database,
                "SELECT analyzer, version, model, at FROM analysis WHERE photo_id = ? ORDER BY analyzer, at");
            query.bind(1, static_cast<std::int64_t>(photo));
            std::vector<Analysis> done;
            while (query.executeStep()) {
                done.push_back({{query.getColumn(0).getString(), query.getColumn(1).getInt(),
                                 query.getColumn(2).getString()},
                                query.getColumn(3).getInt64()});
            }
            return done;
        });
    }

    Result<std::vector<bool>> analyzed(std::span<const AnalyzerKey> keys) override {
        return read([&](SQLite::Database& database) -> Result<std::vector<bool>> {
            std::vector<std::uint8_t> done(
                static_cast<std::size_t>(
                    database.execAndGet("SELECT ifnull(max(id), 0) FROM photo").getInt64()) +
                1);
            SQLite::Statement query(
                database, "SELECT photo_id FROM analysis WHERE analyzer = ? AND version = ? AND model = ?");
            for (const AnalyzerKey& key : keys) {
                query.reset();
                query.bind(1, key.analyzer);
                query.bind(2, key.version);
                query.bind(3, key.model);
                while (query.executeStep()) {
                    const auto photo = static_cast<std::size_t>(query.getColumn(0).getInt64());
                    if (photo < done.size()) ++done[photo];
                }
            }
            std::vector<bool> all(done.size());
            for (std::size_t photo = 0; photo < done.size(); ++photo) all[photo] = done[photo] == keys.size();
            return all;
        });
    }

    Result<> mark_analyzed(std::span<const PhotoNumber> photos, const AnalyzerKey& key) override {
        return write([&](SQLite::Database&) -> Result<> {
            for (const PhotoNumber photo : photos) insert_analysis(*prepared_, photo, key);
            return {};
        });
    }

    Result<std::optional<AnalysisResults>> analysis_results(PhotoNumber photo) override {
        return read([&](SQLite::Database& database) -> Result<std::optional<AnalysisResults>> {
            return read_analysis_results(database, photo);
        });
    }

    Result<std::vector<PhotoNumber>> styled_photos() override {
        return read([&](SQLite::Database& database) -> Result<std::vector<PhotoNumber>> {
            SQLite::Statement query(
                database, fmt::format("SELECT photo_id FROM look WHERE photo_id IN (SELECT photo_id FROM "
                                      "place WHERE {}) ORDER BY photo_id",
                                      kAvailableFile));
            return read_numbers(query);
        });
    }

    Result<> for_each_style(std::span<const PhotoNumber> photos,
                            const std::function<Result<>(PhotoNumber, std::span<const std::uint8_t>,
                                                         std::span<const std::uint64_t>)>& visit) override {
        return read([&](Reader& reader) -> Result<> {
            const auto query = reader.statements("SELECT bytes, hashes FROM look WHERE photo_id = ?");
            std::vector<std::uint64_t> hashes;
            for (const PhotoNumber photo : photos) {
                query->reset();
                query->bind(1, static_cast<std::int64_t>(photo));
                if (!query->executeStep()) continue;
                const SQLite::Column style = query->getColumn(0), stored = query->getColumn(1);
                hashes.resize(static_cast<std::size_t>(stored.getBytes()) / sizeof(std::uint64_t));
                std::copy_n(static_cast<const std::uint8_t*>(stored.getBlob()),
                            hashes.size() * sizeof(std::uint64_t),
                            reinterpret_cast<std::uint8_t*>(hashes.data()));
                HONE_CHECK(visit(photo,
                                 {static_cast<const std::uint8_t*>(style.getBlob()),
                                  static_cast<std::size_t>(style.getBytes())},
                                 hashes));
            }
            return {};
        });
    }

    Result<> add_same_pictures(std::span<const SamePicture> pairs) override {
        return write([&](SQLite::Database& database) -> Result<> {
            SQLite::Statement insert(database, "INSERT OR REPLACE INTO same_picture VALUES (?,?,?,?,?)");
            for (const SamePicture& pair : pairs) {
                insert.reset();
                insert.bind(1, static_cast<std::int64_t>(std::min(pair.first, pair.second)));
                insert.bind(2, static_cast<std::int64_t>(std::max(pair.first, pair.second)));
                insert.bind(3, pair.inliers);
                insert.bind(4, pair.correlation);
                insert.bind(5, pair.certain ? 1 : 0);
                insert.exec();
            }
            return {};
        });
    }

    Result<std::vector<SamePicture>> same_pictures() override {
        return read([&](SQLite::Database& database) -> Result<std::vector<SamePicture>> {
            return read_same_pictures(database);
        });
    }

    Result<std::uint64_t> count_same_pictures() override {
        return read([&](SQLite::Database& database) -> Result<std::uint64_t> {
            SQLite::Statement query(database, "SELECT count(*) FROM same_picture");
            query.executeStep();
            return static_cast<std::uint64_t>(query.getColumn(0).getInt64());
        });
    }

    Result<std::vector<Capture>> captures() override {
        return read([&](SQLite::Database& database) -> Result<std::vector<Capture>> {
            return read_captures(database);
        });
    }

    Result<std::vector<PhotoNumber>> with_copies() override {
        return read([&](SQLite::Database& database) -> Result<std::vector<PhotoNumber>> {
            SQLite::Statement query(
                database,
                "SELECT photo_id FROM place WHERE photo_id IS NOT NULL AND state = 0 GROUP BY "
                "photo_id HAVING count(*) > 1");
            return read_numbers(query);
        });
    }

    Result<std::vector<PhotoNumber>> matching_text(std::span<const std::string> words, bool paths) override {
        return read([&](SQLite::Database& database) -> Result<std::vector<PhotoNumber>> {
            return photos_matching_text(database, words, paths);
        });
    }

    Result<std::vector<PhotoNumber>> matching(const PhotoFilter& filter) override {
        return matching_ordered(filter, "photo.id");
    }

    Result<std::vector<PhotoNumber>> matching_newest_taken(const PhotoFilter& filter) override {
        return matching_ordered(filter,
                                "(SELECT taken_at FROM metadata WHERE photo_id = photo.id) DESC NULLS LAST, "
                                "photo.sha");
    }

    Result<std::optional<TakenAt>> taken(PhotoNumber photo) override {
        return read([&](SQLite::Database& database) -> Result<std::optional<TakenAt>> {
            return read_taken(database, photo);
        });
    }

    Result<std::vector<Face>> faces_of(PhotoNumber photo) override {
        return read([&](SQLite::Database& database) -> Result<std::vector<Face>> {
            return read_faces(database, photo);
        });
    }
    Result<Face> face(FaceId id) override {
        return read([&](SQLite::Database& database) -> Result<Face> {
            auto face = read_face(database, id);
            if (!face) return fail(ErrorKind::kNotFound, "there is no face {}", id);
            return std::move(*face);
        });
    }
    Result<std::vector<Face>> faces_of_person(PersonId person) override {
        return read([&](SQLite::Database& database) -> Result<std::vector<Face>> {
            return read_faces_of(database, person);
        });
    }
    Result<> for_each_face(const std::string& model, const std::function<void(const Face&)>& visit) override {
        return read([&](SQLite::Database& database) -> Result<> {
            hone::for_each_face(database, model, visit);
            return {};
        });
    }
    Result<std::uint64_t> count_faces() override {
        return read([&](SQLite::Database& database) -> Result<std::uint64_t> {
            return static_cast<std::uint64_t>(database.execAndGet("SELECT count(*) FROM face").getInt64());
        });
    }
    Result<FaceId> add_face(PhotoNumber photo, const FaceFacts& face) override {
        return write([&](SQLite::Database& database) -> Result<FaceId> {
            return insert_face(database, photo, "", face);
        });
    }
    Result<std::vector<NamedRegion>> named_regions() override {
        return read([&](SQLite::Database& database) -> Result<std::vector<NamedRegion>> {
            return read_named_regions(database, std::nullopt);
        });
    }
    Result<std::vector<NamedRegion>> named_regions(std::span<const PhotoNumber> photos) override {
        return read([&](SQLite::Database& database) -> Result<std::vector<NamedRegion>> {
            return read_named_regions(database, photos);
        });
    }
    Result<> for_each_person_on_photo(const std::function<void(PhotoNumber, PersonId)>& visit) override {
        return read([&](SQLite::Database& database) -> Result<> {
            SQLite::Statement query(
                database,
                "SELECT DISTINCT photo_id, person_id FROM face WHERE person_id IS NOT NULL ORDER BY 1, 2");
            while (query.executeStep())
                visit(static_cast<PhotoNumber>(query.getColumn(0).getInt64()), query.getColumn(1).getInt64());
            return {};
        });
    }
    Result<std::string> faces_state() override {
        return read(
            [&](SQLite::Database& database) -> Result<std::string> { return read_faces_state(database); });
    }
    Result<std::vector<PersonCount>> people() override {
        return read([&](SQLite::Database& database) -> Result<std::vector<PersonCount>> {
            return read_people(database);
        });
    }
    Result<Person> person(PersonId id) override {
        return read([&](SQLite::Database& database) -> Result<Person> {
            auto person = read_person(database, id);
            if (!person) return fail(ErrorKind::kNotFound, "there is no person {}", id);
            return std::move(*person);
        });
    }
    Result<PersonCount> person_count(PersonId id) override {
        return read([&](SQLite::Database& database) -> Result<PersonCount> {
            const auto person = read_person(database, id);
            if (!person) return fail(ErrorKind::kNotFound, "there is no person {}", id);
            return read_person_count(database, *person);
        });
    }
    Result<std::optional<Person>> person_named(const std::string& name) override {
        return read([&](SQLite::Database& database) -> Result<std::optional<Person>> {
            SQLite::Statement query(database, "SELECT id FROM person WHERE name = ? AND name <> ''");
            query.bind(1, name);
            if (!query.executeStep()) return std::nullopt;
            return read_person(database, query.getColumn(0).getInt64());
        });
    }
    Result<std::vector<FaceRejection>> rejections() override {
        return read([&](SQLite::Database& database) -> Result<std::vector<FaceRejection>> {
            return read_rejections(database);
        });
    }
    Result<AppliedPeopleChange> change_people(const PeopleChange& change) override {
        if (!change.what.empty() || change.faces.size() <= rows_at_once()) {
            return write([&](SQLite::Database& database) -> Result<AppliedPeopleChange> {
                return apply_change(database, change);
            });
        }
        // The machine's own work is not an edit to undo, so it may be several transactions.
        PeopleChange part = change;
        AppliedPeopleChange applied;
        for (std::size_t first = 0; first < change.faces.size(); first += rows_at_once()) {
            const auto faces =
                std::span(change.faces).subspan(first, std::min(rows_at_once(), change.faces.size() - first));
            part.faces.assign(faces.begin(), faces.end());
            for (FaceAssignment& face : part.faces) {
                if (face.person < 0 && !applied.added.empty())
                    face.person = applied.added.at(static_cast<std::size_t>(-face.person - 1));
            }
            HONE_TRY(AppliedPeopleChange done, change_people(part));
            part = PeopleChange{};
            part.computed_from = done.state;
            if (first > 0) done.added = std::move(applied.added);
            applied = std::move(done);
        }
        return applied;
    }
    Result<std::optional<PeopleEdit>> undo_people_edit() override {
        return write([&](SQLite::Database& database) -> Result<std::optional<PeopleEdit>> {
            return undo_last_edit(database);
        });
    }
    Result<std::vector<PeopleEdit>> people_edits(std::size_t limit) override {
        return read([&](SQLite::Database& database) -> Result<std::vector<PeopleEdit>> {
            return read_edits(database, limit);
        });
    }
    Result<> forget_estimates() override {
        return write([&](SQLite::Database& database) -> Result<> {
            count_change(database);
            database.exec("UPDATE face SET age = NULL, male = NULL, age_low = NULL, age_high = NULL");
            return {};
        });
    }

    Result<> check() override {
        return read([&](SQLite::Database& database) -> Result<> {
            const std::string found = damage_in(database);
            if (found.empty()) return {};
            return fail("the catalogue {} is damaged ({}); `hone doctor` saves the readable rows",
                        printable(file_), found);
        });
    }

    Result<bool> has_vector(PhotoNumber photo, const VectorKey& key) override {
        return read([&](SQLite::Database& database) -> Result<bool> {
            SQLite::Statement query(database,
                                    "SELECT 1 FROM vector WHERE space = ? AND model = ? AND photo_id = ?");
            query.bind(1, key.space);
            query.bind(2, key.model);
            query.bind(3, static_cast<std::int64_t>(photo));
            return query.executeStep();
        });
    }

    Result<std::vector<PhotoNumber>> vector_numbers(const VectorKey& key) override {
        return read([&](SQLite::Database& database) -> Result<std::vector<PhotoNumber>> {
            SQLite::Statement query(
                database, "SELECT photo_id FROM vector WHERE space = ? AND model = ? ORDER BY photo_id");
            query.bind(1, key.space);
            query.bind(2, key.model);
            return read_numbers(query);
        });
    }

    Result<> for_each_vector(
        const VectorKey& key, std::span<const PhotoNumber> numbers,
        const std::function<Result<>(PhotoNumber, std::span<const float>)>& visit) override {
        return read([&](SQLite::Database& database) -> Result<> {
            SQLite::Statement query(database,
                                    "SELECT data FROM vector WHERE space = ? AND model = ? AND photo_id = ?");
            std::vector<float> values;
            for (const PhotoNumber number : numbers) {
                query.reset();
                query.bind(1, key.space);
                query.bind(2, key.model);
                query.bind(3, static_cast<std::int64_t>(number));
                if (!query.executeStep()) continue;
                const SQLite::Column data = query.getColumn(0);
                values.resize(static_cast<std::size_t>(data.getBytes()) / sizeof(float));
                std::copy_n(static_cast<const std::uint8_t*>(data.getBlob()), values.size() * sizeof(float),
                            reinterpret_cast<std::uint8_t*>(values.data()));
                HONE_CHECK(visit(number, values));
            }
            return {};
        });
    }

    Result<std::vector<StoredSpace>> stored_spaces(const std::string& space) override {
        return read([&](SQLite::Database& database) -> Result<std::vector<StoredSpace>> {
            // A loose index scan: one step per model instead of one per vector; the counts read only the
            // index.
            SQLite::Statement query(database, R"sql(
                WITH RECURSIVE known(model) AS (
                    SELECT min(model) FROM vector WHERE space = ?1
                    UNION ALL
                    SELECT (SELECT min(model) FROM vector WHERE space = ?1 AND model > known.model) FROM known WHERE known.model IS NOT NULL)
                SELECT model, (SELECT count(*) FROM vector WHERE space = ?1 AND vector.model = known.model),
                       (SELECT length(data) FROM vector WHERE space = ?1 AND vector.model = known.model LIMIT 1)
                FROM known WHERE model IS NOT NULL)sql");
            query.bind(1, space);
            std::vector<StoredSpace> spaces;
            while (query.executeStep()) {
                spaces.push_back({query.getColumn(0).getString(),
                                  static_cast<std::uint64_t>(query.getColumn(1).getInt64()),
                                  static_cast<std::size_t>(query.getColumn(2).getInt64()) / sizeof(float)});
            }
            return spaces;
        });
    }

  private:
    // A connection for reading and its prepared statements.
    struct Reader {
        explicit Reader(std::unique_ptr<SQLite::Database> opened)
            : database(std::move(opened)), statements(*database) {}
        operator SQLite::Database&() { return *database; }  // NOLINT(google-explicit-constructor)

        std::unique_ptr<SQLite::Database> database;
        Statements statements;
    };

    // A transaction on a server is one message of limited size, and large ones are slow.
    [[nodiscard]] std::size_t rows_at_once() const { return hook_ ? kHookedRows : SIZE_MAX; }

    // Deletes at most rows_at_once() records of the folder's files. Returns how many.
    std::size_t remove_files(SQLite::Database& database, FolderId folder) {
        SQLite::Statement query(database, "SELECT id, photo_id FROM place WHERE folder_id = ?");
        query.bind(1, folder);
        std::vector<std::pair<FileId, std::optional<std::int64_t>>> files;
        while (files.size() < rows_at_once() && query.executeStep()) {
            files.emplace_back(query.getColumn(0).getInt64(), std::nullopt);
            if (!query.isColumnNull(1)) files.back().second = query.getColumn(1).getInt64();
        }
        query.reset();
        SQLite::Statement remove(database, "DELETE FROM place WHERE id = ?");
        for (const auto& [file, photo] : files) {
            remove.reset();
            remove.bind(1, file);
            remove.exec();
        }
        for (const auto& [file, photo] : files) {
            if (!photo) continue;
            update_missing_since(*prepared_, *photo);
            refresh_text_index(*prepared_, static_cast<PhotoNumber>(*photo));
        }
        return files.size();
    }

    // Starts the clocks of missing photos that have none: an older Hone wrote them on the server.
    Result<> start_missing_clocks() {
        for (std::size_t started = rows_at_once(); started == rows_at_once();) {
            HONE_TRY(started, write([&](SQLite::Database& database) -> Result<std::size_t> {
                         SQLite::Statement update(
                             database,
                             fmt::format("UPDATE photo SET missing_since = ? WHERE id IN (SELECT id FROM "
                                         "photo WHERE missing_since IS NULL AND {} LIMIT ?)",
                                         kIsMissing));
                         update.bind(1, unix_seconds());
                         update.bind(2, static_cast<std::int64_t>(rows_at_once()));
                         return static_cast<std::size_t>(update.exec());
                     }));
        }
        return {};
    }

    // Returns std::nullopt for an unknown photo and for one with an available file; these stay.
    std::optional<Photo> forget_one(SQLite::Database& database, PhotoNumber number) {
        const auto id = static_cast<std::int64_t>(number);
        std::optional<Photo> photo;
        {
            SQLite::Statement query(
                database, fmt::format("SELECT {} FROM photo WHERE id = ? AND {}", kPhotoColumns, kIsMissing));
            query.bind(1, id);
            if (!query.executeStep()) return std::nullopt;
            photo = read_photo(query);
        }
        // Rows that refer to others first.
        for (const char* sql :
             {"DELETE FROM face_rejection WHERE face_id IN (SELECT id FROM face WHERE photo_id = ?)",
              "DELETE FROM face WHERE photo_id = ?", "DELETE FROM same_picture WHERE first = ?",
              "DELETE FROM same_picture WHERE second = ?", "DELETE FROM vector WHERE photo_id = ?",
              "DELETE FROM look WHERE photo_id = ?", "DELETE FROM keyword WHERE photo_id = ?",
              "DELETE FROM metadata WHERE photo_id = ?", "DELETE FROM analysis WHERE photo_id = ?",
              "DELETE FROM words WHERE rowid = ?", "DELETE FROM place WHERE photo_id = ?",
              "UPDATE photo SET shown_as = NULL WHERE shown_as = ?", "DELETE FROM photo WHERE id = ?"}) {
            const auto change = (*prepared_)(sql);
            change->bind(1, id);
            change->exec();
        }
        return photo;
    }

    struct EndedScan {
        std::uint64_t missing = 0;
        std::size_t gone = 0;
    };
    // Processes at most rows_at_once() files.
    Result<EndedScan> end_scan_at_once(const ScannedPart& part, const std::vector<bool>& seen) {
        return write([&](SQLite::Database& database) -> Result<EndedScan> {
            SQLite::Statement query(database,
                                    "SELECT id, state, path, sidecar, photo_id FROM place WHERE path > ? AND "
                                    "path < ? AND state != 1");
            bind_below(query, 1, part.directory);
            struct Gone {
                FileId file;
                std::optional<std::int64_t> photo;
                bool sidecar;  // one next to it described the photo
                fs::path path;
            };
            std::vector<Gone> gone;
            const std::size_t prefix = part.directory.native().size() + 1;
            while (gone.size() < rows_at_once() && query.executeStep()) {
                const FileId file = query.getColumn(0).getInt64();
                if (static_cast<std::size_t>(file) < seen.size() && seen[static_cast<std::size_t>(file)])
                    continue;
                const std::string path = column_path(query, 2).native();
                if (!part.recursive && path.find('/', prefix) != std::string::npos) continue;
                const bool unread = std::ranges::any_of(part.unread, [&](const fs::path& folder) {
                    return path.starts_with(folder.native() + '/');
                });
                if (unread) continue;
                gone.push_back({file, {}, query.getColumn(3).getInt64() != 0, path});
                if (query.getColumn(1).getInt() == 0) gone.back().photo = query.getColumn(4).getInt64();
            }
            SQLite::Statement update(database, "UPDATE place SET state = 1 WHERE id = ?");
            SQLite::Statement forget(database, "DELETE FROM place WHERE id = ?");
            std::uint64_t missing = 0;
            for (const Gone& file : gone) {
                SQLite::Statement& change = file.photo ? update : forget;
                change.reset();
                change.bind(1, file.file);
                change.exec();
                missing += file.photo ? 1 : 0;
            }
            // Copies without a sidecar no longer have its metadata, so re-read them.
            SQLite::Statement again(database,
                                    "DELETE FROM analysis WHERE photo_id = ?1 AND analyzer = 'metadata' AND "
                                    "EXISTS (SELECT 1 FROM "
                                    "place WHERE photo_id = ?1 AND state = 0) AND NOT EXISTS (SELECT 1 FROM "
                                    "place WHERE photo_id = "
                                    "?1 AND state = 0 AND sidecar != 0)");
            for (const Gone& file : gone) {
                if (!file.photo) continue;
                update_missing_since(*prepared_, *file.photo);
                if (!file.sidecar) continue;
                again.reset();
                again.bind(1, *file.photo);
                again.exec();
            }
            for (const Gone& file : gone) {
                if (!file.photo) continue;
                pair_raw_files(*prepared_, file.path);
                refresh_text_index(*prepared_, static_cast<PhotoNumber>(*file.photo));
            }
            return EndedScan{missing, gone.size()};
        });
    }

    Result<std::vector<CommittedFile>> commit_at_once(std::span<const FileOutcome> outcomes) {
        return write([&](SQLite::Database&) -> Result<std::vector<CommittedFile>> {
            std::vector<CommittedFile> committed;
            for (const FileOutcome& outcome : outcomes) committed.push_back(commit_one(*prepared_, outcome));
            return committed;
        });
    }

    std::unique_ptr<SQLite::Database> connect(int flags) {
        // SQLite needs neither memory statistics nor locks for connections used by one thread at a time.
        static const int counting = ::sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
        (void)counting;
        auto database =
            std::make_unique<SQLite::Database>(file_.native(), flags | SQLite::OPEN_NOMUTEX,
                                               hook_ ? kHookedBusyMilliseconds : kBusyMilliseconds);
        register_filter_functions(*database);
        count_statements(*database);
        return database;
    }

    Result<std::vector<PhotoNumber>> matching_ordered(const PhotoFilter& filter, const char* order) {
        HONE_TRY(const SqlCondition condition, to_sql(filter));
        return read([&](SQLite::Database& database) -> Result<std::vector<PhotoNumber>> {
            SQLite::Statement query(
                database,
                fmt::format(
                    "SELECT photo.id FROM photo WHERE photo.id IN (SELECT photo_id FROM place WHERE {}) AND "
                    "({}) ORDER BY {}",
                    kAvailableFile, condition.where, order));
            int index = 0;
            for (const auto& parameter : condition.parameters)
                std::visit([&](const auto& value) { query.bind(++index, value); }, parameter);
            return read_numbers(query);
        });
    }

    static std::vector<PhotoNumber> read_numbers(SQLite::Statement& query) {
        std::vector<PhotoNumber> numbers;
        while (query.executeStep())
            numbers.push_back(static_cast<PhotoNumber>(query.getColumn(0).getInt64()));
        return numbers;
    }

    // Runs `call` on a connection that no other thread uses.
    template <typename Call>
    auto read(Call call) -> decltype(call(std::declval<Reader&>())) {
        return guarded(file_, [&]() -> decltype(call(std::declval<Reader&>())) {
            std::unique_ptr<Reader> reader;
            {
                const std::lock_guard lock(readers_mutex_);
                if (!readers_.empty()) {
                    reader = std::move(readers_.back());
                    readers_.pop_back();
                }
            }
            if (!reader) reader = std::make_unique<Reader>(connect(SQLite::OPEN_READONLY));
            auto result = call(*reader);
            const std::lock_guard lock(readers_mutex_);
            readers_.push_back(std::move(reader));
            return result;
        });
    }

    // Runs `call` in a transaction; an error rolls it back. With a hook, it may run several times.
    template <typename Call>
    auto write(Call call) -> decltype(call(std::declval<SQLite::Database&>())) {
        using Outcome = decltype(call(std::declval<SQLite::Database&>()));
        return guarded(file_, [&]() -> Outcome {
            if (!writer_) return fail("the library was opened read-only");
            const std::lock_guard lock(writer_mutex_);
            if (!hook_) {
                SQLite::Transaction transaction(*writer_, SQLite::TransactionBehavior::IMMEDIATE);
                ChangeRecorder recorder(*writer_, kObservedTables);
                auto result = call(*writer_);
                if (!result) return result;
                commit(transaction, recorder.changes());
                return result;
            }
            for (;;) {
                std::optional<Outcome> refused;
                {
                    SQLite::Transaction transaction(*writer_, SQLite::TransactionBehavior::IMMEDIATE);
                    ChangeRecorder recorder(*writer_, kHookedTables);
                    Outcome result = call(*writer_);
                    if (result) {
                        const std::vector<ChangedRow> rows = recorder.changes();
                        HONE_TRY(const auto decision, hook_->before_commit(*writer_, rows));
                        if (decision == CommitHook::Decision::kCommit) {
                            commit(transaction, rows);
                            return result;
                        }
                    } else {
                        refused = std::move(result);
                    }
                }
                // The failure may come from another process's changes that are not here yet.
                const auto changed = hook_->catch_up();
                if (refused && !changed.value_or(false)) return std::move(*refused);
                if (!changed) return std::unexpected(changed.error());
            }
        });
    }

    void commit(SQLite::Transaction& transaction, std::span<const ChangedRow> rows) {
        const Changes changes = observer_ ? changes_of(*prepared_, rows) : Changes{};
        transaction.commit();
        if (!changes.empty()) observer_(changes);
    }

    static std::optional<PhotoNumber> number_of(Statements& statements, const PhotoId& id) {
        const auto query = statements("SELECT id FROM photo WHERE sha = ?");
        query->bind(1, id.data(), static_cast<int>(id.size()));
        if (!query->executeStep()) return std::nullopt;
        return static_cast<PhotoNumber>(query->getColumn(0).getInt64());
    }

    static CommittedFile commit_one(Statements& statements, const FileOutcome& outcome) {
        CommittedFile committed;
        FileState state = FileState::kPhoto;
        std::string stage, reason;
        if (const auto* photo = std::get_if<FileOutcome::Photo>(&outcome.what)) {
            committed.photo = commit_photo(statements, *photo, committed.new_photo);
        } else if (const auto* failed = std::get_if<FileOutcome::Failed>(&outcome.what)) {
            state = FileState::kFailed;
            stage = failed->stage;
            reason = failed->reason;
        } else {
            state = FileState::kSkipped;
            reason = std::get<FileOutcome::Skipped>(outcome.what).kind;
        }
        const auto known = statements("SELECT photo_id FROM place WHERE path = ?");
        bind_path(*known, 1, outcome.facts.path);
        committed.new_file = !known->executeStep();
        std::optional<std::int64_t> before;
        if (!committed.new_file && !known->isColumnNull(0)) before = known->getColumn(0).getInt64();
        const auto upsert = statements(
            "INSERT INTO place (folder_id, path, size, modified_ns, inode, state, "
            "photo_id, stage, reason, sidecar) VALUES (?,?,?,?,?,?,?,?,?,?) "
            "ON CONFLICT (path) DO UPDATE SET folder_id = excluded.folder_id, size = "
            "excluded.size, modified_ns = excluded.modified_ns, "
            "inode = excluded.inode, state = excluded.state, photo_id = "
            "excluded.photo_id, stage = excluded.stage, reason = excluded.reason, "
            "sidecar = excluded.sidecar "
            "RETURNING id");
        upsert->bind(1, outcome.folder);
        bind_path(*upsert, 2, outcome.facts.path);
        upsert->bind(3, static_cast<std::int64_t>(outcome.facts.size));
        upsert->bind(4, outcome.facts.modified_ns);
        upsert->bind(5, static_cast<std::int64_t>(outcome.facts.inode));
        upsert->bind(6, static_cast<int>(state));
        if (committed.photo) upsert->bind(7, static_cast<std::int64_t>(*committed.photo));
        upsert->bind(8, stage);
        upsert->bind(9, reason);
        upsert->bind(10, static_cast<std::int64_t>(outcome.facts.sidecar));
        upsert->executeStep();
        committed.file = upsert->getColumn(0).getInt64();
        if (before && before != committed.photo) update_missing_since(statements, *before);
        if (committed.photo) update_missing_since(statements, *committed.photo);
        if (committed.photo) {
            const auto& photo = std::get<FileOutcome::Photo>(outcome.what);
            if (photo.analysis_results && outcome.facts.sidecar == 0)
                forget_sidecars(statements, *committed.photo);
            refresh_text_index(statements, *committed.photo);
        }
        // The photo that the path held before.
        if (before && before != committed.photo)
            refresh_text_index(statements, static_cast<PhotoNumber>(*before));
        if (committed.photo || before) pair_raw_files(statements, outcome.facts.path);
        return committed;
    }

    // The photo was read without a sidecar. If a copy has one, mark the photo for re-reading, because the
    // sidecar counts.
    static void forget_sidecars(Statements& statements, PhotoNumber photo) {
        const auto update = statements("UPDATE place SET sidecar = 0 WHERE photo_id = ? AND sidecar != 0");
        update->bind(1, static_cast<std::int64_t>(photo));
        update->exec();
    }

    static void insert_analysis(Statements& statements, PhotoNumber photo, const AnalyzerKey& key) {
        const auto insert = statements("INSERT OR REPLACE INTO analysis VALUES (?,?,?,?,?)");
        insert->bind(1, static_cast<std::int64_t>(photo));
        insert->bind(2, key.analyzer);
        insert->bind(3, key.version);
        insert->bind(4, key.model);
        insert->bind(5, unix_seconds());
        insert->exec();
    }

    static PhotoNumber commit_photo(Statements& statements, const FileOutcome::Photo& outcome, bool& is_new) {
        const PhotoFacts& photo = outcome.photo;
        const auto known = number_of(statements, photo.id);
        is_new = !known;
        if (known && outcome.analysis_results) {
            // Indexed again: a newer analyzer may find more.
            const auto update =
                statements("UPDATE photo SET width = ?, height = ?, format = ?, color = ? WHERE id = ?");
            update->bind(1, photo.width);
            update->bind(2, photo.height);
            update->bind(3, photo.format);
            update->bind(4, static_cast<std::int64_t>(photo.color));
            update->bind(5, static_cast<std::int64_t>(*known));
            update->exec();
        }
        if (is_new) {
            const auto insert = statements(
                "INSERT INTO photo (sha, bytes, width, height, format, color, added_at) "
                "VALUES (?,?,?,?,?,?,?)");
            insert->bind(1, photo.id.data(), static_cast<int>(photo.id.size()));
            insert->bind(2, static_cast<std::int64_t>(photo.bytes));
            insert->bind(3, photo.width);
            insert->bind(4, photo.height);
            insert->bind(5, photo.format);
            insert->bind(6, static_cast<std::int64_t>(photo.color));
            insert->bind(7, unix_seconds());
            insert->exec();
        }
        const PhotoNumber number =
            known ? *known : static_cast<PhotoNumber>(statements.database().getLastInsertRowid());
        if (outcome.key) {
            const auto vector =
                statements("INSERT OR REPLACE INTO vector (photo_id, space, model, data) VALUES (?,?,?,?)");
            vector->bind(1, static_cast<std::int64_t>(number));
            vector->bind(2, outcome.key->space);
            vector->bind(3, outcome.key->model);
            vector->bind(4, outcome.vector.data(), static_cast<int>(outcome.vector.size() * sizeof(float)));
            vector->exec();
        }
        if (outcome.analysis_results) store_analysis_results(statements, number, *outcome.analysis_results);
        if (outcome.faces) store_faces(statements, number, outcome.face_model, *outcome.faces);
        for (const AnalyzerKey& key : outcome.done) insert_analysis(statements, number, key);
        return number;
    }

    const fs::path file_;
    const bool writable_;
    const std::unique_ptr<CommitHook> hook_;
    std::function<void(const Changes&)> observer_;
    std::mutex writer_mutex_, readers_mutex_;
    std::unique_ptr<SQLite::Database> writer_;
    std::unique_ptr<Statements> prepared_;  // belongs to the writing connection; guarded by its mutex
    std::vector<std::unique_ptr<Reader>> readers_;
};

}  // namespace

Result<std::unique_ptr<Catalog>> open_sqlite_catalog(const fs::path& file, bool writable) {
    return open_hooked_catalog(file, writable, nullptr);
}

Result<std::unique_ptr<Catalog>> open_hooked_catalog(const fs::path& file, bool writable,
                                                     std::unique_ptr<CommitHook> hook) {
    auto catalog = std::make_unique<SqliteCatalog>(file, writable, std::move(hook));
    HONE_CHECK(catalog->open());
    return catalog;
}

}  // namespace hone
