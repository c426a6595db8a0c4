// SPDX-License-Identifier: GPL-3.0-or-later
// Deliberately broken catalogues: everything outside the broken pages is saved.
#include "catalog/sqlite/salvage.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "base/sha256.hpp"
#include "ingest/repair.hpp"
#include "library/backup.hpp"
#include "library/library.hpp"
#include "tests/support/people.hpp"
#include "tests/support/temporary_folder.hpp"

namespace hone {
namespace {

using testing::HasSubstr;

constexpr int kPhotos = 90;
constexpr std::size_t kPage = 4096;

const std::vector<std::string> kTables = {
    "setting", "folder", "photo",        "place",  "analysis", "vector",         "metadata",
    "keyword", "look",   "same_picture", "person", "face",     "face_rejection", "people_edit"};

FileOutcome photo(FolderId folder, int number) {
    const std::string path = fmt::format("/srv/photos/a folder/holiday {:04}.jpg", number);
    FileOutcome::Photo what;
    what.photo = {sha256(path), path.size(), 640, 480, "jpeg", 0x102030};
    PhotoVector& vector = what.vectors.emplace_back();
    vector.key = {"content", "model-a"};
    for (int at = 0; at < 256; ++at) vector.values.push_back(static_cast<float>(number + at));
    what.done = {{"content", 1, "model-a"}, {"metadata", 1, ""}, {"look", 1, ""},
                 {"hashes", 1, ""},         {"faces", 1, "net"}, {"same-picture", 1, "x"}};
    AnalysisResults& analysis_results = what.analysis_results.emplace();
    analysis_results.metadata.title = fmt::format("title {}", number);
    // Some need an additional page.
    if (number % 40 == 0) analysis_results.metadata.description = std::string(6000, 'd');
    analysis_results.metadata.keywords = {"holiday", fmt::format("day {}", number)};
    analysis_results.style.assign(229, static_cast<std::uint8_t>(number));
    analysis_results.hashes = {1, 2};
    FaceFacts face;
    face.box = {10, 10, 50, 50};
    face.score = 0.9F;
    face.vector.assign(128, static_cast<float>(number));
    what.faces = {face};
    what.face_model = "net";
    return {folder, {path, path.size(), 1000, 7, 0}, std::move(what)};
}

// Made once; tests copy, break and read its files.
void make_library(const fs::path& directory) {
    const auto library = Library::open(directory, Access::kWrite);
    ASSERT_TRUE(library) << library.error().message;
    Catalog& catalog = (*library)->catalog();
    const FolderId folder = catalog.add_folder("/srv/photos")->id;
    std::vector<FileOutcome> outcomes;
    for (int number = 1; number <= kPhotos; ++number) outcomes.push_back(photo(folder, number));
    ASSERT_TRUE(catalog.commit(outcomes));
    for (FaceId face = 1; face <= kPhotos; ++face) {
        const PersonId person = test::add_person(catalog);
        ASSERT_TRUE(catalog.change_people({{{person, fmt::format("Person {}", person), false}},
                                           {{face, person, true}},
                                           {{face, (person - 1) % 7 + 1}},
                                           "named",
                                           0,
                                           {}}));
    }
    std::vector<SamePicture> pairs;
    for (PhotoNumber number = 1; number < kPhotos; ++number)
        pairs.push_back({number, number + 1, 20, 0.9, true});
    ASSERT_TRUE(catalog.add_same_pictures(pairs));
    ASSERT_TRUE(catalog.set_setting("model", "a model"));
}

class Salvage : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        folder_ = std::make_unique<test::TemporaryFolder>();
        make_library(original().parent_path());
        whole_ = *read_text(original());
        ASSERT_FALSE(fs::exists(original().native() + "-wal"));
    }
    static void TearDownTestSuite() { folder_.reset(); }
    static fs::path original() { return folder_->path() / "whole" / "catalog.db"; }

