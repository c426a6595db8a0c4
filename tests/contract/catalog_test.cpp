// What every catalogue promises (catalog/catalog.hpp). A new implementation adds itself at the end.
#include "catalog/catalog.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "tests/support/temporary_folder.hpp"

namespace hone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Implementation {
    const char* name;
    Result<std::unique_ptr<Catalog>> (*open)(const fs::path& folder, bool writable);
};

const VectorKey kKey{"content", "model-a"};

class Catalogs : public testing::TestWithParam<Implementation> {
  protected:
    std::unique_ptr<Catalog> open(bool writable = true) {
        auto catalog = GetParam().open(folder.path(), writable);
        EXPECT_TRUE(catalog) << catalog.error().message;
        return std::move(*catalog);
    }
    static FileOutcome photo(const Folder& folder, const std::string& path, const std::string& bytes,
                             std::vector<float> vector = {1, 2}) {
        FileOutcome::IsPhoto what{
            {sha256(bytes), bytes.size(), 640, 480, "jpeg", 0x102030}, kKey, 1, std::move(vector)};
        if (what.vector.empty()) what.key.reset();
        return {folder.id, {path, bytes.size(), 1000, 7}, what};
    }
    static CommittedFile commit(Catalog& catalog, const FileOutcome& outcome) {
        const auto committed = catalog.commit(std::span(&outcome, 1));
        EXPECT_TRUE(committed) << committed.error().message;
        return committed->front();
    }
    static std::vector<bool> seen(std::initializer_list<PlaceId> places) {
        std::vector<bool> bits(100);
        for (const PlaceId place : places) bits[static_cast<std::size_t>(place)] = true;
        return bits;
    }

    test::TemporaryFolder folder;
};

TEST_P(Catalogs, KeepsSettings) {
    const auto catalog = open();
    EXPECT_EQ(*catalog->setting("x"), std::nullopt);
    ASSERT_TRUE(catalog->set_setting("x", "1"));
    ASSERT_TRUE(catalog->set_setting("x", "2"));
    EXPECT_EQ(*catalog->setting("x"), "2");
}

TEST_P(Catalogs, KeepsEverythingOverOpenings) {
    PhotoNumber number = 0;
    {
        const auto catalog = open();
        const Folder root = *catalog->add_folder("/p");
        number = *commit(*catalog, photo(root, "/p/a.jpg", "a", {0.25F, -1})).photo;
    }
    const auto catalog = open(false);
    const auto known = **catalog->photo(number);
    EXPECT_EQ(known.id, sha256("a"));
    EXPECT_EQ(known.width, 640);
    EXPECT_EQ(known.color, 0x102030U);
    std::vector<float> vector;
    ASSERT_TRUE(catalog->for_each_vector(kKey, std::span(&number, 1),
                                         [&](PhotoNumber, std::span<const float> values) -> Result<> {
                                             vector.assign(values.begin(), values.end());
                                             return {};
                                         }));
    EXPECT_THAT(vector, ElementsAre(0.25F, -1));
    EXPECT_FALSE(catalog->set_setting("x", "1")) << "opened for reading";
}

TEST_P(Catalogs, TheSameBytesAreOnePhoto) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p");
    const auto first = commit(*catalog, photo(root, "/p/a.jpg", "same")),
               second = commit(*catalog, photo(root, "/p/b.jpg", "same"));
    EXPECT_TRUE(first.new_photo);
    EXPECT_FALSE(second.new_photo);
    EXPECT_EQ(first.photo, second.photo);
    EXPECT_EQ(catalog->places_of(*first.photo)->size(), 2U);
    EXPECT_EQ(catalog->counts()->photos, 1U);
}

TEST_P(Catalogs, CommittingTwiceIsHarmless) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p");
    const auto first = commit(*catalog, photo(root, "/p/a.jpg", "a")),
               second = commit(*catalog, photo(root, "/p/a.jpg", "a"));
    EXPECT_EQ(first.place, second.place);
    EXPECT_FALSE(second.new_place);
    EXPECT_THAT(*catalog->vector_numbers(kKey), ElementsAre(*first.photo));
}

TEST_P(Catalogs, AChangedFileIsAnotherPhotoAtTheOldPlace) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p");
    const auto before = commit(*catalog, photo(root, "/p/a.jpg", "old")),
               after = commit(*catalog, photo(root, "/p/a.jpg", "new"));
    EXPECT_EQ(before.place, after.place);
    EXPECT_NE(before.photo, after.photo);
    EXPECT_THAT(*catalog->present(), ElementsAre(*after.photo));
    EXPECT_TRUE(*catalog->has_vector(*before.photo, kKey)) << "knowledge is kept";
}

