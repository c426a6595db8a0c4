// SPDX-License-Identifier: GPL-3.0-or-later
// The pipeline on real files with a small network.
#include "ingest/indexer.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>

#include "analyze/content.hpp"
#include "analyze/description.hpp"
#include "base/config.hpp"
#include "base/time.hpp"
#include "ingest/forget.hpp"
#include "ingest/same_picture_finder.hpp"
#include "photo/decode.hpp"
#include "photo/thumbnail.hpp"
#include "tests/contract/needs.hpp"
#include "tests/support/bitmap.hpp"
#include "tests/support/style_images.hpp"
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

    IndexParts parts(ThumbnailStore& thumbnails) {
        return {*library,
                thumbnails,
                decoders,
                observer,
                {std::make_shared<DescriptionAnalyzer>(), std::make_shared<ContentAnalyzer>(model)},
                {{content_key(*model), space}},
                {model, nullptr}};
    }
    IndexSummary index() {
        ThumbnailStore thumbnails(base.path() / "library/thumbs", decoders);
        Indexer indexer(parts(thumbnails));
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

// The default device: the processor here, unless the machine has a usable card.
TEST_F(Indexing, TheDefaultDeviceUsesAllProcessors) {
    if (probe_devices()[1].usable || probe_devices()[2].usable) GTEST_SKIP() << "hardware: a card works here";
    model = std::make_shared<ImageTextModel>(*read_manifest(kModel), ModelOptions{});
    for (int photo = 0; photo < 4; ++photo)
        add(fmt::format("{}.bmp", photo), static_cast<std::uint32_t>(photo * 1000));
    ThumbnailStore thumbnails(base.path() / "library/thumbs", decoders);
    Indexer indexer(parts(thumbnails));
    const Folder root = *library->catalog().add_folder(photos.path());
    const auto content = [&] { return indexer.progress().job("content"); };
    EXPECT_EQ(content().parallel, 0U);
    ASSERT_EQ(indexer.run(whole(std::span(&root, 1)), {})->embedded, 4U);
    EXPECT_EQ(content().parallel, processor_count()) << "in the first run of the process already";
    ASSERT_EQ(indexer.run(whole(std::span(&root, 1)), {})->unchanged, 4U);
    EXPECT_EQ(content().parallel, 0U) << "nothing to do, nothing loaded";
}

// An analyzer that fails for photos of one color, or for all.
class FailingAnalyzer final : public Analyzer {
  public:
    static constexpr std::uint32_t kNone = 0xFFFF'FFFF;  // no color
    [[nodiscard]] std::string_view name() const override { return "failing"; }
    [[nodiscard]] std::vector<AnalyzerKey> keys() const override { return {{"failing", 1, ""}}; }
    void request(PhotoWork&) const override {}
    Result<AnalyzerRuns> open() override { return AnalyzerRuns{4, 1}; }
    std::vector<Result<AnalysisResult>> run(std::span<const AnalyzerInput* const> photos) override {
        std::vector<Result<AnalysisResult>> results;
        for (const AnalyzerInput* photo : photos) {
            ++runs;
            if (photo->prepared.color == bad || broken)
                results.emplace_back(fail("it is too dark"));
            else
                results.emplace_back(FoundFaces{});
        }
        return results;
    }
    std::uint32_t bad = kNone;
    bool broken = false;
    std::atomic<int> runs = 0;
};

class Analyzing : public Indexing {
  protected:
    void SetUp() override {
        Indexing::SetUp();
        if (IsSkipped()) return;
        store.emplace(base.path() / "library/thumbs", decoders);
        IndexParts all = parts(*store);
        all.analyzers.push_back(failing);
        indexer.emplace(std::move(all));
        root = *library->catalog().add_folder(photos.path());
    }
    IndexSummary scan() {
        const auto summary = indexer->run(whole(std::span(&root, 1)), {}, options);
        EXPECT_TRUE(summary) << summary.error().message;
        return summary.value_or(IndexSummary{});
    }
    JobProgress of(std::string_view name) { return indexer->progress().job(name); }
    std::shared_ptr<FailingAnalyzer> failing = std::make_shared<FailingAnalyzer>();
    std::optional<ThumbnailStore> store;
    std::optional<Indexer> indexer;
    Folder root;
};

// Holds every photo back until all files are counted.
class WaitingAnalyzer final : public Analyzer {
  public:
    [[nodiscard]] std::string_view name() const override { return "waiting"; }
    [[nodiscard]] std::vector<AnalyzerKey> keys() const override { return {{"waiting", 1, ""}}; }
    void request(PhotoWork&) const override {}
    Result<AnalyzerRuns> open() override { return AnalyzerRuns{1, 1}; }
    std::vector<Result<AnalysisResult>> run(std::span<const AnalyzerInput* const> photos) override {
        const Stopwatch watch;
        while (indexer->progress().state == IndexState::kCounting && watch.seconds() < 30)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        counted = counted && indexer->progress().state == IndexState::kRunning;
        std::vector<Result<AnalysisResult>> results;
        for (std::size_t photo = 0; photo < photos.size(); ++photo) results.emplace_back(FoundFaces{});
        return results;
    }
    Indexer* indexer = nullptr;
    std::atomic<bool> counted = true;
};

TEST_F(Indexing, CountingDoesNotWaitForReading) {
    constexpr int kFiles = 700;  // more than all bounded queues hold
    for (int photo = 0; photo < kFiles; ++photo)
        add(fmt::format("{}.bmp", photo), static_cast<std::uint32_t>(photo * 1000));
    ThumbnailStore thumbnails(base.path() / "library/thumbs", decoders);
    IndexParts all = parts(thumbnails);
    const auto waiting = std::make_shared<WaitingAnalyzer>();
    all.analyzers = {waiting};
    Indexer indexer(std::move(all));
    waiting->indexer = &indexer;
    const Folder root = *library->catalog().add_folder(photos.path());
    const auto summary = indexer.run(whole(std::span(&root, 1)), {});
    ASSERT_TRUE(summary) << summary.error().message;
    EXPECT_TRUE(waiting->counted) << "the total was known before the first photo left";
    EXPECT_EQ(summary->files, static_cast<std::uint64_t>(kFiles));
    EXPECT_EQ(indexer.progress().job("waiting").done, static_cast<std::uint64_t>(kFiles));
}

TEST_F(Indexing, AFileThatIsGoneBeforeItIsReadIsNoFailure) {
    add("a.bmp", 1);
    const fs::path gone = add("b.bmp", 2);
    ThumbnailStore thumbnails(base.path() / "library/thumbs", decoders);
    Indexer indexer(parts(thumbnails));
    const Folder root = *library->catalog().add_folder(photos.path());
    ASSERT_TRUE(indexer.pause("indexing", true));
    std::jthread later([&] {
        while (indexer.progress().job("indexing").total < 2)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        fs::remove(gone);
        indexer.pause("indexing", false);
    });
    const auto summary = indexer.run(whole(std::span(&root, 1)), {});
    ASSERT_TRUE(summary) << summary.error().message;
    EXPECT_EQ(summary->failed, 0U);
    EXPECT_EQ(summary->added, 1U);
    const IndexProgress end = indexer.progress();
    EXPECT_EQ(end.share, 1);
    EXPECT_EQ(end.done, end.total);
    EXPECT_EQ(end.job("content").total, 1U);
}

TEST_F(Analyzing, PeopleAreGroupedBeforeDuplicatesUnlessTheyArePaused) {
    add("a.bmp", 1);
    IndexParts all = parts(*store);
    int grouped = 0;
    std::optional<Indexer> with_people;
    all.group_people = [&]() -> Result<> {
        ++grouped;
        EXPECT_EQ(with_people->progress().job("people").state, JobState::kRunning);
        EXPECT_EQ(with_people->progress().job("duplicates").state, JobState::kWaiting);
        return {};
    };
    with_people.emplace(std::move(all));
    ASSERT_TRUE(with_people->pause("people", true));
    ASSERT_TRUE(with_people->run({}, {}, options));
    EXPECT_EQ(grouped, 0);
    ASSERT_TRUE(with_people->pause("people", false));
    ASSERT_TRUE(with_people->run(whole(std::span(&root, 1)), {}, options));
    EXPECT_EQ(grouped, 1);
    EXPECT_EQ(with_people->progress().job("people").done, 1U);
    EXPECT_FALSE(indexer->pause("people", true)) << "nobody groups them there";
}

TEST_F(Analyzing, AFailureCostsOneResultAndIsRetriedAFewTimes) {
    add("good.bmp", 0x808080);
    add("bad.bmp", 0x102030);
    failing->bad = 0x102030;
    const auto first = scan();
    EXPECT_EQ(first.added, 2U);
    EXPECT_EQ(first.embedded, 2U) << "the others answered";
    EXPECT_EQ(first.failed, 0U) << "no file failed";
    EXPECT_EQ(first.failed_analyses, 1U);
    EXPECT_EQ(of("failing").failed, 1U);
    EXPECT_EQ(of("failing").reason, "it is too dark");
    EXPECT_EQ(of("failing").done, 2U);
    const auto failed = indexer->failed_analyses(10);
    ASSERT_EQ(failed.size(), 1U);
    EXPECT_EQ(failed[0].path, (photos.path() / "bad.bmp").string());
    EXPECT_EQ(failed[0].stage, "failing");
    EXPECT_EQ(failed[0].reason, "it is too dark");
    EXPECT_EQ(of("failing").analyzed, 1U);
    EXPECT_EQ(of("content").analyzed, 2U);
    for (int attempt = 2; attempt <= AnalysisQueues::kAttempts; ++attempt) {
        const auto again = scan();
        EXPECT_EQ(again.unchanged, 1U);
        EXPECT_EQ(again.failed_analyses, 1U) << attempt;
        EXPECT_EQ(again.embedded, 0U) << "only what is missing is repeated";
    }
    EXPECT_EQ(scan().unchanged, 2U) << "given up";
    EXPECT_EQ(of("failing").failed, 1U) << "still shown";
    failing->bad = FailingAnalyzer::kNone;
    EXPECT_EQ(scan().unchanged, 2U);
    options.retry_failed = true;
    EXPECT_EQ(scan().unchanged, 1U);
    EXPECT_EQ(of("failing").failed, 0U);
    EXPECT_EQ(of("failing").analyzed, 2U);
}

TEST_F(Analyzing, ABrokenAnalyzerRestsUntilTheNextScan) {
    const int photo_count = 3 * AnalysisQueues::kMostFailuresInARow;
    for (int photo = 0; photo < photo_count; ++photo)
        add(fmt::format("{}.bmp", photo), static_cast<std::uint32_t>(photo * 1000));
    failing->broken = true;
    const auto summary = scan();
    EXPECT_EQ(summary.embedded, static_cast<std::uint64_t>(photo_count)) << "the others continue";
    EXPECT_EQ(of("failing").state, JobState::kBroken);
    // Batches of four that are repeated one by one.
    EXPECT_LE(failing->runs, 2 * (AnalysisQueues::kMostFailuresInARow + 4));
    failing->broken = false;
    EXPECT_EQ(scan().failed_analyses, 0U);
    EXPECT_EQ(of("failing").analyzed, static_cast<std::uint64_t>(photo_count));
    EXPECT_EQ(of("failing").state, JobState::kIdle);
}

TEST_F(Analyzing, APausedAnalyzerLeavesPhotosToALaterScan) {
    add("a.bmp", 1);
    ASSERT_TRUE(indexer->pause("content", true));
    EXPECT_FALSE(indexer->pause("contents", true)) << "there is none";
    EXPECT_EQ(scan().embedded, 0U);
    EXPECT_EQ(of("content").state, JobState::kPaused);
    EXPECT_EQ(of("content").analyzed, 0U);
    EXPECT_EQ(of("failing").analyzed, 1U);
    EXPECT_EQ(scan().unchanged, 1U) << "nothing to do while it is paused";
    ASSERT_TRUE(indexer->pause("content", false));
    EXPECT_EQ(scan().embedded, 1U);
    EXPECT_EQ(failing->runs, 1) << "the others do not repeat their work";
    // A photo that lacks its description is in the library too.
    ASSERT_TRUE(indexer->pause("description", true));
    add("b.bmp", 2);
    EXPECT_EQ(scan().added, 1U);
    EXPECT_EQ((*library->snapshot())->counts().photos, 2U);
    ASSERT_TRUE(indexer->pause("description", false));
    EXPECT_EQ(scan().read, 1U);
    EXPECT_EQ(of("description").analyzed, 2U);
}

TEST_F(Analyzing, WhileAllArePausedPhotosAreFoundAndNotReadAgain) {
    for (const char* name : {"description", "content", "failing", "duplicates"})
        ASSERT_TRUE(indexer->pause(name, true));
    add("a.bmp", 1);
    photos.write("bad.jpg", "\xFF\xD8\xFF\xE0 broken");
    const auto first = scan();
    EXPECT_EQ(first.added, 1U);
    EXPECT_EQ(first.failed, 1U) << "it was decoded";
    EXPECT_EQ(scan().unchanged, 1U);
    for (const char* name : {"description", "content", "failing", "duplicates"})
        ASSERT_TRUE(indexer->pause(name, false));
    EXPECT_EQ(scan().embedded, 1U);
}

TEST_F(Analyzing, PausedDuplicatesWaitForALaterScan) {
    add("a.bmp", 0x336699);
    add("b.bmp", 0x336698);
    ASSERT_TRUE(indexer->pause("duplicates", true));
    scan();
    const AnalyzerKey key{"same-picture", 1, std::string(style_fingerprint())};
    const auto compared = [&] {
        return std::ranges::count(*library->catalog().analyzed(std::span(&key, 1)), true);
    };
    EXPECT_EQ(compared(), 0);
    ASSERT_TRUE(indexer->pause("duplicates", false));
    scan();
    EXPECT_EQ(compared(), 2);
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

// As a power failure leaves them: the file has its name, but not all of its bytes.
TEST_F(Indexing, ACutThumbnailIsMadeAgain) {
    add("a.bmp", 0x808080);
    index();
    const Photo photo = **library->catalog().photo(1);
    const std::string hex = to_hex(photo.id);
    const auto file = [&](int size) {
        return base.path() / "library/thumbs" / hex.substr(0, 2) / fmt::format("{}-{}.webp", hex, size);
    };
    ThumbnailStore thumbnails(base.path() / "library/thumbs", decoders);
    BlockingCalls calls;
    for (const int size : kThumbnailSizes) {
        const std::string whole = *read_text(file(size));
        for (const std::size_t length : {std::size_t{0}, std::size_t{20}, whole.size() - 1}) {
            fs::resize_file(file(size), length);
            EXPECT_FALSE(thumbnails.has_all(photo.id));
            EXPECT_EQ(*thumbnails.get(library->catalog(), photo, size, calls), whole) << "asked for";
            EXPECT_EQ(*read_text(file(size)), whole);
            fs::resize_file(file(size), length);
            EXPECT_EQ(index().embedded, 0U);
            EXPECT_EQ(*read_text(file(size)), whole) << "found by the next scan";
        }
        fs::remove(file(size));
        index();
        EXPECT_EQ(*read_text(file(size)), whole);
    }
}

TEST_F(Indexing, AFalseThumbnailIsNeitherStoredNorServed) {
    ::setenv("HONE_DECODER", (program_directory().parent_path() / "hone-decoder-with-faults").c_str(), 1);
    photos.write("a.gif", "GIF89a HONE-FAULT thumbnail tiff");
    photos.write("b.gif", "GIF89a HONE-FAULT thumbnail honest");
    const auto summary = index();
    ::unsetenv("HONE_DECODER");
    EXPECT_EQ(summary.added, 1U);
    ASSERT_EQ(summary.failures.size(), 1U);
    EXPECT_EQ(summary.failures[0].path, (photos.path() / "a.gif").string());
    EXPECT_THAT(summary.failures[0].reason, testing::HasSubstr("not a plain WebP file"));
    int stored = 0;
    for (const auto& entry : fs::recursive_directory_iterator(base.path() / "library/thumbs")) {
        if (!entry.is_regular_file()) continue;
        ++stored;
        EXPECT_EQ(read_text(entry.path())->substr(0, 4), "RIFF") << entry.path();
    }
    EXPECT_EQ(stored, 3) << "of the other photo";
}

// Two files with the same picture and different bytes, so each is the other's candidate.
class Comparing : public Indexing {
  protected:
    void add_both() {
        const Image scene = test::random_scene(1);
        const auto color_at = [&](int x, int y) {
            const std::uint8_t* pixel = scene.row(y) + 3 * x;
            return static_cast<std::uint32_t>(pixel[0] << 16 | pixel[1] << 8 | pixel[2]);
        };
        photos.write("a.bmp", test::bitmap(256, 192, color_at));
        photos.write("b.bmp", test::bitmap(255, 192, color_at));
    }
    void index_without_comparing() {
        options.same_pictures = false;
        index();
        options.same_pictures = true;
    }
    std::size_t waiting() {
        ThumbnailStore thumbnails(base.path() / "library/thumbs", decoders);
        return *SamePictureFinder(library->catalog(), thumbnails, decoders, library->vectors_directory())
                    .prepare();
    }
    void remove_thumbnails() { fs::remove_all(base.path() / "library/thumbs"); }
};

TEST_F(Comparing, FindsThePair) {
    add_both();
    index_without_comparing();
    EXPECT_EQ(waiting(), 2U);
    index();
    EXPECT_EQ(waiting(), 0U);
    EXPECT_EQ(library->catalog().same_pictures()->size(), 1U);
}

TEST_F(Comparing, IsTriedAgainWhenAFileCouldNotBeRead) {
    add_both();
    index_without_comparing();
    ThumbnailStore thumbnails(base.path() / "library/thumbs", decoders);
    const auto compare = [&] {
        SamePictureFinder finder(library->catalog(), thumbnails, decoders, library->vectors_directory());
        ASSERT_TRUE(finder.prepare());
        const auto done = finder.run({}, [](std::size_t) {});
        ASSERT_TRUE(done) << done.error().message;
    };
    // Both disk and thumbnail of one are away: neither it nor its partner is done.
    remove_thumbnails();
    fs::rename(photos.path() / "b.bmp", photos.path() / "elsewhere");
    compare();
    EXPECT_EQ(waiting(), 2U);
    EXPECT_EQ(library->catalog().same_pictures()->size(), 0U);
    fs::rename(photos.path() / "elsewhere", photos.path() / "b.bmp");
    compare();
    EXPECT_EQ(waiting(), 0U);
    EXPECT_EQ(library->catalog().same_pictures()->size(), 1U);
}

TEST_F(Comparing, EndsForAPictureThatCannotBeDecoded) {
    add_both();
    index_without_comparing();
    // The bytes on disk became undecodable under the same size and time, as from a failing disk.
    remove_thumbnails();
    const fs::path file = photos.path() / "b.bmp";
    const auto before = fs::last_write_time(file);
    std::string bytes = *read_text(file);
    bytes.replace(0, 2, "XX");
    photos.write("b.bmp", bytes);
    fs::last_write_time(file, before);
    ThumbnailStore thumbnails(base.path() / "library/thumbs", decoders);
    SamePictureFinder finder(library->catalog(), thumbnails, decoders, library->vectors_directory());
    ASSERT_EQ(*finder.prepare(), 2U);
    ASSERT_TRUE(finder.run({}, [](std::size_t) {}));
    EXPECT_EQ(waiting(), 0U) << "it would fail at every scan";
    EXPECT_EQ(library->catalog().same_pictures()->size(), 0U);
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
    ThumbnailStore thumbnails(base.path() / "library/thumbs", decoders);
    Indexer indexer(parts(thumbnails));
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
    Indexer indexer(
        {*library, thumbnails, decoders, observer, {std::make_shared<DescriptionAnalyzer>()}, {}, {}});
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
    ThumbnailStore thumbnails(photos.path() / "hone/thumbs", decoders);
    Indexer indexer(parts(thumbnails));
    const Folder root = *library->catalog().add_folder(photos.path());
    for (int run = 0; run < 2; ++run) {
        const auto summary = indexer.run(whole(std::span(&root, 1)), {});
        ASSERT_TRUE(summary);
        EXPECT_EQ(summary->files, 1U);
    }
}

class Forgetting : public Indexing {
  protected:
    void SetUp() override {
        Indexing::SetUp();
        if (IsSkipped()) return;
        for (const char* name : {"a.bmp", "b.bmp", "sub/c.bmp", "sub/d.bmp", "disk/e.bmp"})
            add(name, static_cast<std::uint32_t>(name[0] * 5000 + name[4] * 700));
        ASSERT_TRUE(library->styles());
        index();
    }
    // As if the scans that missed the photos were this long ago.
    void make_missing_since(std::int64_t seconds) {
        SQLite::Database database((base.path() / "library/catalog.db").native(), SQLite::OPEN_READWRITE,
                                  60'000);
        database.exec(fmt::format("UPDATE photo SET missing_since = {} WHERE missing_since IS NOT NULL",
                                  unix_seconds() - seconds));
    }
    [[nodiscard]] std::size_t known() const {
        const auto bits = *library->catalog().known_photos();
        return static_cast<std::size_t>(std::ranges::count(bits, true));
    }
    [[nodiscard]] int thumbnails() const {
        int files = 0;
        for (const auto& entry : fs::recursive_directory_iterator(base.path() / "library/thumbs"))
            files += entry.is_regular_file() ? 1 : 0;
        return files;
    }
    static constexpr std::int64_t kDay = 86'400;
};

TEST_F(Forgetting, LeavesNoVectorStyleOrThumbnail) {
    fs::remove(photos.path() / "b.bmp");
    index();
    const PhotoNumber gone = library->catalog().missing_photos(unix_seconds())->at(0);
    ASSERT_TRUE(space->find(gone));
    ASSERT_TRUE((*library->styles())->styles().find(gone));
    EXPECT_EQ(thumbnails(), 15);
    ThumbnailStore store(base.path() / "library/thumbs", decoders);
    const auto plan = *plan_forget(library->catalog(), {});
    EXPECT_THAT(plan.photos, testing::ElementsAre(gone));
    EXPECT_THAT(plan.names, testing::ElementsAre("b.bmp"));
    EXPECT_EQ(*forget_photos(*library, store, plan.photos), 1U);
    EXPECT_FALSE(space->find(gone)) << "the space in use";
    EXPECT_EQ(space->view().size(), 4U);
    EXPECT_FALSE((*library->styles())->styles().find(gone));
    EXPECT_FALSE((*library->styles())->terms().find(gone));
    EXPECT_EQ(thumbnails(), 12);
    EXPECT_EQ((*library->snapshot())->counts().photos, 4U);
    EXPECT_FALSE((*library->snapshot())->is_available(gone));
    index();
    EXPECT_FALSE(space->find(gone)) << "a scan does not bring it back";
    open();
    EXPECT_EQ(space->view().size(), 4U);
    add("b.bmp", 'b' * 5000 + 'p' * 700);
    EXPECT_EQ(index().added, 1U) << "the file is back: a new photo";
    EXPECT_EQ(space->view().size(), 5U);
}

TEST_F(Forgetting, WorksOnFilesThatNoProcessHasOpen) {
    fs::remove(photos.path() / "b.bmp");
    index();
    space.reset();
    library.reset();
    library = *Library::open(base.path() / "library", Access::kWrite, "test");
    ThumbnailStore store(base.path() / "library/thumbs", decoders);
    const auto plan = *plan_forget(library->catalog(), {});
    EXPECT_EQ(*forget_photos(*library, store, plan.photos), 1U);
    const auto content = *VectorSpace::open(library->vectors_directory(), "content", model->fingerprint(),
                                            static_cast<std::size_t>(model->dimension()), false);
    EXPECT_EQ(content->view().size(), 4U);
    EXPECT_FALSE(content->find(plan.photos[0]));
}

TEST_F(Forgetting, APhotoWithAFileIsRefused) {
    const std::string name = (photos.path() / "a.bmp").string();
    const auto refused = plan_forget(library->catalog(), {{name}, 0});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::kConflict);
    EXPECT_THAT(refused.error().message, testing::HasSubstr("would come back at the next scan"));
    EXPECT_EQ(plan_forget(library->catalog(), {{"/nowhere.jpg"}, 0}).error().kind, ErrorKind::kNotFound);
    fs::remove(photos.path() / "a.bmp");
    EXPECT_FALSE(plan_forget(library->catalog(), {{name}, 0})) << "no scan has missed it yet";
    index();
    EXPECT_EQ(plan_forget(library->catalog(), {{name, name}, 0})->photos.size(), 1U);
    EXPECT_TRUE(plan_forget(library->catalog(), {{}, 1})->photos.empty()) << "not missing for a day";
}

TEST_F(Forgetting, AScanForgetsAfterTheSettingOnly) {
    fs::remove(photos.path() / "b.bmp");
    index();
    make_missing_since(10 * kDay);
    index();
    EXPECT_EQ(known(), 5U) << "never is the default";
    ASSERT_TRUE(library->catalog().set_setting(kForgetSetting, "11"));
    index();
    EXPECT_EQ(known(), 5U) << "not yet";
    ASSERT_TRUE(library->catalog().set_setting(kForgetSetting, "9"));
    {
        ThumbnailStore store(base.path() / "library/thumbs", decoders);
        Indexer indexer(parts(store));
        const ScanTask part{library->catalog().folders()->front(), photos.path() / "sub", true};
        ASSERT_TRUE(indexer.run(std::span(&part, 1), {}));
        EXPECT_EQ(known(), 5U) << "a part was scanned";
    }
    index();
    EXPECT_EQ(known(), 4U);
    EXPECT_EQ(space->view().size(), 4U);
    EXPECT_EQ(thumbnails(), 12);
}

TEST_F(Forgetting, AScanForgetsNothingThatMayBeOutOfReach) {
    ASSERT_TRUE(library->catalog().set_setting(kForgetSetting, "9"));
    fs::remove(photos.path() / "b.bmp");
    fs::remove(photos.path() / "sub/c.bmp");
    fs::remove_all(photos.path() / "disk");
    fs::create_directory(photos.path() / "disk");
    index();
    EXPECT_EQ(library->catalog().count_missing()->photos, 3U);
    make_missing_since(10 * kDay);
    // The whole folder is away.
    fs::rename(photos.path() / "a.bmp", base.path() / "a.bmp");
    fs::rename(photos.path() / "sub", base.path() / "sub");
    index();
    EXPECT_EQ(known(), 5U);
    fs::rename(base.path() / "a.bmp", photos.path() / "a.bmp");
    fs::rename(base.path() / "sub", photos.path() / "sub");
    index();
    EXPECT_EQ(known(), 3U) << "the empty folder may be an unmounted disk; its photo stays";
    EXPECT_EQ(library->catalog().count_missing()->photos, 1U);
    ThumbnailStore store(base.path() / "library/thumbs", decoders);
    const auto plan = *plan_forget(library->catalog(), {});
    EXPECT_THAT(plan.names, testing::ElementsAre("e.bmp"));
    EXPECT_EQ(*forget_photos(*library, store, plan.photos), 1U) << "when a person says so";
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