    struct Page {
        std::size_t number = 0;
        std::string object, table, kind;
        std::int64_t rows = 0;  // on it and on the pages below it
    };
    static std::vector<Page> pages() {
        SQLite::Database database(original().native(), SQLite::OPEN_READONLY);
        SQLite::Statement query(
            database,
            "SELECT stat.pageno, stat.name, ifnull((SELECT tbl_name FROM sqlite_master WHERE type = 'table' "
            "AND name "
            "= stat.name), ''), stat.pagetype, (SELECT sum(below.ncell) FROM dbstat AS below WHERE "
            "below.name = "
            "stat.name AND below.path LIKE stat.path || '%' AND (below.pagetype = 'leaf' OR (SELECT wr FROM "
            "pragma_table_list WHERE name = stat.name))) FROM dbstat AS stat ORDER BY 1");
        std::vector<Page> found;
        while (query.executeStep())
            found.push_back({static_cast<std::size_t>(query.getColumn(0).getInt64()),
                             query.getColumn(1).getString(), query.getColumn(2).getString(),
                             query.getColumn(3).getString(), query.getColumn(4).getInt64()});
        return found;
    }

    // Returns the damaged page; seeded.
    static std::string overwritten(std::string bytes, std::size_t page, unsigned seed) {
        std::mt19937 random(seed);
        for (std::size_t at = (page - 1) * kPage; at < page * kPage; ++at)
            bytes[at] = static_cast<char>(seed % 3 == 0 ? 0 : seed % 3 == 1 ? 0xFF : random() % 256);
        return bytes;
    }

    // Saves the readable part of these bytes into `saved`.
    std::vector<SavedTable> save(const std::string& bytes) {
        damaged = folder.write("library/catalog.db", bytes);
        fs::remove(saved);
        const auto tables = salvage(damaged, saved);
        EXPECT_TRUE(tables) << tables.error().message;
        EXPECT_EQ(*read_text(damaged), bytes) << "the damaged file is only read";
        return tables.value_or(std::vector<SavedTable>());
    }

    // Holds for every salvaged catalogue.
    void expect_sound() {
        {
            SQLite::Database database(saved.native(), SQLite::OPEN_READONLY);
            EXPECT_EQ(database.execAndGet("PRAGMA integrity_check").getString(), "ok");
            SQLite::Statement keys(database, "PRAGMA foreign_key_check");
            EXPECT_FALSE(keys.executeStep());
        }
        const auto catalog = open_sqlite_catalog(saved, true);
        ASSERT_TRUE(catalog) << catalog.error().message;
        EXPECT_TRUE((*catalog)->check());
    }

    struct Difference {
        std::int64_t missing = 0;         // rows of the whole catalogue that are not in the saved one
        std::int64_t added = 0;           // the reverse
        std::int64_t without_reason = 0;  // missing although every row that they refer to exists
    };
    std::map<std::string, Difference> differences() {
        SQLite::Database database(saved.native(), SQLite::OPEN_READONLY);
        SQLite::Statement attach(database, "ATTACH ? AS whole");
        attach.bind(1, original().native());
        attach.exec();
        const auto count = [&](const std::string& sql) { return database.execAndGet(sql).getInt64(); };
        std::map<std::string, Difference> found;
        for (const std::string& table : kTables) {
            const std::string where = table == "setting" ? " WHERE key <> 'faces-changes'" : "";
            const std::string then = fmt::format("SELECT * FROM whole.{}{}", table, where);
            const std::string now = fmt::format("SELECT * FROM main.{}{}", table, where);
            Difference difference;
            difference.missing = count(fmt::format("SELECT count(*) FROM ({} EXCEPT {})", then, now));
            difference.added = count(fmt::format("SELECT count(*) FROM ({} EXCEPT {})", now, then));
            std::string reasons = "0";
            SQLite::Statement keys(database, fmt::format("SELECT \"from\", \"table\", \"to\" FROM "
                                                         "pragma_foreign_key_list('{}')",
                                                         table));
            while (keys.executeStep())
                reasons += fmt::format(" OR ({0} IS NOT NULL AND {0} NOT IN (SELECT {2} FROM main.{1}))",
                                       keys.getColumn(0).getString(), keys.getColumn(1).getString(),
                                       keys.getColumn(2).getString());
            difference.without_reason =
                count(fmt::format("SELECT count(*) FROM ({} EXCEPT {}) WHERE NOT ({})", then, now, reasons));
            found[table] = difference;
        }
        return found;
    }

