// SPDX-License-Identifier: GPL-3.0-or-later
// Exact, near and burst duplicates on a made-up catalogue.
#include "search/duplicates.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace hone {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kNoon = 1'556'712'000;  // 2019-05-01 12:00:00 of some calendar

// A catalogue made by hand.
class Duplicates : public testing::Test {
  protected:
    void SetUp() override {
        catalog = *open_sqlite_catalog(folder.path() / "catalog.db", true);
        root = *catalog->add_folder("/p");
        ASSERT_TRUE(catalog->observe([this](const Changes& changes) { library.apply(changes); }));
    }

    struct Shot {
        std::string path;
        std::string content;  // the bytes, which identify the photo
        int width = 100, height = 100;
        std::uint64_t bytes = 1000;
        std::string format = "jpeg";
        std::optional<TakenAt> taken = {};
        std::string camera = "Canon";
        std::int64_t modified_ns = 1;
        std::uint64_t inode = 0;  // 0: a separate one
    };

    PhotoNumber add(const Shot& shot) { return add_to(root.id, shot); }

    PhotoNumber add_to(FolderId where, const Shot& shot) {
        FileOutcome::Photo photo;
        photo.photo = {sha256(shot.content), shot.bytes, shot.width, shot.height, shot.format, 0x102030};
        AnalysisResults analysis_results;
        analysis_results.metadata.make = shot.camera;
        analysis_results.metadata.taken = shot.taken;
        analysis_results.taken = shot.taken.value_or(TakenAt{kNoon, {}, TakenSource::kModified});
        analysis_results.style = {1};  // not used here
        analysis_results.hashes = {1};
        photo.analysis_results = analysis_results;
        const std::uint64_t inode = shot.inode == 0 ? ++last_inode : shot.inode;
        const FileOutcome outcome{where, {shot.path, shot.bytes, shot.modified_ns, inode, 0}, photo};
        const auto committed = catalog->commit(std::span(&outcome, 1));
        EXPECT_TRUE(committed) << committed.error().message;
        return *committed->front().photo;
    }

    static TakenAt at(std::int64_t seconds, TakenSource source = TakenSource::kExif) {
        return {kNoon + seconds, {}, source};
    }

    void same(PhotoNumber a, PhotoNumber b, bool certain = true) {
        const SamePicture pair{a, b, 50, .99, certain};
        EXPECT_TRUE(catalog->add_same_pictures(std::span(&pair, 1)));
    }

    // Returns each group as the names of its files, the best first, then the bytes to free.
    static std::vector<std::string> names(const DuplicatePage& page) {
        std::vector<std::string> lines;
        for (const DuplicateGroup& group : page.groups) {
            std::string line;
            for (const Duplicate& duplicate : group.photos) line += duplicate.path.filename().string() + " ";
            lines.push_back(line + std::to_string(group.bytes_to_free));
        }
        return lines;
    }

    DuplicatePage find(DuplicateKind kind, std::size_t offset = 0, std::size_t limit = 100) {
        auto page = find_duplicates(*catalog, *library.snapshot(), kind, offset, limit);
        EXPECT_TRUE(page) << page.error().message;
        return std::move(*page);
    }

    test::TemporaryFolder folder;
    SnapshotKeeper library;
    std::unique_ptr<Catalog> catalog;
    Folder root;
    std::uint64_t last_inode = 100;
};

TEST_F(Duplicates, AnEmptyLibraryHasNone) {
    for (const auto kind : {DuplicateKind::kExact, DuplicateKind::kNear, DuplicateKind::kBurst}) {
        const DuplicatePage page = find(kind);
        EXPECT_EQ(page.total, 0U);
        EXPECT_THAT(page.groups, IsEmpty());
    }
}

