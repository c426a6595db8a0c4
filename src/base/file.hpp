// Small file helpers with errors as values, and the lock that makes one process the writer of a library.
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

// Owns a file descriptor.
class FileDescriptor {
  public:
    FileDescriptor() = default;
    explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
    FileDescriptor(FileDescriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept;
    ~FileDescriptor();
    [[nodiscard]] int get() const { return descriptor_; }
    explicit operator bool() const { return descriptor_ >= 0; }

  private:
    int descriptor_ = -1;
};

// The whole file. kTooLarge above limit bytes.
Result<std::vector<std::uint8_t>> read_file(const fs::path& path, std::uint64_t limit = UINT64_MAX);
// At most the first `count` bytes.
Result<std::vector<std::uint8_t>> read_head(const fs::path& path, std::size_t count);
Result<std::string> read_text(const fs::path& path, std::uint64_t limit = 256U << 20);
// Writes a part file and renames it, so that a reader sees the old or the new file, never half of one. The
// part file lies in `scratch` (on the same file system), or beside the target.
Result<> write_file_atomically(const fs::path& path, std::string_view bytes, const fs::path& scratch = {});
Result<> make_directories(const fs::path& path);

// Path as text for people: valid UTF-8 as it is; control characters and other bytes as \xNN, so that it is
// one line.
std::string printable(const fs::path& path);
// Path as text for JSON: the exact characters; only bytes that are no UTF-8 as \xNN.
std::string utf8_path(const fs::path& path);

// The folder of the running program.
fs::path program_directory();

// An advisory lock (flock) held for the life of the object. The file says who holds it, for the error of
// others.
class LockFile {
  public:
    // kInUse when another process holds it; the message names the holder as it described itself.
    static Result<LockFile> acquire(const fs::path& path, std::string_view description);
    // What the present holder wrote; nothing when nobody holds the lock.
    static std::optional<std::string> holder(const fs::path& path);
    Result<> describe(std::string_view description);

  private:
    explicit LockFile(FileDescriptor descriptor) : descriptor_(std::move(descriptor)) {}
    FileDescriptor descriptor_;
};

}  // namespace hone
