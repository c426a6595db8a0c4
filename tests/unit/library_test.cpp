// SPDX-License-Identifier: GPL-3.0-or-later
// Opening a library again: from the stored snapshot, and from the catalogue when that one does not count.
#include "library/library.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/sqlite/statement_counts.hpp"
#include "library/snapshot_file.hpp"
#include "tests/support/manifest_by_hand.hpp"
#include "tests/support/temporary_folder.hpp"

namespace hone {
namespace {

class StoredLibrary : public testing::Test {
  protected:
    static constexpr int kPhotos = 600;

    void SetUp() override {
        model = std::make_shared<ImageTextModel>(test::manifest_by_hand(), ModelOptions{});
        open();
        root = *library->catalog().add_folder("/photos");
        std::vector<FileOutcome> outcomes;
        for (int photo = 0; photo < kPhotos; ++photo) outcomes.push_back(outcome(photo));
        ASSERT_TRUE(library->catalog().commit(outcomes));
        const SamePicture pair{3, 100, 80, 0.99, true};
        ASSERT_TRUE(library->catalog().add_same_pictures(std::span(&pair, 1)));
        close();
        open();  // fills the vector files
        ASSERT_TRUE(library->store_snapshot());
        close();
    }

    FileOutcome outcome(int number) const {
        FileOutcome::Photo photo;
        photo.photo = {sha256(std::to_string(number)), 1, 10, 10, "jpeg", 0};
        photo.vectors = {{content_key(*model), {1, 0, 0}}};
        photo.analysis_results.emplace();
        photo.analysis_results->style = {static_cast<std::uint8_t>(number)};
        photo.analysis_results->hashes = {0};
        photo.analysis_results->metadata.make = "Canon";
        photo.analysis_results->metadata.latitude = number % 90;
        photo.analysis_results->metadata.longitude = 11;
        photo.analysis_results->taken = {1'000'001 + number / 2 * 100, std::nullopt, TakenSource::kExif};
        return {root.id, {fmt::format("/photos/{}.jpg", number), 1, 1, 1, 0}, photo};
    }

    void open() {
        library = *Library::open(folder.path(), Access::kWrite, "test");
        ASSERT_TRUE(library->snapshot());
        content = *library->open_content(*model);
        styles = *library->styles();
    }
    void close() {
        content.reset();
        styles.reset();
        library.reset();
    }
    // Opens the library and returns the steps of SQLite that it took.
    std::uint64_t steps_to_open() {
        const std::uint64_t before = statement_counts().steps;
        open();
        return statement_counts().steps - before;
    }
    void expect_whole(int photos) {
        const auto snapshot = *library->snapshot();
        EXPECT_EQ(snapshot->counts().photos, static_cast<std::uint64_t>(photos));
        EXPECT_EQ(snapshot->files_of(root.id), static_cast<std::uint64_t>(photos));
        EXPECT_EQ(snapshot->photos_with_position(), static_cast<std::uint64_t>(photos));
        EXPECT_THAT(snapshot->groups().pictures().set_of(3), testing::ElementsAre(3, 100));
        EXPECT_THAT(snapshot->groups().bursts().set_of(1), testing::ElementsAre(1, 2));
        EXPECT_EQ(content->view().size(), static_cast<std::size_t>(photos));
        EXPECT_EQ(styles->styles().view().size(), static_cast<std::size_t>(photos));
        EXPECT_EQ(styles->terms().view().size(), static_cast<std::size_t>(photos));
    }
    [[nodiscard]] fs::path file() const { return folder.path() / "vectors" / "snapshot"; }