TEST_F(Duplicates, BytesAreOnePhotoInSeveralFilesTheOldestFileFirst) {
    add({.path = "/p/b.jpg", .content = "x", .bytes = 500, .modified_ns = 30});
    add({.path = "/p/a.jpg", .content = "x", .bytes = 500, .modified_ns = 20});
    add({.path = "/p/c.jpg", .content = "x", .bytes = 500, .modified_ns = 10});
    add({.path = "/p/alone.jpg", .content = "y"});
    const DuplicatePage page = find(DuplicateKind::kExact);
    EXPECT_THAT(names(page), ElementsAre("c.jpg a.jpg b.jpg 1000"));
    EXPECT_EQ(page.groups[0].photos[0].photo.id, page.groups[0].photos[2].photo.id);
    EXPECT_EQ(page.groups[0].photos[0].copies, 3U);
}

TEST_F(Duplicates, TwoNamesOfOneFileAreOneFile) {
    add({.path = "/p/a.jpg", .content = "x", .inode = 7});
    add({.path = "/p/link.jpg", .content = "x", .inode = 7});
    EXPECT_EQ(find(DuplicateKind::kExact).total, 0U);
    add({.path = "/p/copy.jpg", .content = "x", .modified_ns = 2, .inode = 8});
    EXPECT_THAT(names(find(DuplicateKind::kExact)), ElementsAre("a.jpg copy.jpg 1000"));
}

TEST_F(Duplicates, FilesThatAreAwayAreNoCopies) {
    const Folder disk = *catalog->add_folder("/disk");
    const PhotoNumber small = add({.path = "/p/small.jpg", .content = "s"});
    const PhotoNumber large = add_to(disk.id, {.path = "/disk/large.jpg", .content = "l", .width = 900});
    add_to(disk.id, {.path = "/disk/small.jpg", .content = "s", .modified_ns = 2});
    same(small, large);
    EXPECT_EQ(find(DuplicateKind::kExact).total, 1U);
    EXPECT_THAT(names(find(DuplicateKind::kNear)), ElementsAre("large.jpg small.jpg 2000"));
    ASSERT_TRUE(catalog->set_reachable(disk.id, false));
    EXPECT_EQ(find(DuplicateKind::kExact).total, 0U);
    EXPECT_EQ(find(DuplicateKind::kNear).total, 0U) << "nothing to delete beside a disk in a drawer";
    ASSERT_TRUE(catalog->set_reachable(disk.id, true));
    EXPECT_EQ(find(DuplicateKind::kNear).total, 1U);
    // Missing: the scanned folder no longer contains a file.
    ASSERT_TRUE(catalog->end_scan({"/disk", true, {}}, {}));
    EXPECT_EQ(find(DuplicateKind::kNear).total, 0U);
}

TEST_F(Duplicates, TheBestOfAPictureIsRawThenPixelsThenBytesThenAge) {
    const PhotoNumber young = add({.path = "/p/young.jpg", .content = "1", .taken = at(50)});
    const PhotoNumber old = add({.path = "/p/old.jpg", .content = "2", .taken = at(10)});
    const PhotoNumber unknown = add({.path = "/p/unknown.jpg", .content = "3"});
    const PhotoNumber heavy = add({.path = "/p/heavy.png", .content = "4", .bytes = 3000, .format = "png"});
    const PhotoNumber large = add({.path = "/p/large.jpg", .content = "5", .width = 101, .bytes = 10});
    const PhotoNumber raw =
        add({.path = "/p/raw.cr2", .content = "6", .width = 9, .bytes = 9, .format = "cr2"});
    for (const PhotoNumber other : {old, unknown, heavy, large, raw}) same(young, other);
    EXPECT_THAT(names(find(DuplicateKind::kNear)),
                ElementsAre("raw.cr2 large.jpg heavy.png old.jpg young.jpg unknown.jpg 6010"));
}

