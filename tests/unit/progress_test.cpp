// SPDX-License-Identifier: GPL-3.0-or-later
// The sums and estimates of a scan's progress, and the list of found files.
#include "ingest/progress.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "ingest/file_list.hpp"
#include "tests/support/temporary_folder.hpp"

namespace hone {
namespace {

JobProgress job_of(std::uint64_t done, std::uint64_t total) {
    JobProgress job;
    job.done = done;
    job.total = total;
    return job;
}

TEST(Progress, TheShareIsThatOfTheTimeNotOfTheItems) {
    IndexProgress progress;
    progress.jobs = {job_of(100, 100), job_of(10, 20), job_of(0, 100)};
    add_up(progress, {0, 1, 0.1});
    EXPECT_EQ(progress.done, 110U);
    EXPECT_EQ(progress.total, 220U);
    EXPECT_DOUBLE_EQ(progress.share, 10.0 / 30);
    ASSERT_TRUE(progress.seconds_left);
    EXPECT_DOUBLE_EQ(*progress.seconds_left, 20);
    EXPECT_FALSE(progress.jobs[0].seconds_left) << "it has nothing left";
    EXPECT_DOUBLE_EQ(progress.jobs[1].seconds_left.value_or(0), 10);
}

TEST(Progress, NothingIsPromisedWhileACostIsUnknown) {
    IndexProgress progress;
    progress.jobs = {job_of(5, 10), job_of(0, 10)};
    add_up(progress, {1, -1});
    EXPECT_EQ(progress.share, 0);
    EXPECT_FALSE(progress.seconds_left);
    progress.jobs[1].done = 10;
    add_up(progress, {1, -1});
    EXPECT_DOUBLE_EQ(progress.share, 0.5) << "it has nothing left, so its cost does not matter";
}

// Jobs of a scan of `photos` files with one analyzer, one second of threads for each step.
TEST(Progress, GoesThroughTheStagesWithoutAStepBack) {
    ProgressMeter meter(true);
    EXPECT_EQ(meter.progress({}).state, IndexState::kIdle);
    meter.begin(0);
    JobProgress analyzer;
    analyzer.name = "content";
    const auto now = [&] { return meter.progress({analyzer}); };
    EXPECT_EQ(now().state, IndexState::kCounting);
    double share = 0;
    const auto check = [&] {
        const IndexProgress progress = now();
        EXPECT_GE(progress.share, share);
        share = progress.share;
    };
    for (int file = 0; file < 100; ++file) {
        meter.found(file >= 90);
        if (file < 90) ++analyzer.total;
    }
    EXPECT_EQ(now().job(job::kFinding).state, JobState::kRunning);
    meter.found_all();
    EXPECT_EQ(now().state, IndexState::kRunning);
    EXPECT_EQ(now().job(job::kIndexing).total, 90U);
    EXPECT_EQ(now().job(job::kDuplicates).total, 90U) << "expected";
    for (int file = 0; file < 90; ++file) {
        meter.indexed(1, 0.1);
        ++analyzer.done;
        analyzer.busy += 0.1;
        // Every tenth file was a copy.
        if (file % 10 == 0) meter.indexed(0, 0.1);
        check();
    }
    meter.begin_grouping(90);
    EXPECT_EQ(now().job(job::kPeople).state, JobState::kRunning);
    EXPECT_EQ(now().job(job::kDuplicates).state, JobState::kWaiting);
    check();
    meter.begin_comparing(80);
    for (std::uint64_t photo = 1; photo <= 80; ++photo) {
        meter.compared(photo);
        check();
    }
    meter.end(true);
    const IndexProgress end = now();
    EXPECT_EQ(end.state, IndexState::kIdle);
    EXPECT_EQ(end.share, 1);
    EXPECT_EQ(end.done, end.total);
    EXPECT_EQ(end.total, 100U + 90 + 90 + 90 + 80);
    meter.begin(std::nullopt);
    EXPECT_EQ(now().share, 0) << "another scan";
    EXPECT_EQ(now().scan, end.scan + 1);
    EXPECT_EQ(now().job(job::kDuplicates).total, 0U);
}

TEST(Progress, APauseTakesNoTime) {
    PausableStopwatch watch;
    EXPECT_EQ(watch.seconds(), 0);
    watch.start();
    watch.pause();
    const double before = watch.seconds();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(watch.seconds(), before);
    watch.pause();
    EXPECT_EQ(watch.seconds(), before) << "twice is once";
    watch.start();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_GE(watch.seconds(), before + 0.02);
}

FileToProcess file_of(const std::string& path, std::uint64_t number) {
    return {static_cast<FolderId>(number % 3), {path, number, -5, number + 1, number + 2}, 5, {}};
}

TEST(FileLists, GiveBackWhatTheyGotInOrder) {
    const test::TemporaryFolder folder;
    FileList list(folder.path());
    const std::vector<std::string> paths{"/photos/a.jpg",
                                         "/photos/a.jpg",
                                         "/photos/ab.jpg",
                                         "/photos/a",
                                         "/p\xFF\xFE/\n.j",
                                         "/photos/2024/b b.jpeg",
                                         "/",
                                         "/photos"};
    // Emptied in between, so that the space is used again.
    for (std::size_t round = 0; round < 3; ++round) {
        for (std::size_t at = 0; at < paths.size(); ++at) ASSERT_TRUE(list.push(file_of(paths[at], at)));
        for (std::size_t at = 0; at < paths.size(); ++at) {
            const auto file = list.pop();
            ASSERT_TRUE(file);
            EXPECT_EQ(file->facts.path, paths[at]);
            EXPECT_EQ(file->folder, static_cast<FolderId>(at % 3));
            EXPECT_EQ(file->facts.size, at);
            EXPECT_EQ(file->facts.modified_ns, -5);
            EXPECT_EQ(file->facts.inode, at + 1);
            EXPECT_EQ(file->facts.sidecar, at + 2);
            EXPECT_EQ(file->expected, 5U);
        }
    }
    ASSERT_TRUE(list.push(file_of("/last", 1)));
    list.close();
    EXPECT_EQ(list.pop()->facts.path, "/last");
    EXPECT_FALSE(list.pop());
}

TEST(FileLists, NeverMakeTheWalkWaitAndStayCompact) {
    const test::TemporaryFolder folder;
    FileList list(folder.path());
    constexpr std::size_t kFiles = 100'000;
    for (std::size_t at = 0; at < kFiles; ++at)
        ASSERT_TRUE(list.push(file_of(fmt::format("/home/ada/Pictures/2024/summer/IMG_{:08}.jpg", at), at)));
    EXPECT_LE(list.bytes(), kFiles * 70);
    for (std::size_t at = 0; at < kFiles; ++at) ASSERT_EQ(list.pop()->facts.size, at);
    EXPECT_EQ(list.bytes(), 0U);
}

TEST(FileLists, EndAWaitWhenTheyAreCancelled) {
    FileList list("/no/such/folder");  // in memory then
    ASSERT_TRUE(list.push(file_of("/a", 1)));
    EXPECT_TRUE(list.pop());
    std::jthread reader([&] { EXPECT_FALSE(list.pop()); });
    list.cancel();
    reader.join();
    EXPECT_TRUE(list.push(file_of("/b", 1))) << "and dropped";
    EXPECT_FALSE(list.pop());
}

}  // namespace
}  // namespace hone
