// How a decoder process locks itself in, before it sees the first photo.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hone::sandbox {

struct Limits {
    std::uint64_t memory_bytes = 1ULL << 30;
};

// In two steps, because libraries must load between them. Each gives the parts that the kernel refused, as
// "part: reason"; a refused part does not stop the others. `without`: parts to leave out, for tests.
//
// 1. namespaces (no network, no other processes' shared memory), no new privileges, no core files; called
//    while the process has one thread.
std::vector<std::string> lock_process(const std::vector<std::string>& without);
// 2. file system (Landlock: nothing), limits on memory and descriptors, system calls (seccomp: what decoding
//    needs; everything else fails with EPERM).
std::vector<std::string> lock_files_and_calls(const Limits& limits, const std::vector<std::string>& without);

}  // namespace hone::wall
