// SPDX-License-Identifier: GPL-3.0-or-later
// Reads, writes and renames files, formats paths for people and for JSON, and takes the library lock.
#include "base/file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/file_system.hpp"

namespace hone {

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
        (void)close();
        descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
}

FileDescriptor::~FileDescriptor() {
    (void)close();
}

bool FileDescriptor::close() {
    const int descriptor = std::exchange(descriptor_, -1);
    return descriptor < 0 || file_system().close(descriptor) == 0;
}

namespace {

template <typename Buffer>
Result<Buffer> read_whole(const fs::path& path, std::uint64_t limit) {
    const FileDescriptor file(file_system().open(path.c_str(), O_RDONLY | O_CLOEXEC, 0));
    if (!file) return fail("cannot open {}: {}", printable(path), std::strerror(errno));
    struct stat facts{};
    if (file_system().status(file.get(), facts) != 0)
        return fail("cannot read {}: {}", printable(path), std::strerror(errno));
    if (S_ISDIR(facts.st_mode)) return fail("cannot read {}: it is a folder", printable(path));
    Buffer bytes;
    bytes.resize(std::min<std::uint64_t>(static_cast<std::uint64_t>(facts.st_size), limit) + 1);
    std::size_t filled = 0;
    while (true) {
        if (filled == bytes.size()) bytes.resize(bytes.size() * 2);
        const ssize_t count = file_system().read(file.get(), bytes.data() + filled, bytes.size() - filled);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail("cannot read {}: {}", printable(path), std::strerror(errno));
        if (count == 0) break;
        filled += static_cast<std::size_t>(count);
        if (filled > limit) {
            return fail(ErrorKind::kTooLarge, "{} is larger than {} bytes", printable(path), limit);
        }
    }
    bytes.resize(filled);
    return bytes;
}

}  // namespace

Result<std::vector<std::uint8_t>> read_file(const fs::path& path, std::uint64_t limit) {
    return read_whole<std::vector<std::uint8_t>>(path, limit);
}