TEST_P(Catalogs, PathsAreBytes) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p/\xff");
    EXPECT_EQ(catalog->folders()->front().path, "/p/\xff");
    commit(*catalog, photo(root, "/p/\xff/\xfe.jpg", "a"));
    EXPECT_EQ((*catalog->find_place("/p/\xff/\xfe.jpg"))->facts.path, "/p/\xff/\xfe.jpg");
    EXPECT_EQ(*catalog->find_place("/p/?/?.jpg"), std::nullopt);
}

TEST_P(Catalogs, FailuresAndSkipsAreRememberedWithTheirReason) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p");
    commit(*catalog, {root.id, {"/p/bad.jpg", 1, 1, 1}, FileOutcome::Failed{"decode", "damaged"}});
    commit(*catalog, {root.id, {"/p/a.txt", 1, 1, 1}, FileOutcome::Skipped{"not a picture"}});
    const auto failed = *catalog->failures(10);
    ASSERT_EQ(failed.size(), 1U);
    EXPECT_EQ(failed[0].reason, "damaged");
    EXPECT_EQ(catalog->counts()->failed, 1U);
    EXPECT_THAT(catalog->counts()->skipped, ElementsAre(testing::Pair("not a picture", 1)));
    commit(*catalog, photo(root, "/p/bad.jpg", "repaired"));
    EXPECT_TRUE(catalog->failures(10)->empty());
}

TEST_P(Catalogs, FilesThatAreGoneAreMissingNotForgotten) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p");
    const auto stays = commit(*catalog, photo(root, "/p/a.jpg", "a")),
               goes = commit(*catalog, photo(root, "/p/b.jpg", "b"));
    commit(*catalog, {root.id, {"/p/c.txt", 1, 1, 1}, FileOutcome::Skipped{"not a picture"}});
    const auto end = *catalog->end_scan(root.id, seen({stays.place}));
    EXPECT_EQ(end.missing, 1U);
    EXPECT_EQ(end.moved, 0U);
    EXPECT_THAT(*catalog->present(), ElementsAre(*stays.photo));
    EXPECT_TRUE(*catalog->has_vector(*goes.photo, kKey));
    EXPECT_TRUE(catalog->counts()->skipped.empty());
    ASSERT_TRUE(catalog->mark_present(goes.place));
    EXPECT_THAT(*catalog->present(), ElementsAre(*stays.photo, *goes.photo));
}

TEST_P(Catalogs, AMovedFileIsCountedAsMoved) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p");
    commit(*catalog, photo(root, "/p/old.jpg", "a"));
    const auto moved = commit(*catalog, photo(root, "/p/new.jpg", "a"));
    const auto end = *catalog->end_scan(root.id, seen({moved.place}));
    EXPECT_EQ(end.moved, 1U);
    EXPECT_EQ(catalog->counts()->photos, 1U);
}

TEST_P(Catalogs, ARemovedFolderTakesItsPlacesButNoKnowledge) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p");
    const auto known = commit(*catalog, photo(root, "/p/a.jpg", "a"));
    ASSERT_TRUE(catalog->remove_folder(root.id));
    EXPECT_EQ(catalog->remove_folder(root.id).error().kind, ErrorKind::kNotFound);
    EXPECT_TRUE(catalog->present()->empty());
    EXPECT_TRUE(*catalog->has_vector(*known.photo, kKey));
    const Folder again = *catalog->add_folder("/p");
    EXPECT_NE(again.id, root.id);
    EXPECT_FALSE(commit(*catalog, photo(again, "/p/a.jpg", "a", {})).new_photo);
}

TEST_P(Catalogs, ResolvesPrefixesAndPaths) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p");
    commit(*catalog, photo(root, "/p/a.jpg", "a"));
    const std::string id = to_hex(sha256("a"));
    EXPECT_EQ(catalog->resolve(id)->id, sha256("a"));
    EXPECT_EQ(catalog->resolve(id.substr(0, 8))->id, sha256("a"));
    EXPECT_EQ(catalog->resolve("/p/../p/a.jpg")->id, sha256("a"));
    EXPECT_EQ(catalog->resolve(id.substr(0, 7)).error().kind, ErrorKind::kNotFound) << "too short";
    EXPECT_EQ(catalog->resolve("/p/b.jpg").error().kind, ErrorKind::kNotFound);
    EXPECT_EQ(catalog->resolve("").error().kind, ErrorKind::kNotFound);
}

TEST_P(Catalogs, APrefixOfSeveralIsRefused) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p");
    FileOutcome first = photo(root, "/p/a.jpg", "a"), second = photo(root, "/p/b.jpg", "b");
    std::get<FileOutcome::IsPhoto>(first.what).photo.id = *sha256_from_hex("abcdef01" + std::string(56, '0'));
    std::get<FileOutcome::IsPhoto>(second.what).photo.id =
        *sha256_from_hex("abcdef01" + std::string(56, '1'));
    commit(*catalog, first);
    commit(*catalog, second);
    EXPECT_EQ(catalog->resolve("abcdef01").error().kind, ErrorKind::kUsage);
    EXPECT_TRUE(catalog->resolve("abcdef011"));
}

