// SPDX-License-Identifier: GPL-3.0-or-later
// The pipeline on real files with a small network.
#include "ingest/indexer.hpp"

#include <gmock/gmock.h>

#include "photo/decode.hpp"
#include "photo/thumbnail.hpp"
#include "tests/contract/needs.hpp"
#include "tests/support/bitmap.hpp"
#include "tests/support/temporary_folder.hpp"

namespace hone {
namespace {

const fs::path kModel = test::source_directory() / "deps/testmodels/clip-manifest";

class Indexing : public testing::Test {
  protected:
    void SetUp() override {
        HONE_NEEDS(kModel);
        model = std::make_shared<ImageTextModel>(*read_manifest(kModel),
                                                 ModelOptions{Device::kCpu, std::nullopt, {}});
        open();
    }
    void open() {
        space.reset();
        library.reset();
        library = *Library::open(base.path() / "library", Access::kWrite, "test");
        space = *library->open_content(*model);
    }
    fs::path add(const std::string& name, std::uint32_t color) {
        return photos.write(name, test::plain_bitmap(40, 30, color));
    }

    IndexSummary index() {
        ContentAnalyzer analyzer(model);
        ThumbnailStore thumbnails(base.path() / "library/thumbs", decoders);
        Indexer indexer({*library, &analyzer, space.get(), thumbnails, decoders, observer});
        const Folder root = *library->catalog().add_folder(photos.path());
        const auto summary = indexer.run(whole(std::span(&root, 1)), {}, options);
        EXPECT_TRUE(summary) << summary.error().message;
        return summary.value_or(IndexSummary{});
    }

