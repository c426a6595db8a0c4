// SPDX-License-Identifier: GPL-3.0-or-later
// The contract of every catalogue (catalog/catalog.hpp).
#include "catalog/catalog.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <thread>

#include "base/time.hpp"
#include "tests/contract/catalogs.hpp"
#include "tests/support/people.hpp"
#include "tests/support/temporary_folder.hpp"

namespace hone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const VectorKey kKey{"content", "model-a"};

class Catalogs : public testing::TestWithParam<test::CatalogImplementation> {
  protected:
    void SetUp() override {
        if (std::string_view(GetParam().name) == "surrealdb") HONE_NEEDS_ENGINE();
    }
    std::unique_ptr<Catalog> open(bool writable = true) {
        auto catalog = GetParam().open(folder.path(), writable);
        EXPECT_TRUE(catalog) << catalog.error().message;
        return std::move(*catalog);
    }
    static FileOutcome photo(const Folder& folder, const std::string& path, const std::string& bytes,
                             std::vector<float> vector = {1, 2}) {
        FileOutcome::Photo what;
        what.photo = {sha256(bytes), bytes.size(), 640, 480, "jpeg", 0x102030};
        if (!vector.empty()) {
            what.vectors = {{kKey, std::move(vector)}};
            what.done = {{"content", 1, "model-a"}};
        }
        return {folder.id, {path, bytes.size(), 1000, 7, 0}, what};
    }
    static CommittedFile commit(Catalog& catalog, const FileOutcome& outcome) {
        const auto committed = catalog.commit(std::span(&outcome, 1));
        EXPECT_TRUE(committed) << committed.error().message;
        return committed->front();
    }
    static std::vector<bool> seen(std::initializer_list<FileId> files) {
        std::vector<bool> bits(100);
        for (const FileId file : files) bits[static_cast<std::size_t>(file)] = true;
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
    EXPECT_EQ(catalog->files_of(*first.photo)->size(), 2U);
    EXPECT_EQ(catalog->counts()->photos, 1U);
}

TEST_P(Catalogs, CommittingTwiceIsHarmless) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p");
    const auto first = commit(*catalog, photo(root, "/p/a.jpg", "a")),
               second = commit(*catalog, photo(root, "/p/a.jpg", "a"));
    EXPECT_EQ(first.file, second.file);
    EXPECT_FALSE(second.new_file);
    EXPECT_THAT(*catalog->vector_numbers(kKey), ElementsAre(*first.photo));
}

TEST_P(Catalogs, AChangedFileIsAnotherPhotoUnderTheOldPath) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p");
    const auto before = commit(*catalog, photo(root, "/p/a.jpg", "old")),
               after = commit(*catalog, photo(root, "/p/a.jpg", "new"));
    EXPECT_EQ(before.file, after.file);
    EXPECT_NE(before.photo, after.photo);
    EXPECT_THAT(*catalog->available(), ElementsAre(*after.photo));
    EXPECT_TRUE(*catalog->has_vector(*before.photo, kKey)) << "knowledge is kept";
}

TEST_P(Catalogs, PathsAreBytes) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p/\xff");
    EXPECT_EQ(catalog->folders()->front().path, "/p/\xff");
    commit(*catalog, photo(root, "/p/\xff/\xfe.jpg", "a"));
    EXPECT_EQ((*catalog->find_file("/p/\xff/\xfe.jpg"))->facts.path, "/p/\xff/\xfe.jpg");
    EXPECT_EQ(*catalog->find_file("/p/?/?.jpg"), std::nullopt);
}

TEST_P(Catalogs, FailuresAndSkipsAreRememberedWithTheirReason) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p");
    commit(*catalog, {root.id, {"/p/bad.jpg", 1, 1, 1, 0}, FileOutcome::Failed{"decode", "damaged"}});
    commit(*catalog, {root.id, {"/p/a.txt", 1, 1, 1, 0}, FileOutcome::Skipped{"not a picture"}});
    const auto failed = *catalog->failures(10);
    ASSERT_EQ(failed.size(), 1U);
    EXPECT_EQ(failed[0].reason, "damaged");
    EXPECT_EQ(catalog->counts()->failed, 1U);
    // Under the present name of an older kind.
    EXPECT_THAT(catalog->counts()->skipped, ElementsAre(testing::Pair("not an image", 1)));
    commit(*catalog, photo(root, "/p/bad.jpg", "repaired"));
    EXPECT_TRUE(catalog->failures(10)->empty());
}

