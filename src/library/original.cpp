// SPDX-License-Identifier: GPL-3.0-or-later
// Opens and reads originals behind time limits.
#include "library/original.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <vector>

namespace hone {

namespace {

constexpr std::size_t kBlockBytes = 1U << 20;  // per read

Result<OpenOriginal> open_unchanged(const FileFacts& facts) {
    FileDescriptor file = open_for_reading(facts.path);
    if (!file)
        return fail(ErrorKind::kUnavailable, "cannot open {}: {}", printable(facts.path),
                    std::strerror(errno));
    auto shared = share_descriptor(std::move(file));
    struct stat status{};
    const bool same =
        ::fstat(shared->get(), &status) == 0 && S_ISREG(status.st_mode) &&
        static_cast<std::uint64_t>(status.st_size) == facts.size &&
        std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec == facts.modified_ns;
    if (!same)
        return fail(ErrorKind::kUnavailable, "{} has changed since it was indexed", printable(facts.path));
    return OpenOriginal{std::move(shared), facts.path, facts.size};
}

Result<> read_all(const OpenOriginal& original, Heartbeat& heartbeat) {
    std::vector<char> block(kBlockBytes);
    std::uint64_t at = 0;
    while (at < original.size) {
        const ssize_t count =
            ::pread(original.file->get(), block.data(), block.size(), static_cast<off_t>(at));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0)
            return fail(ErrorKind::kUnavailable, "cannot read {}: {}", printable(original.path),
                        count < 0 ? std::strerror(errno) : "it has become shorter");
        heartbeat.beat();
        at += static_cast<std::uint64_t>(count);
    }
    return {};
}

Error no_answer(const fs::path& path, const BlockingCalls& calls) {
    return {ErrorKind::kUnavailable,
            fmt::format("{}: {}", printable(path), timeout_reason(calls.patience()))};
}

}  // namespace

FileDescriptor open_for_reading(const fs::path& path) {
    constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    FileDescriptor file(::open(path.c_str(), kFlags | O_NOATIME));
    if (!file && errno == EPERM) file = FileDescriptor(::open(path.c_str(), kFlags));
    return file;
}

Result<OpenOriginal> open_original(const FileRecord& record, BlockingCalls& calls) {
    const auto opened = std::make_shared<Result<OpenOriginal>>();
    if (!calls.run([opened, facts = record.facts](Heartbeat&) { *opened = open_unchanged(facts); }))
        return std::unexpected(no_answer(record.facts.path, calls));
    return *opened;
}

Result<> read_ahead(const OpenOriginal& original, BlockingCalls& calls) {
    const auto done = std::make_shared<Result<>>();
    if (!calls.run([done, original](Heartbeat& heartbeat) { *done = read_all(original, heartbeat); }))
        return std::unexpected(no_answer(original.path, calls));
    return *done;
}

}  // namespace hone
