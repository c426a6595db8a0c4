// SPDX-License-Identifier: GPL-3.0-or-later
// The watcher on a local disk; tests/e2e/test_drives.py tests it on drives that do not answer.
#include "ingest/folder_watcher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "tests/support/temporary_folder.hpp"

namespace hone {
namespace {

// Waits for the condition; the test runner ends a test that waits for ever.
template <typename Condition>
void wait_until(Condition condition) {
    while (!condition()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

// Returns the lines that describe the watches of this process, with their numbers and inodes.
std::set<std::string> kernel_watches() {
    std::set<std::string> lines;
    for (const auto& entry : fs::directory_iterator("/proc/self/fdinfo")) {
        std::ifstream file(entry.path());
        for (std::string line; std::getline(file, line);) {
            if (line.starts_with("inotify wd:")) lines.insert(line);
        }
    }
    return lines;
}

// Returns the directories of all changes that arrive until one of them is `last`.
std::set<fs::path> changes_until(FolderWatcher& watcher, const fs::path& last) {
    std::set<fs::path> directories;
    wait_until([&] {
        for (const ScanTask& task : watcher.take().tasks) directories.insert(task.directory);
        return directories.contains(last);
    });
    return directories;
}

TEST(FolderWatcher, KeepsItsWatchesWhenTheFoldersAreTheSame) {
    const test::TemporaryFolder folder;
    for (const char* name : {"a/b/c", "d"}) fs::create_directories(folder.path() / name);
    FolderWatcher watcher([] {});
    watcher.watch({Folder{1, folder.path(), true}});
    wait_until([] { return kernel_watches().size() == 5; });
    const auto before = kernel_watches();
    for (int scan = 0; scan < 3; ++scan) watcher.watch({Folder{1, folder.path(), true}});
    fs::create_directory(folder.path() / "e");
    wait_until([] { return kernel_watches().size() == 6; });
    EXPECT_TRUE(std::ranges::includes(kernel_watches(), before)) << "a watch was removed and added again";
    // A folder that is moved away loses the watches of its whole tree.
    fs::rename(folder.path() / "a", folder.path() / ".hidden");
    wait_until([] { return kernel_watches().size() == 3; });
    watcher.watch({});
    EXPECT_TRUE(kernel_watches().empty());
}

TEST(FolderWatcher, AFolderInsideAnotherKeepsItsWatches) {
    const test::TemporaryFolder folder;
    fs::create_directories(folder.path() / "a/b");
    const Folder outer{1, folder.path(), true}, inner{2, folder.path() / "a", true};
    FolderWatcher watcher([] {});
    watcher.watch({outer, inner});
    wait_until([] { return kernel_watches().size() == 3; });
    watcher.watch({inner});
    EXPECT_EQ(kernel_watches().size(), 2U);
    folder.write("a/b/photo", "x");
    EXPECT_TRUE(changes_until(watcher, folder.path() / "a/b").contains(folder.path() / "a/b"));
}

TEST(FolderWatcher, SeesWhatChangesWhileItAddsItsWatches) {
    const test::TemporaryFolder folder;
    FolderWatcher watcher([] {});
    watcher.watch({Folder{1, folder.path(), true}});
    fs::create_directories(folder.path() / "new/deep");
    folder.write("new/deep/photo", "x");
    changes_until(watcher, folder.path() / "new/deep");
    // A link is complete when it is created; a file is complete when it is closed.
    wait_until([&] { return kernel_watches().size() == 3; });
    fs::create_symlink(folder.path() / "new/deep/photo", folder.path() / "new/link");
    changes_until(watcher, folder.path() / "new");
}

TEST(FolderWatcher, SaysWhyAFolderIsNotWatched) {
    const test::TemporaryFolder folder;
    const fs::path missing = folder.path() / "missing";
    FolderWatcher watcher([] {});
    watcher.watch({Folder{1, missing, true}, Folder{2, folder.path(), true}});
    wait_until([&] { return !watcher.unwatched().empty(); });
    const auto unwatched = watcher.unwatched();
    ASSERT_EQ(unwatched.size(), 1U);
    EXPECT_EQ(unwatched[0].path, missing);
    EXPECT_THAT(unwatched[0].reason, testing::HasSubstr("No such file"));
    fs::create_directory(missing);
    watcher.watch({Folder{1, missing, true}, Folder{2, folder.path(), true}});
    wait_until([&] { return watcher.unwatched().empty(); });
}

}  // namespace
}  // namespace hone