TEST_P(Catalogs, VectorsOfDifferentModelsStandApart) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p");
    FileOutcome outcome = photo(root, "/p/a.jpg", "a", {1, 2});
    commit(*catalog, outcome);
    std::get<FileOutcome::IsPhoto>(outcome.what).key = VectorKey{"content", "model-b"};
    std::get<FileOutcome::IsPhoto>(outcome.what).vector = {1, 2, 3};
    commit(*catalog, outcome);
    const auto spaces = *catalog->stored_spaces("content");
    ASSERT_EQ(spaces.size(), 2U);
    EXPECT_EQ(spaces[0].model, "model-a");
    EXPECT_EQ(spaces[0].dimension, 2U);
    EXPECT_EQ(spaces[1].dimension, 3U);
    EXPECT_EQ(spaces[1].photos, 1U);
    EXPECT_TRUE(catalog->stored_spaces("look")->empty());
    EXPECT_EQ(catalog->analyses(1)->size(), 2U);
}

TEST_P(Catalogs, NewestComeFirstInPages) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p");
    for (const char* name : {"a", "b", "c"}) commit(*catalog, photo(root, std::string("/p/") + name, name));
    EXPECT_EQ(catalog->newest(0, 2)->front().id, sha256("c"));
    EXPECT_EQ(catalog->newest(2, 2)->front().id, sha256("a"));
    EXPECT_TRUE(catalog->newest(3, 2)->empty());
}

TEST_P(Catalogs, ManyThreadsReadWhileOneWrites) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p");
    std::atomic<bool> failed = false;
    {
        std::vector<std::jthread> readers;
        for (int reader = 0; reader < 4; ++reader) {
            readers.emplace_back([&](const std::stop_token& stop) {
                std::uint64_t last = 0;
                while (!stop.stop_requested()) {
                    const auto counts = catalog->counts();
                    if (!counts || counts->photos < last)
                        failed = true;
                    else
                        last = counts->photos;
                }
            });
        }
        for (int at = 0; at < 200; ++at)
            commit(*catalog, photo(root, "/p/" + std::to_string(at), std::to_string(at)));
    }
    EXPECT_FALSE(failed);
    EXPECT_EQ(catalog->counts()->photos, 200U);
}

TEST_P(Catalogs, WhatWasCommittedSurvivesKill9) {
    ASSERT_TRUE(open()->add_folder("/p"));
    int channel[2];
    ASSERT_EQ(::pipe(channel), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const auto catalog = open();
        const Folder root = catalog->folders()->front();
        for (int at = 0;; ++at) {
            commit(*catalog, photo(root, "/p/" + std::to_string(at), std::to_string(at)));
            if (::write(channel[1], "x", 1) != 1) ::_exit(1);
        }
    }
    char acknowledged[30];
    std::size_t count = 0;
    while (count < sizeof acknowledged)
        count += static_cast<std::size_t>(::read(channel[0], acknowledged, sizeof acknowledged - count));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(channel[0]);
    ::close(channel[1]);
    const auto catalog = open();
    const auto photos = catalog->counts()->photos;
    EXPECT_GE(photos, 30U);
    EXPECT_EQ(catalog->vector_numbers(kKey)->size(), photos) << "a photo and its vector come together";
}

INSTANTIATE_TEST_SUITE_P(Implementations, Catalogs,
                         testing::Values(Implementation{"sqlite",
                                                        [](const fs::path& folder, bool writable) {
                                                            return open_sqlite_catalog(folder / "catalog.db",
                                                                                       writable);
                                                        }}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(SqliteCatalog, RefusesForeignAndNewerDatabases) {
    const test::TemporaryFolder folder;
    const auto make = [&](const std::string& name, const char* sql) {
        sqlite3* database = nullptr;
        sqlite3_open((folder.path() / name).c_str(), &database);
        sqlite3_exec(database, sql, nullptr, nullptr, nullptr);
        sqlite3_close(database);
        return open_sqlite_catalog(folder.path() / name, true);
    };
    EXPECT_THAT(make("foreign.db", "CREATE TABLE t (x)").error().message, HasSubstr("not Hone's"));
    {
        ASSERT_TRUE(open_sqlite_catalog(folder.path() / "newer.db", true));
    }
    EXPECT_THAT(make("newer.db", "PRAGMA user_version = 99").error().message, HasSubstr("newer Hone"));
    folder.write("text.db", "this is no database, but a text that is long enough to be one");
    EXPECT_THAT(open_sqlite_catalog(folder.path() / "text.db", true).error().message, HasSubstr("damaged"));
}

}  // namespace
}  // namespace hone
