// SPDX-License-Identifier: GPL-3.0-or-later
// Opens originals: the only place that does, and always read-only.
#pragma once

#include <memory>

#include "base/blocking_calls.hpp"
#include "catalog/files.hpp"

namespace hone {

// Opens a file for reading, without a change of its access time where the system permits that. May block on a
// slow drive; a pipe in place of a file does not block. On failure errno has the reason. Safe from any
// thread.
FileDescriptor open_for_reading(const fs::path& path);

// A photo's original, open for reading.
struct OpenOriginal {
    std::shared_ptr<const FileDescriptor> file;
    fs::path path;
    std::uint64_t size = 0;  // bytes
};
// Opens the record's file if it still has the recorded size and time. kUnavailable, with the file's name and
// the reason, when it cannot be opened, has changed, or does not answer. calls: the caller's own.
Result<OpenOriginal> open_original(const FileRecord& record, BlockingCalls& calls);

// Reads the whole file once, so that the system keeps it in memory and a decoder need not wait for the drive.
// kUnavailable when the drive does not answer or cannot read.
Result<> read_ahead(const OpenOriginal& original, BlockingCalls& calls);

}  // namespace hone