TEST_P(Catalogs, FilesThatAreGoneAreMissingNotForgotten) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p");
    const auto stays = commit(*catalog, photo(root, "/p/a.jpg", "a")),
               goes = commit(*catalog, photo(root, "/p/b.jpg", "b"));
    commit(*catalog, {root.id, {"/p/c.txt", 1, 1, 1, 0}, FileOutcome::Skipped{"not a picture"}});
    EXPECT_EQ(*catalog->end_scan({"/p", true, {}}, seen({stays.file})), 1U);
    EXPECT_THAT(*catalog->available(), ElementsAre(*stays.photo));
    EXPECT_TRUE(*catalog->has_vector(*goes.photo, kKey));
    EXPECT_TRUE(catalog->counts()->skipped.empty());
    ASSERT_TRUE(catalog->mark_available(goes.file));
    EXPECT_THAT(*catalog->available(), ElementsAre(*stays.photo, *goes.photo));
}

TEST_P(Catalogs, AMovedFileIsCountedAsMoved) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p");
    commit(*catalog, photo(root, "/p/old.jpg", "a"));
    const FileId before = *catalog->last_file();
    const auto moved = commit(*catalog, photo(root, "/p/new.jpg", "a"));
    EXPECT_EQ(*catalog->moved_since(before), 0U) << "the old file is still there: a copy";
    ASSERT_TRUE(catalog->end_scan({"/p", true, {}}, seen({moved.file})));
    EXPECT_EQ(*catalog->moved_since(before), 1U);
    EXPECT_EQ(catalog->counts()->photos, 1U);
}

TEST_P(Catalogs, APhotoOfAFolderThatIsAwayIsMovedWhenItTurnsUpElsewhere) {
    const auto catalog = open();
    const Folder old = *catalog->add_folder("/old"), root = *catalog->add_folder("/p");
    commit(*catalog, photo(old, "/old/a.jpg", "a"));
    const FileId before = *catalog->last_file();
    ASSERT_TRUE(catalog->set_reachable(old.id, false));
    const auto found = commit(*catalog, photo(root, "/p/a.jpg", "a"));
    EXPECT_EQ(*catalog->moved_since(before), 1U);
    const auto files = *catalog->files_of(*found.photo);
    ASSERT_EQ(files.size(), 2U);
    EXPECT_EQ(files[0].facts.path, "/p/a.jpg") << "what can be reached comes first";
    EXPECT_TRUE(files[0].reachable);
    EXPECT_FALSE(files[1].reachable);
}

TEST_P(Catalogs, AScanOfAPartSaysNothingOfTheRest) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p");
    for (const char* path : {"/p/a/1.jpg", "/p/a/b/2.jpg", "/p/a0/3.jpg", "/p/a/closed/4.jpg"})
        commit(*catalog, photo(root, path, path));
    EXPECT_EQ(*catalog->end_scan({"/p/a", false, {}}, {}), 1U) << "only files directly in it";
    EXPECT_EQ(*catalog->end_scan({"/p/a", true, {"/p/a/closed"}}, {}), 1U) << "a folder that cannot be read";
    EXPECT_EQ(catalog->available()->size(), 2U);
    EXPECT_EQ(*catalog->photos_below("/p/a"), 1U);
    EXPECT_EQ(*catalog->photos_below("/p"), 2U);
}

TEST_P(Catalogs, WhatALostSidecarSaidIsAskedForAgain) {
    const AnalyzerKey key{"metadata", 1, ""};
    for (const bool another : {false, true}) {
        const auto catalog = open();
        const Folder root = *catalog->add_folder("/p");
        const std::string bytes = another ? "b" : "a";
        FileOutcome before = photo(root, "/p/old/" + bytes, bytes);
        before.facts.sidecar = 5;
        std::get<FileOutcome::Photo>(before.what).done = {key};
        commit(*catalog, before);
        FileOutcome moved = photo(root, "/p/new/" + bytes, bytes);
        moved.facts.sidecar = another ? 7 : 0;
        const PhotoNumber number = *commit(*catalog, moved).photo;
        EXPECT_TRUE(catalog->analyzed(std::span(&key, 1))->at(number));
        ASSERT_TRUE(catalog->end_scan({"/p/old", true, {}}, {}));
        EXPECT_EQ(catalog->analyzed(std::span(&key, 1))->at(number), another);
    }
}

