// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/mapped_array.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/file_system.hpp"

namespace hone {

namespace {

constexpr std::size_t kLeastBytes = 1 << 16;

std::size_t whole_pages(std::size_t bytes) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return (bytes + page - 1) / page * page;
}

}  // namespace

Result<MappedBytes> MappedBytes::open(const fs::path& path, Sharing sharing) {
    MappedBytes bytes;
    const bool shared = sharing == Sharing::kShared;
    bytes.file_ = FileDescriptor(
        file_system().open(path.c_str(), shared ? O_RDWR | O_CREAT | O_CLOEXEC : O_RDONLY | O_CLOEXEC, 0644));
    bytes.sharing_ = sharing;
    struct stat status{};
    if (!bytes.file_ || file_system().status(bytes.file_.get(), status) != 0)
        return fail("cannot open {}: {}", printable(path), std::strerror(errno));
    if (const auto size = static_cast<std::size_t>(status.st_size); size > 0) HONE_CHECK(bytes.map(size));
    return bytes;
}

Result<MappedBytes> MappedBytes::scratch(const fs::path& folder) {
    MappedBytes bytes;
    bytes.file_ = FileDescriptor(file_system().open(folder.c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC, 0600));
    if (!bytes.file_) return fail("cannot create a file in {}: {}", printable(folder), std::strerror(errno));
    bytes.sharing_ = Sharing::kShared;
    return bytes;
}

MappedBytes::~MappedBytes() {
    if (data_ != nullptr) file_system().unmap(data_, mapped_);
}

// Maps the first `bytes` bytes. A private mapping of a file is copied first, so that it can grow.
Result<> MappedBytes::map(std::size_t bytes) {
    const std::size_t pages = whole_pages(bytes);
    void* at = MAP_FAILED;
    if (in_file()) {
        if (void* shared = file_system().map(file_.get(), pages, true); shared != nullptr) at = shared;
        if (at != MAP_FAILED && data_ != nullptr) file_system().unmap(data_, mapped_);
    } else if (data_ != nullptr) {
        at = ::mremap(data_, mapped_, pages, MREMAP_MAYMOVE);
    } else {
        const bool of_file = static_cast<bool>(file_);
        at = ::mmap(nullptr, pages, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | (of_file ? 0 : MAP_ANONYMOUS | MAP_NORESERVE), of_file ? file_.get() : -1,
                    0);
    }
    if (at == MAP_FAILED) return fail("cannot map {} bytes: {}", bytes, std::strerror(errno));
    data_ = static_cast<std::uint8_t*>(at);
    mapped_ = pages;
    size_ = bytes;
    return {};
}

Result<> MappedBytes::grow(std::size_t bytes) {
    if (bytes <= size_) return {};
    const std::size_t wanted = std::max({kLeastBytes, bytes, size_ + size_ / 4});
    if (in_file()) {
        // Reserving detects a full disk here, as an error; a later page fault would raise a signal.
        if (file_system().reserve(file_.get(), static_cast<off_t>(wanted)) != 0)
            return fail("cannot grow a derived file to {} bytes: {}; free some space, nothing is lost",
                        wanted, std::strerror(errno));
        return map(wanted);
    }
    if (!file_) return map(wanted);
    // Pages behind the end of a privately mapped file cannot be written.
    MappedBytes copy;
    HONE_CHECK(copy.map(wanted));
    std::copy_n(data_, size_, copy.data_);
    *this = std::move(copy);
    return {};
}

Result<> MappedBytes::sync(std::size_t bytes) const {
    if (in_file() && data_ != nullptr && file_system().sync_map(data_, std::min(bytes, size_)) != 0)
        return fail("cannot write a derived file: {}", std::strerror(errno));
    return {};
}

Result<> MappedBytes::clear() {
    if (data_ != nullptr) file_system().unmap(data_, mapped_);
    data_ = nullptr;
    size_ = mapped_ = 0;
    if (in_file()) {
        if (file_system().truncate(file_.get(), 0) != 0)
            return fail("cannot empty a derived file: {}", std::strerror(errno));
    } else {
        file_ = FileDescriptor();
    }
    return {};
}

}  // namespace hone
