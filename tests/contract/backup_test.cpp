// SPDX-License-Identifier: GPL-3.0-or-later
// Backups and restores, including the automatic ones.
#include "library/backup.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/sha256.hpp"
#include "library/library.hpp"
#include "tests/support/people.hpp"
#include "tests/support/temporary_folder.hpp"

namespace hone {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

FileOutcome photo(FolderId folder, const std::string& path) {
    FileOutcome::Photo what;
    what.photo = {sha256(path), path.size(), 640, 480, "jpeg", 0x102030};
    what.vectors = {{{"content", "model-a"}, {0.5F, -1}}};
    what.done = {{"content", 1, "model-a"}};
    AnalysisResults& analysis_results = what.analysis_results.emplace();
    analysis_results.metadata.title = "a title";
    analysis_results.style.assign(229, 7);
    analysis_results.hashes = {1, 2};
    return {folder, {path, path.size(), 1000, 7, 0}, std::move(what)};
}

class Backup : public testing::Test {
  protected:
    std::unique_ptr<Library> open(const char* name, Access access = Access::kWrite) {
        auto library = Library::open(folder.path() / name, access);
        EXPECT_TRUE(library) << library.error().message;
        return library ? std::move(*library) : nullptr;
    }
    static void add(Library& library, const std::string& path) {
        const FolderId root = library.catalog().add_folder("/srv/photos")->id;
        const FileOutcome outcome = photo(root, path);
        const auto committed = library.catalog().commit(std::span(&outcome, 1));
        ASSERT_TRUE(committed) << committed.error().message;
    }
    test::TemporaryFolder folder;
    const fs::path file = folder.path() / "hone.backup";
};

TEST_F(Backup, ComesBackWithItsFilesMoved) {
    {
        const auto library = open("a");
        add(*library, "/srv/photos/Trips/\xFF one.jpg");
        add(*library, "/srv/pictures/two.jpg");
        const PersonId anna = test::add_person(library->catalog());
        ASSERT_TRUE(library->catalog().change_people({{{anna, "Anna", false}}, {}, {}, "named", 0, {}}));
    }
    const auto written = write_backup(folder.path() / "a", file, false);
    ASSERT_TRUE(written) << written.error().message;
    EXPECT_EQ(written->photos, 2U);
    EXPECT_EQ(inspect_backup(file)->made_at, written->made_at);
    const auto status = fs::status(file).permissions();
    EXPECT_EQ(status & fs::perms::all, fs::perms::owner_read | fs::perms::owner_write);

    add(*open("b"), "/other.jpg");
    const std::string map = "/srv/photos=/mnt/nas";
    const auto restored = restore_backup(file, folder.path() / "b", *PathMap::parse(std::span(&map, 1)));
    ASSERT_TRUE(restored) << restored.error().message;
    EXPECT_EQ(restored->photos, 2U);
    const auto library = open("b");
    EXPECT_FALSE(*library->catalog().find_file("/other.jpg"));
    EXPECT_TRUE(*library->catalog().find_file("/mnt/nas/Trips/\xFF one.jpg"));
    EXPECT_TRUE(*library->catalog().find_file("/srv/pictures/two.jpg")) << "it lies elsewhere";
    EXPECT_EQ(library->catalog().folders()->front().path, "/mnt/nas");
    EXPECT_TRUE(*library->catalog().person_named("Anna"));
    const std::vector<std::string> now = {"nas"}, then = {"photos"};
    EXPECT_EQ(library->catalog().matching_text(now)->size(), 1U);
    EXPECT_TRUE(library->catalog().matching_text(then)->empty());
}

TEST_F(Backup, IsOneMomentOfALibraryThatIsWritten) {
    const auto library = open("a");
    std::atomic<int> added = 0;
    std::jthread writer([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) add(*library, fmt::format("/srv/photos/{}.jpg", added++));
    });
    for (int time = 0; time < 5; ++time) {
        const int before = added - 1;
        const auto written = write_backup(folder.path() / "a", file, false);
        ASSERT_TRUE(written) << written.error().message;
        const int after = added + 1;
        const std::string name = fmt::format("b{}", time);
        ASSERT_TRUE(restore_backup(file, folder.path() / name, {}));
        const auto copy = open(name.c_str(), Access::kRead);
        const auto photos = static_cast<int>(copy->catalog().counts()->photos);
        EXPECT_GE(photos, before);
        EXPECT_LE(photos, after);
        // Complete photos, in the order of their addition.
        for (int at = 0; at < photos; ++at) {
            const auto record = *copy->catalog().find_file(fmt::format("/srv/photos/{}.jpg", at));
            ASSERT_TRUE(record && record->photo) << at;
            EXPECT_TRUE(*copy->catalog().has_vector(*record->photo, {"content", "model-a"}));
            EXPECT_TRUE(*copy->catalog().analysis_results(*record->photo));
        }
    }
}