TEST_P(Catalogs, ARenamedFileIsKnownByItsInode) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder(folder.path());
    const auto known = commit(*catalog, photo(root, folder.path() / "old.jpg", "abc"));
    FileFacts now{folder.path() / "new.jpg", 3, 1000, 7, 0};
    const auto before = *catalog->find_moved(now);
    ASSERT_EQ(before.size(), 1U);
    EXPECT_EQ(before[0].photo, known.photo);
    EXPECT_EQ(before[0].facts.path, folder.path() / "old.jpg");
    folder.write("old.jpg", "abc");
    EXPECT_EQ(catalog->find_moved(now)->size(), 1U) << "the catalogue must not look at the file system";
    now.path = folder.path() / "old.jpg";
    EXPECT_TRUE(catalog->find_moved(now)->empty()) << "the file itself";
    now = {folder.path() / "new.jpg", 3, 1001, 7, 0};
    EXPECT_TRUE(catalog->find_moved(now)->empty()) << "another time";
}

AnalysisResults some_analysis_results() {
    AnalysisResults analysis_results;
    analysis_results.metadata.make = "Canon";
    analysis_results.metadata.model = "EOS 5D";
    analysis_results.metadata.iso = 400;
    analysis_results.metadata.title = "Crème brûlée";
    analysis_results.metadata.keywords = {"dessert", "Zürich"};
    analysis_results.metadata.rating = 4;
    analysis_results.taken = {1'556'714'400, 120, TakenSource::kExif};
    analysis_results.style.assign(229, 7);
    analysis_results.hashes = {1, 0xFFFF'FFFF'FFFF'FFFF};
    return analysis_results;
}

TEST_P(Catalogs, KeepsWhatWasFoundInAPhoto) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/home/me/Pictures");
    FileOutcome outcome = photo(root, "/home/me/Pictures/Trips 2019/SunsetBeach07.jpg", "a");
    auto& what = std::get<FileOutcome::Photo>(outcome.what);
    what.analysis_results = some_analysis_results();
    what.done = {{"metadata", 1, ""}, {"content", 1, "model-a"}};
    const PhotoNumber number = *commit(*catalog, outcome).photo;
    const auto found = *catalog->analysis_results(number);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->metadata, some_analysis_results().metadata);
    EXPECT_EQ(found->taken, some_analysis_results().taken);
    EXPECT_EQ(found->style, some_analysis_results().style);
    EXPECT_EQ(found->hashes, some_analysis_results().hashes);

    const auto finds = [&](std::vector<std::string> words) {
        return catalog->matching_text(words)->size() == 1;
    };
    EXPECT_TRUE(finds({"creme", "BRULEE"})) << "case and accents do not matter";
    EXPECT_TRUE(finds({"zurich"}));
    EXPECT_TRUE(finds({"canon", "5d", "trips"})) << "words of different columns";
    EXPECT_TRUE(finds({"sunset"})) << "a part of a name";
    EXPECT_TRUE(finds({"SunsetBeach07"}));
    EXPECT_TRUE(finds({"pictures"}));
    EXPECT_FALSE(finds({"home"})) << "where the folder lies says nothing of the photo";
    EXPECT_FALSE(finds({"canon", "nikon"}));
    EXPECT_FALSE(finds({"\"OR\" *"})) << "no language of the database";

    const AnalyzerKey keys[] = {{"metadata", 1, ""}, {"content", 1, "model-a"}};
    EXPECT_TRUE((*catalog->analyzed(keys)).at(number));
    const AnalyzerKey newer[] = {{"metadata", 2, ""}};
    EXPECT_FALSE((*catalog->analyzed(newer)).at(number));
    ASSERT_TRUE(catalog->mark_analyzed(std::span(&number, 1), newer[0]));
    EXPECT_TRUE((*catalog->analyzed(newer)).at(number));
    EXPECT_EQ((*catalog->taken(number))->local_seconds, 1'556'714'400);
    EXPECT_TRUE(catalog->check());
}

TEST_P(Catalogs, ARawFileIsShownAsItsFinishedPicture) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p");
    const auto add = [&](const std::string& path, const std::string& format) {
        FileOutcome outcome = photo(root, path, path);
        std::get<FileOutcome::Photo>(outcome.what).photo.format = format;
        return *commit(*catalog, outcome).photo;
    };
    const PhotoNumber raw = add("/p/IMG_1.CR2", "cr2"), jpeg = add("/p/IMG_1.jpg", "jpeg"),
                      alone = add("/p/IMG_2.CR2", "cr2"), edited = add("/p/IMG_2.edited.jpg", "jpeg");
    EXPECT_THAT(*catalog->available(), ElementsAre(jpeg, alone, edited));
    EXPECT_EQ(catalog->counts()->photos, 3U);
    EXPECT_EQ(*catalog->shown_as(raw), jpeg);
    EXPECT_THAT(*catalog->stands_for(jpeg), ElementsAre(raw));
    ASSERT_TRUE(catalog->end_scan({"/p", true, {}}, seen({1, 3, 4})));
    EXPECT_FALSE(*catalog->shown_as(raw));
    EXPECT_THAT(*catalog->available(), ElementsAre(raw, alone, edited)) << "the finished picture is gone";
}

