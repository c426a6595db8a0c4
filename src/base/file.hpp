// SPDX-License-Identifier: GPL-3.0-or-later
// Small file helpers that return errors as values, and the lock that makes one process the writer of a
// library. The free functions are safe from any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace hone {

namespace fs = std::filesystem;

// Owns a file descriptor and closes it; -1 means none. Not thread-safe.
class FileDescriptor {
  public:
    FileDescriptor() = default;
    explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
    FileDescriptor(FileDescriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept;
    ~FileDescriptor();
    [[nodiscard]] int get() const { return descriptor_; }
    // Closes it now. False, with errno, when bytes written before did not reach the file: some network drives
    // say so only here.
    [[nodiscard]] bool close();
    explicit operator bool() const { return descriptor_ >= 0; }

  private:
    int descriptor_ = -1;
};

// Returns the whole file. kTooLarge above `limit` bytes; kFailed when the file cannot be read.
Result<std::vector<std::uint8_t>> read_file(const fs::path& path, std::uint64_t limit = UINT64_MAX);
// Returns at most the first `count` bytes. kFailed when the file cannot be read.
Result<std::vector<std::uint8_t>> read_head(const fs::path& path, std::size_t count);
// Like read_file(), as text. The bytes are not checked for UTF-8.
Result<std::string> read_text(const fs::path& path, std::uint64_t limit = 256U << 20);
// Writes a part file next to the target and renames it, so a reader sees the old or the new file, never a
// mixture. The new file survives a power failure once the call returns. kFailed when the disk refuses.
Result<> write_file_atomically(const fs::path& path, std::string_view bytes);
// The same for derived files, without waiting for the disk: after a power failure the file may be empty or
// cut short, so its reader must check it. The part file is in `scratch`, on the same file system.
Result<> write_derived_file(const fs::path& path, std::string_view bytes, const fs::path& scratch);
// Writes all bytes at the position of the descriptor. False, with errno, when the disk refuses.
bool write_all(int file, const void* bytes, std::size_t count);

enum class Wait { kForDisk, kNo };
// Creates the folder and its parents. An existing folder is not an error; otherwise kFailed. kForDisk: new
// folders survive a power failure once the call returns.
Result<> make_directories(const fs::path& path, Wait wait = Wait::kForDisk);
// Returns false when nothing has this name; kFailed when the disk does not say.
Result<bool> path_exists(const fs::path& path);
// Returns the size in bytes. kFailed when the file does not exist or the disk does not say.
Result<std::uint64_t> file_bytes(const fs::path& path);
// Returns the names in the folder, in any order; kFailed when it cannot be read to its end.
Result<std::vector<std::string>> list_folder(const fs::path& path);
// Waits until the content of the file survives a power failure.
Result<> sync_file(const fs::path& path);
// Waits until the names in the folder survive a power failure. Does nothing on a file system that cannot.
Result<> sync_folder(const fs::path& path);
// Waits until everything on the file system of the folder survives a power failure. For many files at once.
Result<> sync_all(const fs::path& folder);
// Gives the file, or the folder, a new name, in place of another file of that name. The new name survives a
// power failure once the call returns; the content does if it was synced before.
Result<> rename_file(const fs::path& from, const fs::path& to);
// Deletes a file, not a folder. A missing one is not an error; otherwise kFailed.
Result<> remove_file(const fs::path& path);
// Deletes a file or a folder with everything in it, without following links. A missing one is not an error;
// otherwise kFailed.
Result<> remove_tree(const fs::path& path);

// Returns the path as one line of text for people: valid UTF-8 unchanged, control characters and invalid
// bytes as \xNN.
std::string printable(const fs::path& path);
// Returns the path as text for JSON: every character unchanged, only invalid UTF-8 as \xNN.
std::string utf8_path(const fs::path& path);

// Returns the folder of the running program.
fs::path program_directory();

// An advisory lock (flock), held for the life of the object. The file contains the holder's description, so
// that other processes can name the holder in their error. Not thread-safe.
class LockFile {
  public:
    // Takes the lock without waiting for a holder. kInUse when another process holds it; the message is the
    // holder's description. kFailed when the file cannot be opened or locked.
    static Result<LockFile> acquire(const fs::path& path, std::string_view description);
    // Returns the present holder's description, or std::nullopt when no process holds the lock. Safe from any
    // thread.
    static std::optional<std::string> holder(const fs::path& path);
    // Replaces the description. kFailed when it cannot be written.
    Result<> describe(std::string_view description);

  private:
    explicit LockFile(FileDescriptor descriptor) : descriptor_(std::move(descriptor)) {}
    FileDescriptor descriptor_;
};

}  // namespace hone