TEST_F(Backup, RefusesWhatIsNoneAndChangesNothing) {
    add(*open("a"), "/srv/photos/a.jpg");
    ASSERT_TRUE(write_backup(folder.path() / "a", file, false));
    EXPECT_EQ(write_backup(folder.path() / "none", file, false).error().kind, ErrorKind::kNotFound);
    const std::string whole = *read_text(file);
    const auto refused = [&](std::string_view bytes) {
        const fs::path broken = folder.path() / "broken";
        EXPECT_TRUE(write_file_atomically(broken, bytes));
        const auto restored = restore_backup(broken, folder.path() / "a", {});
        EXPECT_FALSE(restored);
        EXPECT_FALSE(fs::exists(folder.path() / "a/restoring"));
        EXPECT_TRUE(*open("a", Access::kRead)->catalog().find_file("/srv/photos/a.jpg"));
        return restored ? "" : restored.error().message;
    };
    EXPECT_THAT(refused(""), HasSubstr("broken"));
    EXPECT_THAT(refused("no archive"), HasSubstr("broken"));
    for (const std::size_t cut : {std::size_t{10}, whole.size() / 2, whole.size() - 20})
        EXPECT_THAT(refused(whole.substr(0, cut)), HasSubstr("broken")) << cut;
    {
        const auto held = open("a");
        EXPECT_EQ(restore_backup(file, folder.path() / "a", {}).error().kind, ErrorKind::kInUse);
    }
    // From a newer Hone.
    SQLite::Database((folder.path() / "a/catalog.db").native(), SQLite::OPEN_READWRITE)
        .exec("PRAGMA user_version = 4000");
    EXPECT_FALSE(write_backup(folder.path() / "a", folder.path() / "newer.backup", false));
    EXPECT_FALSE(fs::exists(folder.path() / "newer.backup"));
}

TEST_F(Backup, ARestoreThatWasCutShortEndsOneWayOrTheOther) {
    add(*open("new"), "/srv/photos/new.jpg");
    ASSERT_TRUE(write_backup(folder.path() / "new", file, false));
    const fs::path library = folder.path() / "a", stage = library / "restoring";
    const auto holds = [&](const char* path) {
        return (*open("a", Access::kRead)->catalog().find_file(path)).has_value();
    };
    add(*open("a"), "/srv/photos/old.jpg");
    // Killed while it unpacked: the old library.
    fs::create_directories(stage);
    fs::copy_file(folder.path() / "new/catalog.db", stage / "catalog.db");
    EXPECT_TRUE(open("a"));
    EXPECT_TRUE(holds("/srv/photos/old.jpg"));
    EXPECT_FALSE(fs::exists(stage));
    // Killed after the point of no return, at every later step: the new library.
    for (int step = 0; step < 3; ++step) {
        fs::remove_all(library);
        add(*open("a"), "/srv/photos/old.jpg");
        fs::create_directories(library / "vectors");
        fs::create_directories(stage);
        fs::copy_file(folder.path() / "new/catalog.db", stage / "catalog.db");
        ASSERT_TRUE(write_file_atomically(stage / "ready", ""));
        if (step > 0) fs::remove_all(library / "vectors");
        if (step > 1) fs::rename(stage / "catalog.db", library / "catalog.db");
        EXPECT_TRUE(holds("/srv/photos/new.jpg")) << step << ": also for a reader";
        EXPECT_FALSE(holds("/srv/photos/old.jpg"));
        EXPECT_FALSE(fs::exists(stage));
        EXPECT_FALSE(fs::exists(library / "vectors"));
    }
}

TEST_F(Backup, GoByThemselvesAndMakeRoom) {
    const auto library = open("a");
    const fs::path backups = folder.path() / "backups";
    const auto start = std::chrono::sys_days(std::chrono::year{2026} / 3 / 1) + 12h;
    const auto due = [&](std::chrono::system_clock::time_point now) {
        const auto written = write_scheduled_backup(*library, now);
        EXPECT_TRUE(written) << written.error().message;
        return written.value_or(false);
    };
    EXPECT_FALSE(due(start)) << "nobody asked for them";
    ASSERT_TRUE(library->catalog().set_setting(kBackupFolderSetting, backups.native()));
    ASSERT_TRUE(library->catalog().set_setting(kBackupHoursSetting, "6"));
    ASSERT_TRUE(library->catalog().set_setting(kBackupKeepSetting, "2"));
    ASSERT_TRUE(make_directories(backups));
    ASSERT_TRUE(write_file_atomically(backups / "holiday.backup", "somebody else's"));
    // Left by a process that was killed.
    for (const char* name : {"hone-20260201-120000.backup.part", "hone-20260201-120000.backup.users.db.part"})
        ASSERT_TRUE(write_file_atomically(backups / name, "half of it"));
    EXPECT_TRUE(due(start));
    EXPECT_FALSE(due(start + 5h));
    EXPECT_TRUE(due(start + 6h));
    EXPECT_TRUE(due(start + 13h));
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(backups)) names.push_back(entry.path().filename());
    std::ranges::sort(names);
    EXPECT_THAT(names,
                ElementsAre("holiday.backup", "hone-20260301-180000.backup", "hone-20260302-010000.backup"));
}

}  // namespace
}  // namespace hone