    test::TemporaryFolder folder;
    std::shared_ptr<ImageTextModel> model;
    std::unique_ptr<Library> library;
    std::shared_ptr<VectorSpace> content;
    std::shared_ptr<const StyleSpace> styles;
    Folder root;
};

TEST_F(StoredLibrary, OpensWithoutReadingATableAsAWhole) {
    EXPECT_LT(steps_to_open(), std::uint64_t{kPhotos});
    expect_whole(kPhotos);
}

TEST_F(StoredLibrary, CountsNoMoreAfterAWriteThatWasNotStored) {
    open();
    const FileOutcome one = outcome(kPhotos);
    ASSERT_TRUE(library->catalog().commit(std::span(&one, 1)));
    close();  // like a crash: nothing is stored, and the vector files lack the photo
    EXPECT_GT(steps_to_open(), std::uint64_t{kPhotos});
    expect_whole(kPhotos + 1);
}

TEST_F(StoredLibrary, CountsNoMoreAfterAWriteOfAnotherProgram) {
    {
        const auto other = *open_sqlite_catalog(folder.path() / "catalog.db", true);
        ASSERT_TRUE(other->set_setting("model", "other"));
    }
    EXPECT_GT(steps_to_open(), std::uint64_t{kPhotos});
    expect_whole(kPhotos);
}

TEST_F(StoredLibrary, CountsNoMoreWhenTheCatalogueIsAnotherOne) {
    fs::copy_file(folder.path() / "catalog.db", folder.path() / "older.db");
    open();
    const FileOutcome one = outcome(kPhotos);
    ASSERT_TRUE(library->catalog().commit(std::span(&one, 1)));
    ASSERT_TRUE(library->store_snapshot());
    close();
    fs::rename(folder.path() / "older.db", folder.path() / "catalog.db");
    open();
    expect_whole(kPhotos);
}

TEST_F(StoredLibrary, MayBeDamagedOrLost) {
    const std::string whole = *read_text(file());
    ASSERT_GT(whole.size(), 10'000U);
    for (const std::size_t at : {0UL, 9UL, 20UL, 60UL, 5000UL, whole.size() - 1}) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
        EXPECT_FALSE(decode_snapshot(damaged)) << at;
        EXPECT_FALSE(decode_snapshot(std::string_view(whole).substr(0, at))) << at;
        ASSERT_TRUE(write_file_atomically(file(), damaged));
        open();
        expect_whole(kPhotos);
        close();
    }
    ASSERT_TRUE(decode_snapshot(whole));
    fs::remove(file());
    open();
    expect_whole(kPhotos);
}

TEST_F(StoredLibrary, FillsAVectorFileThatWasDeleted) {
    for (const auto& entry : fs::directory_iterator(folder.path() / "vectors")) {
        if (entry.path().extension() == ".rows") fs::remove(entry.path());
    }
    open();
    expect_whole(kPhotos);
}

TEST_F(StoredLibrary, KeepsNothingOfAForgottenPhoto) {
    open();
    ASSERT_TRUE(fs::exists(file()));
    ASSERT_TRUE(library->catalog().remove_folder(root.id));
    const std::vector<PhotoNumber> gone{7};
    ASSERT_EQ(library->forget(gone)->size(), 1U);
    EXPECT_FALSE(fs::exists(file()));
}

TEST(SnapshotFile, KeepsSizesCopiesFacesAndPeople) {
    StoredSnapshot stored;
    stored.everything.represented = {4, 9};
    stored.everything.faces = {{4, {0, 7, 7}}, {5, {}}};
    stored.everything.people = {{7, true, false}, {8, false, true}};
    Capture& large = stored.everything.shown.emplace_back();
    large.photo = 3;
    large.bytes = 5'000'000'000;
    large.pixels = 400'000'000;
    large.raw = true;
    large.folder = 6;
    stored.everything.copies = {{3, 5'000'000'000, {{6, 77, -1}, {8, 78, 2}}}};
    const auto read = decode_snapshot(encode_snapshot(stored));
    ASSERT_TRUE(read) << read.error().message;
    const Changes& changes = read->everything;
    ASSERT_EQ(changes.shown.size(), 1U);
    const Capture& shown = changes.shown.front();
    EXPECT_TRUE(shown.bytes == large.bytes && shown.pixels == large.pixels && shown.raw && shown.folder == 6);
    ASSERT_EQ(changes.copies.size(), 1U);
    EXPECT_TRUE(changes.copies[0].photo == 3 && changes.copies[0].bytes == large.bytes &&
                changes.copies[0].files == stored.everything.copies[0].files);
    EXPECT_EQ(changes.represented, stored.everything.represented);
    EXPECT_EQ(changes.faces, stored.everything.faces);
    ASSERT_EQ(changes.people.size(), 2U);
    EXPECT_TRUE(changes.people[0].id == 7 && changes.people[0].named && !changes.people[0].hidden);
    EXPECT_TRUE(changes.people[1].id == 8 && !changes.people[1].named && changes.people[1].hidden);
}

TEST_F(StoredLibrary, IsAnEmptyLibraryToo) {
    const StoredSnapshot none{"state", {}, {}};
    const auto read = decode_snapshot(encode_snapshot(none));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->state, "state");
    EXPECT_TRUE(read->everything.shown.empty());
    EXPECT_TRUE(read->everything.faces.empty());
    EXPECT_EQ(state_of_snapshot(std::string_view(encode_snapshot(none)).substr(0, 32)), "state");
    EXPECT_EQ(state_of_snapshot("something else"), "");
}

}  // namespace
}  // namespace hone