    test::TemporaryFolder photos, base;
    std::shared_ptr<ImageTextModel> model;
    std::unique_ptr<Library> library;
    std::shared_ptr<VectorSpace> space;
    IndexObserver observer;
    DecoderPool decoders{2};
    IndexOptions options;
};

TEST_F(Indexing, ReadsOnceAndNeverAgain) {
    for (int photo = 0; photo < 10; ++photo)
        add(fmt::format("{}.bmp", photo), static_cast<std::uint32_t>(photo * 1000));
    const auto first = index();
    EXPECT_EQ(first.files, 10U);
    EXPECT_EQ(first.added, 10U);
    EXPECT_EQ(first.embedded, 10U);
    EXPECT_EQ(space->view().size(), 10U);
    const auto second = index();
    EXPECT_EQ(second.unchanged, 10U);
    EXPECT_EQ(second.added, 0U);
    EXPECT_EQ(second.embedded, 0U);
}

TEST_F(Indexing, OneBadFileCostsOneFile) {
    add("good.bmp", 1);
    photos.write("bad.jpg", "\xFF\xD8\xFF\xE0 broken");
    photos.write("notes.txt", "no picture");
    photos.write("empty.jpg", "");
    const auto summary = index();
    EXPECT_EQ(summary.added, 1U);
    ASSERT_EQ(summary.failures.size(), 1U);
    EXPECT_EQ(summary.failures[0].path, (photos.path() / "bad.jpg").string());
    EXPECT_EQ(summary.failures[0].stage, "decode");
    EXPECT_EQ(summary.skipped_kinds.at("text"), 1U);
    EXPECT_EQ(summary.skipped_kinds.at("empty file"), 1U);
    const auto again = index();
    EXPECT_EQ(again.failed, 1U) << "still shown, not read again";
    EXPECT_EQ(again.skipped, 2U);
    add("bad.jpg", 5);
    EXPECT_EQ(index().failed, 0U) << "a changed file is tried again";
}

TEST_F(Indexing, AVideoLargerThanAnyPhotoIsSkippedNotFailed) {
    const fs::path film = photos.write("film.mp4", std::string_view("\0\0\0\x20"
                                                                    "ftypisom\0\0\0\0isomiso2",
                                                                    24));
    fs::resize_file(film, kMaximumFileBytes + 1);
    const auto summary = index();
    EXPECT_EQ(summary.failed, 0U);
    EXPECT_EQ(summary.skipped_kinds.at("video"), 1U);
}

TEST_F(Indexing, AFileThatCouldNotBeReadIsTriedAgain) {
    const fs::path file = add("a.bmp", 1);
    const Folder root = *library->catalog().add_folder(photos.path());
    // As an earlier run left it after a disk error: same size, same time, not read.
    const FileOutcome outcome{root.id, *file_facts(file), FileOutcome::Failed{"read", "Input/output error"}};
    ASSERT_TRUE(library->catalog().commit(std::span(&outcome, 1)));
    const auto summary = index();
    EXPECT_EQ(summary.failed, 0U);
    EXPECT_EQ(summary.added, 1U);
}

TEST_F(Indexing, MovesCostNothing) {
    const fs::path file = add("old/a.bmp", 1);
    add("b.bmp", 2);
    index();
    fs::create_directories(photos.path() / "new");
    fs::rename(file, photos.path() / "new/c.bmp");
    const auto summary = index();
    EXPECT_EQ(summary.moved, 1U);
    EXPECT_EQ(summary.embedded, 0U);
    EXPECT_EQ(summary.photos, 2U);
}

TEST_F(Indexing, CopiesAreOnePhoto) {
    add("a.bmp", 1);
    add("b.bmp", 1);
    EXPECT_EQ(index().photos, 1U);
}

TEST_F(Indexing, AnUnmountedDiskForgetsNothing) {
    add("a.bmp", 1);
    index();
    fs::remove(photos.path() / "a.bmp");
    const auto summary = index();
    EXPECT_EQ(summary.missing, 0U);
    EXPECT_EQ(summary.photos, 1U);
    EXPECT_FALSE(library->catalog().folders()->front().reachable);
    add("a.bmp", 1);
    EXPECT_EQ(index().embedded, 0U);
    EXPECT_TRUE(library->catalog().folders()->front().reachable);
}

TEST_F(Indexing, DeletedFilesAreNotFoundButKnown) {
    add("a.bmp", 1);
    const fs::path gone = add("b.bmp", 2);
    index();
    fs::remove(gone);
    EXPECT_EQ(index().missing, 1U);
    EXPECT_EQ(library->catalog().available()->size(), 1U);
    add("b.bmp", 2);
    EXPECT_EQ(index().embedded, 0U) << "it came back: nothing is computed again";
    EXPECT_EQ(library->catalog().available()->size(), 2U);
}

TEST_F(Indexing, DerivedFilesCanBeDeletedAtAnyTime) {
    for (int photo = 0; photo < 5; ++photo)
        add(fmt::format("{}.bmp", photo), static_cast<std::uint32_t>(photo * 1000));
    index();
    const auto before = space->view();
    const std::vector<float> first(before.values(0).begin(), before.values(0).end());
    space.reset();
    fs::remove_all(base.path() / "library/vectors");
    fs::remove_all(base.path() / "library/thumbs");
    open();
    ASSERT_EQ(space->view().size(), 5U);
    EXPECT_EQ(std::vector<float>(space->view().values(0).begin(), space->view().values(0).end()), first);
    index();
    const auto photo = **library->catalog().photo(1);
    EXPECT_TRUE(ThumbnailStore(base.path() / "library/thumbs", decoders).has_all(photo.id));
}

TEST_F(Indexing, ThumbnailsStayWhenTheFileIsAway) {
    const fs::path file = add("a.bmp", 0xFF0000);
    add("b.bmp", 2);
    index();
    fs::remove(file);
    ThumbnailStore thumbnails(base.path() / "library/thumbs", decoders);
    const auto photo = *library->catalog().resolve(file.string());
    BlockingCalls calls;
    EXPECT_TRUE(thumbnails.get(library->catalog(), photo, 480, calls));
    EXPECT_TRUE(thumbnails.get(library->catalog(), photo, 1080, calls));
    fs::remove_all(base.path() / "library/thumbs");
    EXPECT_FALSE(thumbnails.get(library->catalog(), photo, 480, calls)) << "deleted, and the file is gone";
}

TEST_F(Indexing, APartIsScannedAlone) {
    add("a/1.bmp", 1);
    add("b/2.bmp", 2);
    index();
    add("a/3.bmp", 3);
    add("b/4.bmp", 4);
    fs::remove(photos.path() / "b/2.bmp");
    ContentAnalyzer analyzer(model);
    ThumbnailStore thumbnails(base.path() / "library/thumbs", decoders);
    Indexer indexer({*library, &analyzer, space.get(), thumbnails, decoders, observer});
    const ScanTask task{library->catalog().folders()->front(), photos.path() / "a", false};
    const auto summary = indexer.run(std::span(&task, 1), {});
    ASSERT_TRUE(summary);
    EXPECT_EQ(summary->added, 1U);
    EXPECT_EQ(summary->missing, 0U) << "nothing was concluded of folder b";
    EXPECT_EQ(library->catalog().available()->size(), 3U);
    const auto rest = index();
    EXPECT_EQ(rest.added, 1U);
    EXPECT_EQ(rest.missing, 1U);
}

TEST_F(Indexing, WithoutANetworkEverythingElseIsDone) {
    add("IMG_20190501_123000.bmp", 0x204060);
    ThumbnailStore thumbnails(base.path() / "library/thumbs", decoders);
    Indexer indexer({*library, nullptr, nullptr, thumbnails, decoders, observer});
    const Folder root = *library->catalog().add_folder(photos.path());
    const auto summary = indexer.run(whole(std::span(&root, 1)), {});
    ASSERT_TRUE(summary);
    EXPECT_EQ(summary->read, 1U);
    EXPECT_EQ(summary->embedded, 0U);
    const PhotoNumber number = library->catalog().available()->front();
    const auto analysis_results = *library->catalog().analysis_results(number);
    ASSERT_TRUE(analysis_results);
    EXPECT_EQ(analysis_results->taken.source, TakenSource::kName);
    EXPECT_EQ(iso8601_local(analysis_results->taken), "2019-05-01T12:30:00");
    EXPECT_EQ(analysis_results->style.size(), kStyleSize);
    EXPECT_TRUE(thumbnails.has_all((*library->catalog().photo(number))->id));
    EXPECT_EQ(index().embedded, 1U) << "the network embeds the remaining photo";
}

TEST_F(Indexing, DamagedFilesAreReadAgainWhenAskedFor) {
    photos.write("bad.jpg", "\xFF\xD8\xFF\xE0 broken");
    index();
    EXPECT_EQ(index().failed, 1U);
    const fs::path better = add("good.bmp", 5);
    // As if a newer decoder could read it: the same name, size and time as the file that failed.
    const auto facts = *file_facts(better);
    const Folder root = library->catalog().folders()->front();
    const FileOutcome outcome{root.id, facts, FileOutcome::Failed{"decode", "an older decoder"}};
    ASSERT_TRUE(library->catalog().commit(std::span(&outcome, 1)));
    EXPECT_EQ(index().failed, 2U);
    options.retry_failed = true;
    const auto summary = index();
    EXPECT_EQ(summary.failed, 1U);
    EXPECT_EQ(summary.added, 1U);
}

TEST_F(Indexing, ALibraryInsideAPhotoFolderDoesNotFindItself) {
    space.reset();
    library.reset();
    library = *Library::open(photos.path() / "hone", Access::kWrite, "test");
    space = *library->open_content(*model);
    add("a.bmp", 1);
    ContentAnalyzer analyzer(model);
    ThumbnailStore thumbnails(photos.path() / "hone/thumbs", decoders);
    Indexer indexer({*library, &analyzer, space.get(), thumbnails, decoders, observer});
    const Folder root = *library->catalog().add_folder(photos.path());
    for (int run = 0; run < 2; ++run) {
        const auto summary = indexer.run(whole(std::span(&root, 1)), {});
        ASSERT_TRUE(summary);
        EXPECT_EQ(summary->files, 1U);
    }
}

TEST_F(Indexing, OriginalsAreNotTouched) {
    const fs::path file = add("a.bmp", 1);
    const auto before = *file_facts(file);
    const auto bytes = *read_file(file);
    index();
    const auto after = *file_facts(file);
    EXPECT_EQ(after.modified_ns, before.modified_ns);
    EXPECT_EQ(after.inode, before.inode);
    EXPECT_EQ(*read_file(file), bytes);
    EXPECT_EQ(std::distance(fs::recursive_directory_iterator(photos.path()), {}), 1)
        << "something was written beside the photos";
}

}  // namespace
}  // namespace hone
