// SPDX-License-Identifier: GPL-3.0-or-later
// The protocol between Hone and its decoder processes: one request and one reply at a time over a pair of
// SOCK_SEQPACKET sockets, with pixels and thumbnails in shared memory. Both ends come from the same build, so
// the structs are sent as raw bytes.
#pragma once

#include <cstdint>

#include "photo/thumbnail.hpp"

namespace hone::sandbox {

inline constexpr int kSocket = 3, kMemory = 4;  // descriptors that a decoder process starts with
// Size of the shared memory: the largest result of one photo.
inline constexpr std::size_t kMemoryBytes = 128U << 20;
inline constexpr std::size_t kSidecars = 4;  // the most sidecar descriptors after the photo's
inline constexpr std::size_t kReasonBytes = 512;

// Sent with the photo's descriptor and those of its sidecars (SCM_RIGHTS), all read-only. The fields mirror
// PhotoWork.
struct Request {
    std::uint64_t maximum_pixels = 0;
    std::int32_t network_side = 0, faces_side = 0;
    std::uint8_t thumbnails = 0, metadata = 0, svg = 0;
};

// A range of the shared memory, in bytes.
struct Part {
    std::uint64_t at = 0, bytes = 0;  // inside the shared memory
};

// Untrusted: a decoder may have been taken over. Hone checks every range before it reads the memory.
struct Reply {
    std::uint8_t good = 0;
    std::int32_t format = 0, width = 0, height = 0;
    std::uint32_t color = 0;
    std::int32_t network_width = 0, network_height = 0, faces_width = 0, faces_height = 0, small_width = 0,
                 small_height = 0;
    Part network, faces, small, metadata, thumbnails[std::size(kThumbnailSizes)];
    char reason[kReasonBytes] = {};
};

// The first message of a decoder: the parts of the sandbox that the kernel refused, one "part: reason" per
// line.
struct Hello {
    char missing[1024] = {};
};

}  // namespace hone::sandbox
