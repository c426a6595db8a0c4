// SPDX-License-Identifier: GPL-3.0-or-later
// An array in a mapped file, or in memory, that grows without moving through the heap. The file's pages
// belong to the page cache: after a crash of the process the file holds everything that was written, after a
// power failure any part of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include "base/file.hpp"

namespace hone {

// Bytes of a mapped file. Not thread-safe.
class MappedBytes {
  public:
    enum class Sharing {
        kShared,   // writes reach the file
        kPrivate,  // writes stay in this process; the file is only read
    };

    // Zeros in memory, without a file.
    MappedBytes() = default;
    // Maps the whole file; kShared creates a missing one. kFailed when the file cannot be opened or mapped.
    static Result<MappedBytes> open(const fs::path& path, Sharing sharing);
    // An empty file without a name in this folder, for what the system may write out when memory is short.
    // kFailed when it cannot be created.
    static Result<MappedBytes> scratch(const fs::path& folder);
    MappedBytes(MappedBytes&& other) noexcept { swap(other); }
    MappedBytes& operator=(MappedBytes&& other) noexcept {
        swap(other);
        return *this;
    }
    ~MappedBytes();

    [[nodiscard]] std::uint8_t* data() const { return data_; }
    [[nodiscard]] std::size_t size() const { return size_; }
    // Makes room for at least this many bytes; new ones are zero. Moves data(). kFailed when the disk is
    // full; nothing has changed then.
    Result<> grow(std::size_t bytes);
    // Waits until a range is on the disk. kFailed when the disk refuses.
    [[nodiscard]] Result<> sync(std::size_t bytes) const;
    // Sets all bytes to zero and gives their memory or blocks back.
    Result<> clear();

  private:
    void swap(MappedBytes& other) noexcept {
        std::swap(file_, other.file_);
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(mapped_, other.mapped_);
        std::swap(sharing_, other.sharing_);
    }
    [[nodiscard]] bool in_file() const { return file_ && sharing_ == Sharing::kShared; }
    Result<> map(std::size_t bytes);

    FileDescriptor file_;
    std::uint8_t* data_ = nullptr;
    std::size_t size_ = 0, mapped_ = 0;
    Sharing sharing_ = Sharing::kPrivate;
};

// Elements are zero until written. Not thread-safe.
template <typename T>
class MappedArray {
    static_assert(std::is_trivially_copyable_v<T>);

  public:
    MappedArray() = default;
    explicit MappedArray(MappedBytes bytes) : bytes_(std::move(bytes)) {}

    // Makes room for `count` elements. kFailed when the disk is full.
    Result<> grow(std::size_t count) {
        if (count <= capacity()) return {};
        return bytes_.grow(count * sizeof(T));
    }
    [[nodiscard]] std::size_t capacity() const { return bytes_.size() / sizeof(T); }
    // index: below capacity(). Valid until the next grow().
    T& operator[](std::size_t index) const { return data()[index]; }
    [[nodiscard]] T* data() const { return reinterpret_cast<T*>(bytes_.data()); }
    [[nodiscard]] MappedBytes& bytes() { return bytes_; }

  private:
    MappedBytes bytes_;
};

}  // namespace hone