TEST_P(Catalogs, NamesOfFilesThatAreGoneFindNothing) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p");
    const auto beach = commit(*catalog, photo(root, "/p/Beach/a.jpg", "a"));
    const auto finds = [&](const std::string& word) {
        return !catalog->matching_text(std::span(&word, 1))->empty();
    };
    EXPECT_TRUE(finds("beach"));
    // The folder was renamed.
    const auto moved = commit(*catalog, photo(root, "/p/Old/a.jpg", "a"));
    ASSERT_TRUE(catalog->end_scan({"/p", true, {}}, seen({moved.file})));
    EXPECT_FALSE(finds("beach"));
    EXPECT_TRUE(finds("old"));
    // Other bytes took the path.
    commit(*catalog, photo(root, "/p/kept.jpg", "a"));
    commit(*catalog, photo(root, "/p/Old/a.jpg", "b"));
    EXPECT_THAT(*catalog->matching_text(std::vector<std::string>{"old"}), testing::SizeIs(1));
    // The file came back.
    ASSERT_TRUE(catalog->mark_available(beach.file));
    EXPECT_TRUE(finds("beach"));
    ASSERT_TRUE(catalog->remove_folder(root.id));
    EXPECT_FALSE(finds("kept"));
}

TEST_P(Catalogs, ListsAndResolvesManyAtOnce) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p");
    std::vector<PhotoNumber> numbers;
    std::vector<std::string> names;
    for (const char* bytes : {"a", "b", "c"}) {
        numbers.push_back(*commit(*catalog, photo(root, fmt::format("/p/{}.jpg", bytes), bytes)).photo);
        names.push_back(to_hex(sha256(bytes)));
    }
    commit(*catalog, photo(root, "/p/copy of b.jpg", "b"));
    std::ranges::reverse(numbers);
    const auto listed = *catalog->list(numbers);
    ASSERT_EQ(listed.size(), 3U);
    for (std::size_t at = 0; at < numbers.size(); ++at) EXPECT_EQ(listed[at].photo.number, numbers[at]);
    EXPECT_EQ(listed[1].listing.path, "/p/b.jpg");
    EXPECT_EQ(listed[1].listing.copies, 2U);
    EXPECT_TRUE(listed[1].listing.reachable);
    EXPECT_TRUE(catalog->list(std::vector<PhotoNumber>{9999})->empty());

    names.insert(names.begin() + 1, "/p/c.jpg");
    names.push_back(names.front());
    const auto photos = *catalog->resolve(names);
    ASSERT_EQ(photos.size(), 5U);
    EXPECT_EQ(photos[0].id, sha256("a"));
    EXPECT_EQ(photos[1].id, sha256("c"));
    EXPECT_EQ(photos[4].id, sha256("a"));
    names.push_back(std::string(64, '0'));
    EXPECT_EQ(catalog->resolve(names).error().kind, ErrorKind::kNotFound);
}