    static std::unique_ptr<test::TemporaryFolder> folder_;
    static std::string whole_;
    test::TemporaryFolder folder;
    fs::path damaged, saved = folder.path() / "saved.db";
};
std::unique_ptr<test::TemporaryFolder> Salvage::folder_;
std::string Salvage::whole_;

const SavedTable& named(const std::vector<SavedTable>& tables, const std::string& name) {
    return *std::ranges::find(tables, name, &SavedTable::name);
}

TEST_F(Salvage, AWholeCatalogueIsCopiedWholly) {
    EXPECT_FALSE(*damage_of(original()));
    const auto tables = save(whole_);
    ASSERT_EQ(tables.size(), kTables.size());
    for (const SavedTable& table : tables) {
        EXPECT_TRUE(table.whole) << table.name;
        EXPECT_EQ(table.left_out, 0U) << table.name;
        EXPECT_EQ(table.lost.value_or(0), 0U) << table.name;
        EXPECT_GT(table.saved, 0U) << table.name;
    }
    for (const auto& [table, difference] : differences()) {
        EXPECT_EQ(difference.missing, 0) << table;
        EXPECT_EQ(difference.added, 0) << table;
    }
    expect_sound();
    const std::vector<std::string> words = {"holiday", "0007"};
    EXPECT_EQ((*open_sqlite_catalog(saved, false))->matching_text(words)->size(), 1U);
}

// Each page in turn, one at a time.
TEST_F(Salvage, APageTakesOnlyItsOwnRows) {
    std::size_t checked = 0;
    for (const Page& page : pages()) {
        if (page.object == "sqlite_schema") continue;
        SCOPED_TRACE(fmt::format("page {} of {}, {}", page.number, page.object, page.kind));
        const auto tables = save(overwritten(whole_, page.number, static_cast<unsigned>(page.number)));
        ASSERT_EQ(tables.size(), kTables.size());
        expect_sound();
        const bool has_rows = std::ranges::find(kTables, page.object) != kTables.end();
        for (const auto& [table, difference] : differences()) {
            SCOPED_TRACE(table);
            const SavedTable& report = named(tables, table);
            if (table == "analysis" && has_rows) continue;  // lost work is no longer done
            // Keywords are in the metadata too.
            if (table == page.object && table != "keyword") {
                ++checked;
                if (page.kind == "leaf") {
                    // faces-changes, a setting, counts edits and is not compared.
                    EXPECT_EQ(difference.missing, page.rows - (table == "setting" ? 1 : 0));
                } else {
                    EXPECT_LE(difference.missing, page.kind == "overflow" ? 1 : page.rows);
                }
                EXPECT_FALSE(report.whole && difference.missing > 0 && page.kind != "overflow");
                if (report.lost && page.kind != "overflow") {
                    EXPECT_EQ(static_cast<std::int64_t>(*report.lost), page.rows);
                }
                if (report.at_most) {
                    EXPECT_GE(static_cast<std::int64_t>(*report.at_most), difference.missing);
                }
            } else if (!has_rows || (page.object != "person" && table != "people_edit")) {
                EXPECT_EQ(difference.without_reason, 0);
                EXPECT_TRUE(report.whole || table == page.object);
                if (!has_rows) {
                    EXPECT_EQ(difference.missing, 0) << "an index adds no data";
                }
            }
        }
    }
    EXPECT_GT(checked, 50U);
}

