// SPDX-License-Identifier: GPL-3.0-or-later
// Locks a decoder process into its sandbox before it receives the first photo.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hone::sandbox {

// memory_bytes: the most that the process may allocate.
struct Limits {
    std::uint64_t memory_bytes = 1ULL << 30;
};

// The lock takes two steps, because libraries must load between them. Each step returns the parts that the
// kernel refused, as "part: reason"; a refused part does not stop the others. without: parts to omit, for
// tests.
//
// Step 1: namespaces (no network, no other processes' shared memory), no new privileges, no core files. Call
// it while the process has one thread.
std::vector<std::string> lock_process(const std::vector<std::string>& without);
// Step 2: file system (Landlock: no access), limits on memory and descriptors, system calls (seccomp: only
// those that decoding needs; all others fail with EPERM). Applies to all threads.
std::vector<std::string> lock_files_and_calls(const Limits& limits, const std::vector<std::string>& without);

}  // namespace hone::sandbox