Result<std::vector<std::uint8_t>> read_head(const fs::path& path, std::size_t count) {
    const FileDescriptor file(file_system().open(path.c_str(), O_RDONLY | O_CLOEXEC, 0));
    if (!file) return fail("cannot open {}: {}", printable(path), std::strerror(errno));
    std::vector<std::uint8_t> bytes(count);
    std::size_t filled = 0;
    while (filled < count) {
        const ssize_t got = file_system().read(file.get(), bytes.data() + filled, count - filled);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail("cannot read {}: {}", printable(path), std::strerror(errno));
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    bytes.resize(filled);
    return bytes;
}

Result<std::string> read_text(const fs::path& path, std::uint64_t limit) {
    return read_whole<std::string>(path, limit);
}

namespace {

// Returns the folder that a name is in.
fs::path folder_of(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

std::unexpected<Error> cannot(const char* what, const fs::path& path, int error) {
    return fail("cannot {} {}: {}", what, printable(path), std::strerror(error));
}

Result<> write_and_rename(const fs::path& path, std::string_view bytes, fs::path temporary, Wait wait) {
    temporary += fmt::format(".{}-{}.part", ::getpid(), ::gettid());
    FileSystem& system = file_system();
    const auto give_up = [&](const char* what) {
        const int error = errno;
        system.remove(temporary.c_str());
        return cannot(what, path, error);
    };
    FileDescriptor file(system.open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file) return cannot("create", path, errno);
    if (!write_all(file.get(), bytes.data(), bytes.size())) return give_up("write");
    if (wait == Wait::kForDisk && system.sync_data(file.get()) != 0) return give_up("write");
    if (!file.close()) return give_up("write");
    if (system.rename(temporary.c_str(), path.c_str()) != 0) return give_up("write");
    return wait == Wait::kForDisk ? sync_folder(folder_of(path)) : Result<>{};
}

}  // namespace

bool write_all(int file, const void* bytes, std::size_t count) {
    const auto* next = static_cast<const std::uint8_t*>(bytes);
    while (count > 0) {
        const ssize_t written = file_system().write(file, next, count);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        next += written;
        count -= static_cast<std::size_t>(written);
    }
    return true;
}

Result<> write_file_atomically(const fs::path& path, std::string_view bytes) {
    return write_and_rename(path, bytes, path, Wait::kForDisk);
}

Result<> write_derived_file(const fs::path& path, std::string_view bytes, const fs::path& scratch) {
    return write_and_rename(path, bytes, scratch / path.filename(), Wait::kNo);
}

Result<> make_directories(const fs::path& path, Wait wait) {
    struct stat facts{};
    if (path.empty() || (file_system().status(path.c_str(), facts) == 0 && S_ISDIR(facts.st_mode))) return {};
    // "a/" is the folder "a".
    if (!path.has_filename()) return make_directories(path.parent_path(), wait);
    HONE_CHECK(make_directories(path.parent_path(), wait));
    if (file_system().make_folder(path.c_str(), 0777) != 0) {
        const int error = errno;
        // Another thread may have been faster.
        if (error != EEXIST || file_system().status(path.c_str(), facts) != 0 || !S_ISDIR(facts.st_mode))
            return cannot("make the folder", path, error);
    }
    return wait == Wait::kForDisk ? sync_folder(folder_of(path)) : Result<>{};
}

Result<bool> path_exists(const fs::path& path) {
    struct stat facts{};
    if (file_system().status(path.c_str(), facts) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return cannot("read", path, errno);
}

Result<std::uint64_t> file_bytes(const fs::path& path) {
    struct stat facts{};
    if (file_system().status(path.c_str(), facts) != 0) return cannot("read", path, errno);
    return static_cast<std::uint64_t>(facts.st_size);
}

Result<std::vector<std::string>> list_folder(const fs::path& path) {
    std::vector<std::string> names;
    if (file_system().list(path.c_str(), names) != 0) return cannot("read the folder", path, errno);
    return names;
}

Result<> sync_file(const fs::path& path) {
    const FileDescriptor file(file_system().open(path.c_str(), O_RDONLY | O_CLOEXEC, 0));
    if (!file || file_system().sync(file.get()) != 0) return cannot("write", path, errno);
    return {};
}

Result<> sync_folder(const fs::path& path) {
    const FileDescriptor names(file_system().open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0));
    // A folder may be writable, but not readable.
    if (!names && errno == EACCES) return {};
    // Some network file systems cannot sync a folder.
    if (!names || (file_system().sync(names.get()) != 0 && errno != EINVAL))
        return cannot("write", path, errno);
    return {};
}

Result<> sync_all(const fs::path& folder) {
    const FileDescriptor file(file_system().open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0));
    if (!file || file_system().sync_all(file.get()) != 0) return cannot("write", folder, errno);
    return {};
}

Result<> rename_file(const fs::path& from, const fs::path& to) {
    if (file_system().rename(from.c_str(), to.c_str()) != 0) return cannot("write", to, errno);
    HONE_CHECK(sync_folder(folder_of(to)));
    return folder_of(from) == folder_of(to) ? Result<>{} : sync_folder(folder_of(from));
}

Result<> remove_file(const fs::path& path) {
    if (file_system().remove(path.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR) return {};
    return cannot("delete", path, errno);
}

Result<> remove_tree(const fs::path& path) {
    if (file_system().remove(path.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR) return {};
    if (errno != EISDIR && errno != EPERM) return cannot("delete", path, errno);
    HONE_TRY(const std::vector<std::string> names, list_folder(path));
    for (const std::string& name : names) HONE_CHECK(remove_tree(path / name));
    if (file_system().remove_folder(path.c_str()) == 0 || errno == ENOENT) return {};
    return cannot("delete", path, errno);
}

namespace {

std::string escape_path(const fs::path& path, bool keep_controls) {
    const std::string& bytes = path.native();
    std::string text;
    text.reserve(bytes.size());
    for (std::size_t at = 0; at < bytes.size();) {
        const auto lead = static_cast<unsigned char>(bytes[at]);
        std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
        bool valid = length > 0 && at + length <= bytes.size();
        char32_t code = valid ? (length == 1 ? lead : lead & (0x7FU >> length)) : 0;
        for (std::size_t tail = 1; valid && tail < length; ++tail) {
            const auto byte = static_cast<unsigned char>(bytes[at + tail]);
            valid = (byte & 0xC0U) == 0x80;
            code = code << 6 | (byte & 0x3FU);
        }
        // Overlong forms, surrogates and values above U+10FFFF are invalid UTF-8 as well (RFC 3629).
        if (valid && length == 3) valid = code >= 0x800 && !(code >= 0xD800 && code <= 0xDFFF);
        if (valid && length == 4) valid = code >= 0x10000 && code <= 0x10FFFF;
        if (valid && (keep_controls || (code >= 0x20 && code != 0x7F))) {
            text.append(bytes, at, length);
        } else {
            length = 1;
            text += fmt::format("\\x{:02x}", lead);
        }
        at += length;
    }
    return text;
}

}  // namespace

std::string printable(const fs::path& path) {
    return escape_path(path, false);
}
std::string utf8_path(const fs::path& path) {
    return escape_path(path, true);
}

fs::path program_directory() {
    std::error_code error;
    const fs::path self = fs::read_symlink("/proc/self/exe", error);
    return error ? fs::path{} : self.parent_path();
}

Result<LockFile> LockFile::acquire(const fs::path& path, std::string_view description) {
    FileDescriptor file(file_system().open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (!file) return fail("cannot open the lock {}: {}", printable(path), std::strerror(errno));
    for (int attempt = 0; file_system().lock(file.get(), LOCK_EX | LOCK_NB) != 0; ++attempt) {
        if (errno != EWOULDBLOCK) return fail("cannot lock {}: {}", printable(path), std::strerror(errno));
        // No process holds it: one only looked (holder() takes the lock briefly), or has just released it.
        constexpr int kAttempts = 2000;  // on a busy machine, a process that looks may be suspended for long
        const auto who = holder(path);
        if (who || attempt == kAttempts)
            return fail(ErrorKind::kInUse, "{}", who.value_or("another process"));
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    LockFile lock(std::move(file));
    HONE_CHECK(lock.describe(description));
    return lock;
}

std::optional<std::string> LockFile::holder(const fs::path& path) {
    const FileDescriptor file(file_system().open(path.c_str(), O_RDONLY | O_CLOEXEC, 0));
    if (!file) return std::nullopt;
    if (file_system().lock(file.get(), LOCK_SH | LOCK_NB) == 0) return std::nullopt;
    std::array<char, 4096> text{};
    const ssize_t count = file_system().read_at(file.get(), text.data(), text.size(), 0);
    return std::string(text.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
}

Result<> LockFile::describe(std::string_view description) {
    if (file_system().truncate(descriptor_.get(), 0) != 0 ||
        !write_all(descriptor_.get(), description.data(), description.size())) {
        return fail("cannot write the lock file: {}", std::strerror(errno));
    }
    return {};
}

}  // namespace hone