TEST_F(Duplicates, AllFilesOfAPictureButOneCanGo) {
    const PhotoNumber best = add({.path = "/p/best.jpg", .content = "1", .width = 500, .bytes = 700});
    add({.path = "/p/best copy.jpg", .content = "1", .width = 500, .bytes = 700});
    const PhotoNumber other = add({.path = "/p/small.jpg", .content = "2", .bytes = 30});
    add({.path = "/p/small copy.jpg", .content = "2", .bytes = 30});
    same(best, other);
    EXPECT_THAT(names(find(DuplicateKind::kNear)), ElementsAre("best.jpg small.jpg 760"));
}

TEST_F(Duplicates, GroupsComeInTheOrderOfWhatTheyFreeAndInPages) {
    for (int pair = 1; pair <= 4; ++pair) {
        const auto bytes = static_cast<std::uint64_t>(pair == 2 ? 900 : pair * 10);
        const std::string name = std::to_string(pair);
        const PhotoNumber first = add({.path = "/p/" + name + "a", .content = name + "a", .bytes = bytes});
        same(first, add({.path = "/p/" + name + "b", .content = name + "b", .bytes = bytes}));
    }
    EXPECT_THAT(names(find(DuplicateKind::kNear)),
                ElementsAre("2a 2b 900", "4a 4b 40", "3a 3b 30", "1a 1b 10"));
    const DuplicatePage page = find(DuplicateKind::kNear, 1, 2);
    EXPECT_THAT(names(page), ElementsAre("4a 4b 40", "3a 3b 30"));
    EXPECT_EQ(page.total, 4U);
    EXPECT_THAT(find(DuplicateKind::kNear, 9, 2).groups, IsEmpty());
    EXPECT_THAT(find(DuplicateKind::kNear, 0, 0).groups, IsEmpty());
}

TEST_F(Duplicates, APhotoThatIsGoneJoinsNothing) {
    const PhotoNumber left = add({.path = "/p/left.jpg", .content = "1"});
    const PhotoNumber right = add({.path = "/p/right.jpg", .content = "2"});
    const Folder other = *catalog->add_folder("/q");
    const PhotoNumber between = add_to(other.id, {.path = "/q/between.jpg", .content = "3"});
    same(left, between);
    same(between, right);
    EXPECT_EQ(find(DuplicateKind::kNear).groups.at(0).photos.size(), 3U);
    ASSERT_TRUE(catalog->end_scan({"/q", true, {}}, {}));
    EXPECT_EQ(find(DuplicateKind::kNear).total, 0U);
}

TEST_F(Duplicates, ARawFileBesideItsPictureIsNoDuplicateOfIt) {
    const PhotoNumber raw = add({.path = "/p/IMG_1.cr2", .content = "raw", .format = "cr2"});
    const PhotoNumber picture = add({.path = "/p/IMG_1.jpg", .content = "picture"});
    same(raw, picture);
    EXPECT_EQ(find(DuplicateKind::kNear).total, 0U);
    add({.path = "/p/backup.cr2", .content = "raw", .format = "cr2"});
    EXPECT_THAT(names(find(DuplicateKind::kExact)), ElementsAre("IMG_1.cr2 backup.cr2 1000"));
}

TEST_F(Duplicates, ABurstIsOneCameraTwoSecondsApart) {
    add({.path = "/p/3.jpg", .content = "3", .bytes = 30, .taken = at(4)});
    add({.path = "/p/1.jpg", .content = "1", .bytes = 10, .taken = at(0)});
    add({.path = "/p/2.jpg", .content = "2", .bytes = 20, .taken = at(2)});
    add({.path = "/p/late.jpg", .content = "4", .taken = at(7)});
    add({.path = "/p/other.jpg", .content = "5", .taken = at(1), .camera = "Nikon"});
    EXPECT_THAT(names(find(DuplicateKind::kBurst)), ElementsAre("1.jpg 2.jpg 3.jpg 50"));
}