TEST_P(Catalogs, TheMachinesWorkLeavesAPersonsDecisions) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p");
    FileOutcome outcome = photo(root, "/p/a.jpg", "a");
    auto& what = std::get<FileOutcome::Photo>(outcome.what);
    what.faces.emplace().resize(2);
    (*what.faces)[0].box = {0, 0, 10, 10};
    (*what.faces)[1].box = {50, 0, 10, 10};
    what.face_model = "faces";
    const PhotoNumber number = *commit(*catalog, outcome).photo;
    const auto faces = *catalog->faces_of(number);
    const std::string before = *catalog->faces_state();

    PeopleChange edit;
    edit.what = "named 1 face Anna";
    edit.added = 1;
    edit.people = {{-1, "Anna", false}};
    edit.faces = {{faces[0].id, -1, true}};
    const AppliedPeopleChange named = *catalog->change_people(edit);
    EXPECT_EQ(catalog->face(faces[0].id)->person, named.added.front());
    EXPECT_NE(*catalog->faces_state(), before);
    EXPECT_EQ(*catalog->faces_state(), named.state);

    // Groups computed from the state before the edit.
    PeopleChange groups;
    groups.added = 1;
    groups.faces = {{faces[0].id, -1, false}, {faces[1].id, -1, false}};
    groups.computed_from = before;
    EXPECT_EQ(catalog->change_people(groups).error().kind, ErrorKind::kConflict);
    EXPECT_EQ(catalog->face(faces[1].id)->person, 0);
    groups.computed_from.reset();
    ASSERT_TRUE(catalog->change_people(groups));
    EXPECT_EQ(catalog->face(faces[0].id)->person, named.added.front());
    EXPECT_TRUE(catalog->face(faces[0].id)->confirmed);
    EXPECT_NE(catalog->face(faces[1].id)->person, 0);

    PeopleChange again;
    again.what = "named 1 face Anna";
    again.added = 1;
    again.people = {{-1, "Anna", false}};
    EXPECT_EQ(catalog->change_people(again).error().kind, ErrorKind::kConflict);
    const PersonCount count = *catalog->person_count(named.added.front());
    EXPECT_EQ(count.name, "Anna");
    EXPECT_EQ(count.faces, 1U);
    EXPECT_EQ(count.cover, faces[0].id);
    EXPECT_EQ(catalog->person_count(9999).error().kind, ErrorKind::kNotFound);
}

TEST_P(Catalogs, KeepsPairsOfTheSamePicture) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p");
    const PhotoNumber a = *commit(*catalog, photo(root, "/p/a.jpg", "a")).photo,
                      b = *commit(*catalog, photo(root, "/p/b.jpg", "b")).photo;
    const SamePicture pair{b, a, 30, .9, true};
    ASSERT_TRUE(catalog->add_same_pictures(std::span(&pair, 1)));
    ASSERT_TRUE(catalog->add_same_pictures(std::span(&pair, 1)));
    const auto pairs = *catalog->same_pictures();
    ASSERT_EQ(pairs.size(), 1U);
    EXPECT_EQ(pairs[0].first, a);
    EXPECT_EQ(pairs[0].second, b);
    EXPECT_TRUE(pairs[0].certain);
}

TEST_P(Catalogs, ARemovedFolderTakesItsFilesButNoKnowledge) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p");
    const auto known = commit(*catalog, photo(root, "/p/a.jpg", "a"));
    ASSERT_TRUE(catalog->remove_folder(root.id));
    EXPECT_EQ(catalog->remove_folder(root.id).error().kind, ErrorKind::kNotFound);
    EXPECT_TRUE(catalog->available()->empty());
    EXPECT_TRUE(*catalog->has_vector(*known.photo, kKey));
    const Folder again = *catalog->add_folder("/p");
    EXPECT_NE(again.id, root.id);
    EXPECT_FALSE(commit(*catalog, photo(again, "/p/a.jpg", "a", {})).new_photo);
}

