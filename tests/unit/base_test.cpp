// SPDX-License-Identifier: GPL-3.0-or-later
// The helpers of base/: hashes, files, locks, queues, settings and blocking calls.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <atomic>
#include <memory>
#include <thread>

#include "base/blocking_pool.hpp"
#include "base/bounded_queue.hpp"
#include "base/config.hpp"
#include "base/mounts.hpp"
#include "base/parallel.hpp"
#include "base/sha256.hpp"
#include "base/time.hpp"
#include "tests/support/temporary_folder.hpp"

namespace hone {
namespace {

using testing::HasSubstr;

TEST(Sha256, AgreesWithTheStandardsExamples) {
    // FIPS 180-4 examples.
    EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256, HexGoesBothWays) {
    const Sha256 digest = sha256("abc");
    EXPECT_EQ(sha256_from_hex(to_hex(digest)), digest);
    EXPECT_FALSE(sha256_from_hex("ba78"));
    EXPECT_FALSE(sha256_from_hex(std::string(63, 'a') + "g"));
}

TEST(Printable, KeepsUtf8AndEscapesTheRest) {
    EXPECT_EQ(printable("/a/Grüße 東京.jpg"), "/a/Grüße 東京.jpg");
    EXPECT_EQ(printable("/a/\xff\xfe.jpg"), "/a/\\xff\\xfe.jpg");
    EXPECT_EQ(printable("a\nb"), "a\\x0ab");
    EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf") << "overlong";
    EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "surrogate";
    EXPECT_EQ(printable("\xe6\x9d"), "\\xe6\\x9d") << "cut";
}

TEST(ReadFile, SaysWhatIsWrong) {
    const test::TemporaryFolder folder;
    EXPECT_THAT(read_file(folder.path() / "none").error().message, HasSubstr("No such file"));
    EXPECT_THAT(read_file(folder.path()).error().message, HasSubstr("it is a folder"));
    const fs::path file = folder.write("ten", "0123456789");
    EXPECT_EQ(read_file(file, 10)->size(), 10U);
    EXPECT_EQ(read_file(file, 9).error().kind, ErrorKind::kTooLarge);
}

TEST(WriteFileAtomically, ReplacesOrLeavesAlone) {
    const test::TemporaryFolder folder;
    const fs::path file = folder.write("file", "old");
    ASSERT_TRUE(write_file_atomically(file, "new"));
    EXPECT_EQ(*read_text(file), "new");
    EXPECT_FALSE(write_file_atomically(folder.path() / "missing/file", "x"));
    fs::create_directory(folder.path() / "scratch");
    ASSERT_TRUE(write_derived_file(file, "derived", folder.path() / "scratch"));
    EXPECT_EQ(*read_text(file), "derived");
    EXPECT_TRUE(fs::is_empty(folder.path() / "scratch"));
    fs::remove(folder.path() / "scratch");
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1) << "a part file was left behind";
}

TEST(LockFile, IsHeldByOneProcess) {
    const test::TemporaryFolder folder;
    const fs::path path = folder.path() / "lock";
    const auto lock = LockFile::acquire(path, "first");
    ASSERT_TRUE(lock);
    const pid_t child = ::fork();
    if (child == 0) {
        const auto second = LockFile::acquire(path, "second");
        ::_exit(!second && second.error().kind == ErrorKind::kInUse && second.error().message == "first" &&
                        LockFile::holder(path) == "first"
                    ? 0
                    : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
}

TEST(LockFile, IsFreeAfterItsHolder) {
    const test::TemporaryFolder folder;
    const fs::path path = folder.path() / "lock";
    {
        const auto lock = LockFile::acquire(path, "first");
    }
    EXPECT_EQ(LockFile::holder(path), std::nullopt);
    EXPECT_TRUE(LockFile::acquire(path, "second"));
}

TEST(LockFile, LookingForTheHolderDoesNotTakeItAway) {
    const test::TemporaryFolder folder;
    const fs::path path = folder.path() / "lock";
    const std::jthread looking([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) (void)LockFile::holder(path);
    });
    for (int time = 0; time < 1000; ++time) ASSERT_TRUE(LockFile::acquire(path, "holder")) << time;
}

TEST(ReadHead, GivesWhatIsThere) {
    const test::TemporaryFolder folder;
    const fs::path path = folder.write("file", "abcdef");
    EXPECT_EQ(read_head(path, 3), std::vector<std::uint8_t>({'a', 'b', 'c'}));
    EXPECT_EQ(read_head(path, 64)->size(), 6U);
    EXPECT_FALSE(read_head(folder.path() / "missing", 3));
    EXPECT_THAT(read_head(folder.path(), 3).error().message, HasSubstr("directory"));
}

TEST(BoundedQueue, HandsEverythingOverAndEnds) {
    BoundedQueue<int> queue(2);
    std::jthread producer([&] {
        for (int value = 1; value <= 1000; ++value) queue.push(value);
        queue.close();
    });
    long sum = 0;
    while (const auto value = queue.pop()) sum += *value;
    EXPECT_EQ(sum, 500'500);
    EXPECT_TRUE(queue.finished());
    EXPECT_FALSE(queue.push(1));
}

TEST(BoundedQueue, WaitsNoLongerThanAsked) {
    BoundedQueue<int> queue(1);
    EXPECT_EQ(queue.pop_within(std::chrono::milliseconds(1)), std::nullopt);
    EXPECT_FALSE(queue.finished());
}

TEST(Time, WritesIso8601) {
    EXPECT_EQ(iso8601(1'706'702'400), "2024-01-31T12:00:00Z");
}

TEST(Config, LibraryComesFromFlagThenEnvironment) {
    ::setenv("HONE_LIBRARY", "/from/environment", 1);
    EXPECT_EQ(*library_directory("/from/flag/../here"), "/from/here");
    EXPECT_EQ(*library_directory(""), "/from/environment");
    ::unsetenv("HONE_LIBRARY");
    ::setenv("XDG_DATA_HOME", "/data", 1);
    EXPECT_EQ(*library_directory(""), "/data/hone");
    ::unsetenv("XDG_DATA_HOME");
}

// A call that hangs until the test releases it.
struct Latch {
    std::atomic<bool> open = false;
    void wait() const {
        while (!open) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
};

TEST(Config, CountsTheProcessorsThatAContainerMayUse) {
    const test::TemporaryFolder root;
    EXPECT_FALSE(processor_quota(root.path(), "0::/pods/one\n")) << "no limit";
    root.write("pods/one/cpu.max", "max 100000\n");
    EXPECT_FALSE(processor_quota(root.path(), "0::/pods/one\n"));
    root.write("pods/one/cpu.max", "250000 100000\n");
    EXPECT_EQ(processor_quota(root.path(), "0::/pods/one\n"), 2.5);
    root.write("pods/cpu.max", "100000 100000\n");
    EXPECT_EQ(processor_quota(root.path(), "0::/pods/one\n"), 1) << "the group above has less";
    root.write("cpu.max", "300000 100000\n");
    EXPECT_EQ(processor_quota(root.path(), "0::/\n"), 3) << "inside a namespace";
    EXPECT_FALSE(processor_quota(root.path(), "4:cpu:/pods/one\n")) << "version 1";
    EXPECT_GE(processor_count(), 1U);
}

TEST(InParallel, CallsEveryRangeOnce) {
    for (const std::size_t count : {0, 1, 7, 100}) {
        std::vector<std::atomic<int>> calls(count);
        in_parallel(count, 4, [&](std::size_t first, std::size_t last) {
            for (std::size_t at = first; at < last; ++at) ++calls[at];
        });
        for (const auto& one : calls) EXPECT_EQ(one, 1);
    }
}

TEST(InParallel, BringsAnExceptionToTheCaller) {
    std::atomic<int> ended = 0;
    EXPECT_THROW(in_parallel(4, 4,
                             [&](std::size_t first, std::size_t) {
                                 if (first == 2) throw std::runtime_error("an odd thumbnail");
                                 ++ended;
                             }),
                 std::runtime_error);
    EXPECT_EQ(ended, 3) << "the others are finished";
    const auto caught = catching("the scan", []() -> Result<> { throw std::runtime_error("no memory"); });
    EXPECT_EQ(caught.error().message, "the scan failed: no memory");
}

TEST(BlockingCalls, BringsAnExceptionToTheCaller) {
    BlockingCalls calls;
    EXPECT_THROW((void)calls.run([](Heartbeat&) { throw std::runtime_error("no memory"); }),
                 std::runtime_error);
    bool ran = false;
    EXPECT_TRUE(calls.run([&](Heartbeat&) { ran = true; })) << "the thread lives on";
    EXPECT_TRUE(ran);
}

TEST(BlockingCalls, LeavesACallThatHangsAlone) {
    BlockingCalls calls(std::chrono::milliseconds(40));
    const auto latch = std::make_shared<Latch>();
    EXPECT_FALSE(calls.run([latch](Heartbeat&) { latch->wait(); }));
    const auto done = std::make_shared<std::atomic<int>>(0);
    for (int call = 1; call <= 3; ++call) {
        EXPECT_TRUE(calls.run([done](Heartbeat&) { ++*done; })) << "the next calls are not behind it";
        EXPECT_EQ(*done, call);
    }
    latch->open = true;
}

TEST(BlockingCalls, WaitForWhatGetsOn) {
    BlockingCalls calls(std::chrono::milliseconds(1000));
    EXPECT_TRUE(calls.run([](Heartbeat& heartbeat) {
        for (int beat = 0; beat < 15; ++beat) {
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
            heartbeat.beat();
        }
    }));
}

TEST(BlockingCalls, EndAtOnceWhenStopIsAsked) {
    std::stop_source stop;
    BlockingCalls calls(std::chrono::hours(1), stop.get_token());
    const auto latch = std::make_shared<Latch>();
    const std::jthread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        stop.request_stop();
    });
    EXPECT_FALSE(calls.run([latch](Heartbeat&) { latch->wait(); }));
    latch->open = true;
}

TEST(BlockingPool, ADeadDriveGetsNoMoreThreadsUntilItAnswers) {
    const auto latch = std::make_shared<Latch>();
    std::atomic<int> timeouts = 0, done = 0;
    BlockingPool pool({4, 2, 1'000'000, std::chrono::milliseconds(40)});
    const auto hang = [&, latch](BlockingCalls& calls) {
        if (!calls.run([latch](Heartbeat&) { latch->wait(); })) ++timeouts;
    };
    EXPECT_TRUE(pool.try_run("dead", hang));
    EXPECT_TRUE(pool.try_run("dead", hang));
    while (timeouts < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const auto count = [&](BlockingCalls&) { ++done; };
    int accepted = 0;
    for (; pool.try_run("dead", count); ++accepted) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_EQ(done, 0) << "a job of the dead drive ran although its threads are taken";
    EXPECT_TRUE(pool.try_run("good", count));
    while (done < 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    latch->open = true;
    // Those that waited run, and new ones are accepted again.
    while (!pool.try_run("dead", count)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    while (done < accepted + 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST(BlockingPool, RunsEveryJobOfADriveInTurn) {
    std::atomic<int> running = 0, most = 0, done = 0;
    BlockingPool pool({8, 2, 0, std::chrono::hours(1)});
    for (int job = 0; job < 50; ++job) {
        pool.run("drive", [&](BlockingCalls& calls) {
            const int now = ++running;
            for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
            }
            EXPECT_TRUE(calls.run([](Heartbeat&) {}));
            --running;
            ++done;
        });
    }
    while (done < 50) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_LE(most, 2);
}

TEST(BlockingPool, StopsWithoutTheDrive) {
    BlockingPool pool({2, 1, 10, std::chrono::hours(1)});
    const auto latch = std::make_shared<Latch>();
    std::atomic<bool> begun = false, second = false;
    EXPECT_TRUE(pool.try_run("dead", [&, latch](BlockingCalls& calls) {
        begun = true;
        EXPECT_FALSE(calls.run([latch](Heartbeat&) { latch->wait(); }));
    }));
    EXPECT_TRUE(pool.try_run("dead", [&](BlockingCalls&) { second = true; }));
    while (!begun) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    pool.stop();
    EXPECT_FALSE(second);
    EXPECT_FALSE(pool.try_run("good", [](BlockingCalls&) {}));
    latch->open = true;
}

TEST(Mounts, FindsTheNetworkDriveOfAPath) {
    const auto mounts = parse_mounts(
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        "30 22 0:40 / /mnt/my\\040photos rw shared:2 master:1 - nfs4 nas:/photos rw\n"
        "31 30 8:2 / /mnt/my\\040photos/local rw - xfs /dev/sdb1 rw\n"
        "32 22 0:41 / /media rw - autofs systemd-1 rw\n"
        "33 32 8:3 / /media rw - vfat /dev/sdc1 rw\n"
        "34 22 0:42 / /home/x/drive rw - fuse.sshfs host: rw\n"
        "not a mount\n\n"
        "35 22 0:43 / /short rw");
    ASSERT_EQ(mounts.size(), 6U);
    EXPECT_EQ(mounts[1], (Mount{"/mnt/my photos", "nfs4"}));
    EXPECT_EQ(network_type_of(mounts, "/home/x/Pictures"), "");
    EXPECT_EQ(network_type_of(mounts, "/mnt/my photos"), "nfs4");
    EXPECT_EQ(network_type_of(mounts, "/mnt/my photos/2019"), "nfs4");
    EXPECT_EQ(network_type_of(mounts, "/mnt/my photos and more"), "");
    EXPECT_EQ(network_type_of(mounts, "/mnt/my photos/local/a"), "");
    EXPECT_EQ(network_type_of(mounts, "/media/card"), "") << "the later mount counts";
    EXPECT_EQ(network_type_of(mounts, "/home/x/drive/a"), "fuse.sshfs");
    EXPECT_FALSE(read_mounts().empty());
}

}  // namespace
}  // namespace hone