TEST_F(Salvage, SeveralPagesLeaveIslandsBetweenThem) {
    const std::vector<Page> all = pages();
    const unsigned seeds = std::getenv("HONE_TEST_LONG") != nullptr ? 40 : 12;
    for (unsigned seed = 1; seed <= seeds; ++seed) {
        std::mt19937 random(seed);
        std::string bytes = whole_;
        std::map<std::string, std::int64_t> rows;
        for (int time = 0; time < 6; ++time) {
            const Page& page = all[random() % all.size()];
            if (page.kind != "leaf" || page.object == "sqlite_schema") continue;
            const std::string before = bytes;
            bytes = overwritten(bytes, page.number, 3 * seed + static_cast<unsigned>(time) % 2);
            if (bytes != before) rows[page.object] += page.rows;
        }
        SCOPED_TRACE(seed);
        const auto tables = save(bytes);
        ASSERT_FALSE(tables.empty());
        expect_sound();
        for (const auto& [table, difference] : differences()) {
            if (table == "analysis" || table == "people_edit") continue;
            EXPECT_LE(difference.without_reason, rows[table]) << table;
            if (!rows.contains("person")) {
                EXPECT_EQ(difference.added, 0) << table;
            }
        }
    }
}

TEST_F(Salvage, WorkWhoseResultsAreLostIsDoneAgain) {
    const std::vector<Page> all = pages();
    // The last page: no later row reveals the end of the table.
    const auto break_leaf = [&](const std::string& object) {
        std::optional<Page> last;
        for (const Page& page : all)
            if (page.object == object && page.kind == "leaf") last = page;
        EXPECT_TRUE(last && last->rows > 0) << object;
        save(overwritten(whole_, last->number, 0));
        return last->rows;
    };
    const auto done = [&](const char* analyzer, const char* model = "") {
        const AnalyzerKey key{analyzer, 1, model};
        return std::ranges::count(*(*open_sqlite_catalog(saved, false))->analyzed(std::span(&key, 1)), true);
    };
    auto lost = break_leaf("vector");
    EXPECT_EQ(done("content", "model-a"), kPhotos - lost);
    EXPECT_EQ(done("metadata"), kPhotos);
    lost = break_leaf("look");
    EXPECT_EQ(done("look"), kPhotos - lost);
    EXPECT_EQ(done("hashes"), kPhotos - lost);
    lost = break_leaf("metadata");
    EXPECT_EQ(done("metadata"), kPhotos - lost);
    lost = break_leaf("face");
    EXPECT_EQ(done("faces", "net"), kPhotos - lost) << "the index says which photos";
    break_leaf("same_picture");
    EXPECT_EQ(done("same-picture", "x"), 0);
    lost = break_leaf("photo");
    EXPECT_EQ(done("content", "model-a"), kPhotos - lost);
    // Numbers are never reused, not even those of lost photos.
    const auto catalog = open_sqlite_catalog(saved, true);
    const FileOutcome added = photo((*catalog)->add_folder("/srv/photos")->id, kPhotos + 1);
    const CommittedFile committed = (*catalog)->commit(std::span(&added, 1))->front();
    EXPECT_EQ(committed.photo, kPhotos + 1);
    EXPECT_EQ(committed.file, kPhotos + 1);
}

TEST_F(Salvage, AFileThatWasCutShort) {
    const std::vector<Page> all = pages();
    for (const std::size_t size :
         {whole_.size() - kPage, whole_.size() - 100, whole_.size() * 3 / 4, whole_.size() / 2}) {
        SCOPED_TRACE(size);
        std::map<std::string, std::int64_t> rows;
        bool above = false;  // an interior page is gone
        for (const Page& page : all) {
            if (page.number * kPage <= size) continue;
            above = above || page.kind == "internal";
            if (page.kind == "leaf") rows[page.object] += page.rows;
            if (page.kind == "overflow") ++rows[page.object];
        }
        ASSERT_TRUE(*damage_of(folder.write("library/catalog.db", whole_.substr(0, size))));
        const auto tables = save(whole_.substr(0, size));
        ASSERT_FALSE(tables.empty());
        expect_sound();
        if (above) continue;
        for (const auto& [table, difference] : differences())
            if (table != "analysis" && table != "people_edit") {
                EXPECT_LE(difference.without_reason, rows[table]) << table;
            }
    }
}