// Returns table -> number of rows that belong to the photo or to one of its faces, read without Hone's code.
std::map<std::string, int> rows_of_photo(const fs::path& folder, PhotoNumber photo,
                                         const std::vector<Face>& faces) {
    std::map<std::string, int> found;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() != ".db") continue;
        SQLite::Database database(entry.path().native(), SQLite::OPEN_READONLY, 60'000);
        SQLite::Statement columns(database,
                                  "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) "
                                  "AS c WHERE m.type = 'table'");
        while (columns.executeStep()) {
            const std::string table = columns.getColumn(0), column = columns.getColumn(1);
            const auto add = [&](const std::string& name, std::int64_t number) {
                SQLite::Statement count(database,
                                        fmt::format("SELECT count(*) FROM {} WHERE {} = ?", table, name));
                count.bind(1, number);
                count.executeStep();
                found[table] += count.getColumn(0).getInt();
            };
            if (column == "photo_id" || (table == "photo" && (column == "id" || column == "shown_as")) ||
                (table == "same_picture" && (column == "first" || column == "second")))
                add(column, photo);
            if (table == "words" && column == "name") add("rowid", photo);
            for (const Face& face : faces) {
                if (column == "face_id") add(column, face.id);
            }
        }
    }
    return found;
}

TEST_P(Catalogs, AForgottenPhotoLeavesNoRow) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p");
    const auto whole = [&](const std::string& path, const std::string& format) {
        FileOutcome outcome = photo(root, path, path);
        auto& what = std::get<FileOutcome::Photo>(outcome.what);
        what.photo.format = format;
        what.analysis_results = some_analysis_results();
        FaceFacts face;
        face.box = {1, 2, 30, 40};
        face.score = 0.9F;
        face.vector = {1, 0};
        what.faces = {face};
        what.face_model = "net";
        return *commit(*catalog, outcome).photo;
    };
    const PhotoNumber gone = whole("/p/IMG_1.jpg", "jpeg"), raw = whole("/p/IMG_1.CR2", "cr2"),
                      other = whole("/p/b.jpg", "jpeg");
    const SamePicture pairs[] = {{gone, other, 30, .9, true}, {gone, raw, 30, .9, true}};
    ASSERT_TRUE(catalog->add_same_pictures(pairs));
    const auto faces = *catalog->faces_of(gone), kept = *catalog->faces_of(other);
    ASSERT_EQ(faces.size(), 1U);
    const PersonId person = test::add_person(*catalog), stranger = test::add_person(*catalog);
    ASSERT_TRUE(catalog->change_people({{{person, "Anna", false}},
                                        {{faces[0].id, person, true}, {kept[0].id, person, true}},
                                        {{faces[0].id, stranger}},
                                        "named"}));
    const auto everything = rows_of_photo(folder.path(), gone, faces);
    EXPECT_GE(everything.size(), 11U);
    for (const auto& [table, rows] : everything)
        EXPECT_GT(rows, 0) << "this test puts nothing into " << table;

    const PhotoNumber all[] = {gone, other, 4711};
    EXPECT_TRUE(catalog->forget(all)->empty()) << "their files are there";
    EXPECT_EQ(rows_of_photo(folder.path(), gone, faces), everything);
    ASSERT_TRUE(catalog->end_scan({"/p", true, {}}, seen({2, 3})));
    const std::string before = *catalog->faces_state();
    const auto forgotten = *catalog->forget(all);
    ASSERT_EQ(forgotten.size(), 1U);
    EXPECT_EQ(forgotten[0].number, gone);
    EXPECT_EQ(forgotten[0].id, sha256("/p/IMG_1.jpg"));
    for (const auto& [table, rows] : rows_of_photo(folder.path(), gone, faces)) EXPECT_EQ(rows, 0) << table;

    EXPECT_EQ(*catalog->photo(gone), std::nullopt);
    EXPECT_THAT(*catalog->available(), ElementsAre(raw, other)) << "nothing stands for the raw file now";
    EXPECT_THAT(*catalog->known_photos(), ElementsAre(false, false, true, true));
    EXPECT_TRUE(catalog->same_pictures()->empty());
    EXPECT_EQ(catalog->matching_text(std::vector<std::string>{"zurich"})->size(), 2U);
    EXPECT_NE(*catalog->faces_state(), before);
    EXPECT_EQ(catalog->faces_of_person(person)->size(), 1U) << "the other photo keeps its face and its name";
    EXPECT_TRUE(catalog->undo_people_edit());
    EXPECT_TRUE(catalog->check());
    EXPECT_TRUE(catalog->forget(all)->empty()) << "repeating is harmless";
    const auto again = commit(*catalog, photo(root, "/p/IMG_1.jpg", "/p/IMG_1.jpg"));
    EXPECT_TRUE(again.new_photo);
    EXPECT_GT(*again.photo, other) << "numbers are never used again";
}