TEST_F(Duplicates, BurstsComeNewestFirst) {
    add({.path = "/p/a.jpg", .content = "a", .taken = at(0)});
    add({.path = "/p/b.jpg", .content = "b", .taken = at(1)});
    add({.path = "/p/c.jpg", .content = "c", .taken = at(100)});
    add({.path = "/p/d.jpg", .content = "d", .taken = at(100)});
    EXPECT_THAT(names(find(DuplicateKind::kBurst)), ElementsAre("c.jpg d.jpg 1000", "a.jpg b.jpg 1000"));
}

TEST_F(Duplicates, WithoutCameraOrTimeOfDayThereIsNoMoment) {
    constexpr std::int64_t kMidnight = 12 * 60 * 60;  // of the day of kNoon
    add({.path = "/p/a.jpg", .content = "a", .taken = at(0), .camera = ""});
    add({.path = "/p/b.jpg", .content = "b", .taken = at(0), .camera = ""});
    add({.path = "/p/c.jpg", .content = "c", .taken = at(-kMidnight, TakenSource::kName)});
    add({.path = "/p/d.jpg", .content = "d", .taken = at(-kMidnight, TakenSource::kName)});
    add({.path = "/p/e.jpg", .content = "e"});
    add({.path = "/p/f.jpg", .content = "f"});
    EXPECT_EQ(find(DuplicateKind::kBurst).total, 0U);
}

TEST_F(Duplicates, TheSamePictureCountsOnceInABurst) {
    const PhotoNumber shot = add({.path = "/p/shot.jpg", .content = "1", .width = 50, .taken = at(0)});
    const PhotoNumber copy = add({.path = "/p/copy.jpg", .content = "2", .width = 80, .taken = at(0)});
    same(shot, copy);
    EXPECT_EQ(find(DuplicateKind::kBurst).total, 0U) << "one photo is not a burst";
    add({.path = "/p/next.jpg", .content = "3", .taken = at(2)});
    EXPECT_THAT(names(find(DuplicateKind::kBurst)), ElementsAre("copy.jpg next.jpg 1000"));
}

TEST_F(Duplicates, APhotoThatTurnsOutToBeLargerLeads) {
    const PhotoNumber first = add({.path = "/p/a.jpg", .content = "a"});
    same(first, add({.path = "/p/b.jpg", .content = "b"}));
    EXPECT_THAT(names(find(DuplicateKind::kNear)), ElementsAre("a.jpg b.jpg 1000"));
    add({.path = "/p/b.jpg", .content = "b", .width = 101});
    EXPECT_THAT(names(find(DuplicateKind::kNear)), ElementsAre("b.jpg a.jpg 1000"));
}

TEST_F(Duplicates, APhotoForgottenMeanwhileIsLeftOut) {
    std::vector<PhotoNumber> photos;
    for (const char* name : {"1", "2", "3", "4", "5"})
        photos.push_back(add({.path = std::string("/p/") + name, .content = name}));
    same(photos[0], photos[1]);
    same(photos[2], photos[3]);
    same(photos[2], photos[4]);
    const auto before = library.snapshot();
    ASSERT_TRUE(catalog->end_scan({"/p", true, {}}, {}));
    const PhotoNumber gone[] = {photos[0], photos[3]};
    ASSERT_EQ(catalog->forget(gone)->size(), 2U);
    const auto page = find_duplicates(*catalog, *before, DuplicateKind::kNear, 0, 10);
    ASSERT_TRUE(page) << page.error().message;
    ASSERT_EQ(page->groups.size(), 1U);
    EXPECT_EQ(page->groups[0].photos[0].photo.number, photos[2]);
    EXPECT_EQ(page->groups[0].photos[1].photo.number, photos[4]);
}

TEST(DuplicateKinds, HaveNames) {
    for (const auto kind : {DuplicateKind::kExact, DuplicateKind::kNear, DuplicateKind::kBurst})
        EXPECT_EQ(*parse_duplicate_kind(duplicate_kind_name(kind)), kind);
    const auto unknown = parse_duplicate_kind("faces");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().kind, ErrorKind::kUsage);
}

}  // namespace
}  // namespace hone