TEST_F(Salvage, WithoutItsFirstPageNothingCanBeRead) {
    std::string no_header = whole_;
    std::fill_n(no_header.begin(), 100, '\0');
    for (const std::string& bytes :
         {no_header, overwritten(whole_, 1, 0), overwritten(whole_, 1, 1), whole_.substr(0, 700),
          std::string("no database, but long enough to be taken for one")}) {
        ASSERT_TRUE(*damage_of(folder.write("library/catalog.db", bytes)));
        EXPECT_TRUE(save(bytes).empty());
        EXPECT_FALSE(fs::exists(saved)) << "no file that promises something";
    }
}

TEST_F(Salvage, APartOfTheSchemaIsLost) {
    for (const Page& page : pages()) {
        if (page.object != "sqlite_schema" || page.number == 1) continue;
        SCOPED_TRACE(page.number);
        const auto tables = save(overwritten(whole_, page.number, 0));
        if (tables.empty()) continue;
        expect_sound();
        for (const auto& [table, difference] : differences())
            if (difference.missing > 0 && table != "analysis") {
                EXPECT_FALSE(named(tables, table).whole && named(tables, table).left_out == 0) << table;
            }
    }
}

TEST_F(Salvage, ForeignAndNewerDatabasesAreNotSaved) {
    const fs::path foreign = folder.path() / "foreign.db";
    {
        SQLite::Database database(foreign.native(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        database.exec("CREATE TABLE t (x); PRAGMA user_version = 3");
    }
    EXPECT_THAT(salvage(foreign, saved).error().message, HasSubstr("not Hone's"));
    const fs::path newer = folder.path() / "newer.db";
    fs::copy_file(original(), newer);
    SQLite::Database(newer.native(), SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 4000");
    EXPECT_THAT(salvage(newer, saved).error().message, HasSubstr("newer Hone"));
    EXPECT_FALSE(fs::exists(saved));
}

// As hone doctor and hone restore do it.
TEST_F(Salvage, TheSavedCatalogueIsPutInPlaceByRestore) {
    const std::vector<Page> all = pages();
    const auto page = std::ranges::find_if(
        all, [](const Page& one) { return one.object == "vector" && one.kind == "leaf"; });
    const fs::path library = folder.path() / "library";
    const std::string bytes = overwritten(whole_, page->number, 1);
    folder.write("library/catalog.db", bytes);
    folder.write("library/users.db", "who may sign in");
    folder.write("library/vectors/old", "");
    EXPECT_FALSE(write_backup(library, folder.path() / "hone.backup", false))
        << "would take a good one's place";
    const auto result = save_damaged_catalogue(library);
    ASSERT_TRUE(result && *result);
    const SavedCatalogue& catalogue = **result;
    EXPECT_EQ(catalogue.file.parent_path(), library);
    EXPECT_EQ(*read_text(library / "catalog.db"), bytes);
    const auto restored = restore_backup(catalogue.file, library, {});
    ASSERT_TRUE(restored) << restored.error().message;
    EXPECT_EQ(restored->photos, static_cast<std::uint64_t>(kPhotos));
    EXPECT_EQ(*read_text(library / "users.db"), "who may sign in");
    EXPECT_FALSE(fs::exists(library / "vectors/old"));
    EXPECT_TRUE(fs::exists(catalogue.file));
    EXPECT_FALSE(*save_damaged_catalogue(library)) << "it is whole now";
    const auto opened = Library::open(library, Access::kWrite);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ((*opened)->catalog().counts()->photos, static_cast<std::uint64_t>(kPhotos));
    EXPECT_TRUE(*(*opened)->catalog().person_named("Person 12"));
}

}  // namespace
}  // namespace hone