TEST_P(Catalogs, KnowsSinceWhenAPhotoIsMissing) {
    const auto catalog = open();
    const Folder root = *catalog->add_folder("/p"), second = *catalog->add_folder("/q");
    const std::int64_t start = unix_seconds();
    const auto missing = [&] { return *catalog->missing_photos(unix_seconds()); };
    const PhotoNumber a = *commit(*catalog, photo(root, "/p/a.jpg", "a")).photo;
    const auto b = commit(*catalog, photo(root, "/p/b.jpg", "b"));
    const PhotoNumber c = *commit(*catalog, photo(second, "/q/c.jpg", "c")).photo;
    commit(*catalog, photo(root, "/p/copy of a.jpg", "a"));
    EXPECT_TRUE(missing().empty());
    EXPECT_EQ(catalog->count_missing()->photos, 0U);

    ASSERT_TRUE(catalog->end_scan({"/p", true, {}}, seen({2, 4})));
    EXPECT_TRUE(missing().empty()) << "a copy is there";
    ASSERT_TRUE(catalog->end_scan({"/p", true, {}}, seen({4})));
    EXPECT_THAT(missing(), ElementsAre(*b.photo));
    EXPECT_TRUE(catalog->missing_photos(start - 1)->empty()) << "not for that long";
    ASSERT_TRUE(catalog->mark_available(b.file));
    EXPECT_TRUE(missing().empty()) << "it came back";

    commit(*catalog, photo(root, "/p/copy of a.jpg", "changed"));
    EXPECT_THAT(missing(), ElementsAre(a)) << "its last file has other bytes now";
    ASSERT_TRUE(catalog->set_reachable(second.id, false));
    EXPECT_THAT(missing(), ElementsAre(a)) << "an offline disk";
    ASSERT_TRUE(catalog->remove_folder(second.id));
    EXPECT_THAT(missing(), ElementsAre(a, c));
    const MissingCount counts = *catalog->count_missing();
    EXPECT_EQ(counts.photos, 2U);
    ASSERT_TRUE(counts.since);
    EXPECT_GE(*counts.since, start);
    EXPECT_LE(*counts.since, unix_seconds());
    commit(*catalog, photo(root, "/p/c.jpg", "c"));
    EXPECT_THAT(missing(), ElementsAre(a)) << "found elsewhere";
    EXPECT_THAT(*open(false)->missing_photos(unix_seconds()), ElementsAre(a));
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
    std::get<FileOutcome::Photo>(first.what).photo.id = *sha256_from_hex("abcdef01" + std::string(56, '0'));
    std::get<FileOutcome::Photo>(second.what).photo.id = *sha256_from_hex("abcdef01" + std::string(56, '1'));
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
    std::get<FileOutcome::Photo>(outcome.what).vectors = {{{"content", "model-b"}, {1, 2, 3}}};
    std::get<FileOutcome::Photo>(outcome.what).done = {{"content", 1, "model-b"}};
    commit(*catalog, outcome);
    const auto spaces = *catalog->stored_spaces("content");
    ASSERT_EQ(spaces.size(), 2U);
    EXPECT_EQ(spaces[0].model, "model-a");
    EXPECT_EQ(spaces[0].dimension, 2U);
    EXPECT_EQ(spaces[1].dimension, 3U);
    EXPECT_EQ(spaces[1].photos, 1U);
    EXPECT_TRUE(catalog->stored_spaces("look")->empty());
    EXPECT_EQ(*catalog->vector_models("content"), (std::vector<std::string>{"model-a", "model-b"}));
    EXPECT_TRUE(catalog->vector_models("look")->empty());
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

INSTANTIATE_TEST_SUITE_P(Implementations, Catalogs, test::every_catalog(), test::name_of_catalog);

// A catalogue in the form of the first version of Hone (schema 1), with one photo.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE folder (id INTEGER PRIMARY KEY AUTOINCREMENT, path BLOB NOT NULL UNIQUE, reachable INTEGER NOT NULL DEFAULT 1);
CREATE TABLE photo (id INTEGER PRIMARY KEY AUTOINCREMENT, sha BLOB NOT NULL UNIQUE, bytes INTEGER NOT NULL, width INTEGER NOT NULL,
  height INTEGER NOT NULL, format TEXT NOT NULL, color INTEGER NOT NULL, added_at INTEGER NOT NULL);
CREATE TABLE place (id INTEGER PRIMARY KEY AUTOINCREMENT, folder_id INTEGER NOT NULL REFERENCES folder(id) ON DELETE CASCADE, path BLOB NOT NULL UNIQUE,
  size INTEGER NOT NULL, modified_ns INTEGER NOT NULL, inode INTEGER NOT NULL, state INTEGER NOT NULL, photo_id INTEGER REFERENCES photo(id),
  stage TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '');
CREATE INDEX place_photo ON place(photo_id, state);
CREATE INDEX place_folder ON place(folder_id, state);
CREATE TABLE analysis (photo_id INTEGER NOT NULL REFERENCES photo(id), analyzer TEXT NOT NULL, version INTEGER NOT NULL, model TEXT NOT NULL,
  at INTEGER NOT NULL, PRIMARY KEY (photo_id, analyzer, model)) WITHOUT ROWID;
CREATE TABLE vector (photo_id INTEGER NOT NULL REFERENCES photo(id), space TEXT NOT NULL, model TEXT NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (space, model, photo_id));
INSERT INTO folder (path) VALUES (CAST('/p' AS BLOB));
INSERT INTO photo VALUES (1, zeroblob(32), 3, 4, 5, 'jpeg', 0, 1700000000);
INSERT INTO photo VALUES (2, zeroblob(31), 3, 4, 5, 'jpeg', 0, 1700000000);
INSERT INTO place (folder_id, path, size, modified_ns, inode, state, photo_id) VALUES (1, CAST('/p/a.jpg' AS BLOB), 3, 1, 1, 0, 1);
INSERT INTO analysis VALUES (1, 'content', 1, 'model-a', 1700000000);
INSERT INTO vector VALUES (1, 'content', 'model-a', X'0000803F00000040');
PRAGMA application_id = 1213156933;
PRAGMA user_version = 1;
)sql";

TEST(SqliteCatalog, BringsTheOldestSchemaUpToDate) {
    const test::TemporaryFolder folder;
    const fs::path file = folder.path() / "catalog.db";
    sqlite3* database = nullptr;
    sqlite3_open(file.c_str(), &database);
    ASSERT_EQ(sqlite3_exec(database, kVersion1, nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    sqlite3_close(database);
    EXPECT_THAT(open_sqlite_catalog(file, false).error().message, HasSubstr("run `hone index` once"))
        << "a reader changes nothing";
    for (int opening = 0; opening < 2; ++opening) {
        const auto catalog = open_sqlite_catalog(file, true);
        ASSERT_TRUE(catalog) << catalog.error().message;
        EXPECT_THAT(*(*catalog)->available(), ElementsAre(1));
        EXPECT_TRUE(*(*catalog)->has_vector(1, kKey)) << "nothing that was computed is lost";
        const AnalyzerKey metadata{"metadata", 1, ""};
        EXPECT_FALSE((*catalog)->analyzed(std::span(&metadata, 1))->at(1)) << "what is new is missing";
        const std::int64_t now = unix_seconds();
        EXPECT_THAT(*(*catalog)->missing_photos(now), ElementsAre(2)) << "since the update";
        EXPECT_TRUE((*catalog)->missing_photos(now - 3600)->empty());
    }
    EXPECT_TRUE(open_sqlite_catalog(file, false));
}

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
    folder.write("text.db", "this is not a database, but a text that is long enough to be one");
    EXPECT_THAT(open_sqlite_catalog(folder.path() / "text.db", true).error().message, HasSubstr("damaged"));
}

}  // namespace
}  // namespace hone
