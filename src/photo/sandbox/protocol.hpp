// What Hone and its decoder processes say to each other: one request and one reply at a time over a pair of
// SOCK_SEQPACKET sockets; pixels and thumbnails lie in shared memory. Both ends are the same build, so the
// structs travel as they are.
#pragma once

#include <cstdint>

#include "photo/thumbnail.hpp"

namespace hone::sandbox {

inline constexpr int kSocket = 3, kMemory = 4;           // descriptors that a decoder process is born with
inline constexpr std::size_t kMemoryBytes = 128U << 20;  // the most that one photo may give back
inline constexpr std::size_t kSidecars = 4;              // at most so many descriptors after the photo's
inline constexpr std::size_t kReasonBytes = 512;

// With the photo's descriptor and those of its sidecars (SCM_RIGHTS), all read-only.
struct Request {
    std::uint64_t maximum_pixels = 0;
    std::int32_t network_side = 0, faces_side = 0;
    std::uint8_t thumbnails = 0, metadata = 0, svg = 0;
};

struct Part {
    std::uint64_t at = 0, bytes = 0;  // inside the shared memory
};

struct Reply {
    std::uint8_t good = 0;
    std::int32_t format = 0, width = 0, height = 0;
    std::uint32_t color = 0;
    std::int32_t network_width = 0, network_height = 0, faces_width = 0, faces_height = 0, small_width = 0,
                 small_height = 0;
    Part network, faces, small, metadata, thumbnails[std::size(kThumbnailSizes)];
    char reason[kReasonBytes] = {};
};

// The first message of a decoder: which parts of the wall the kernel refused, one "part: reason" a line.
struct Hello {
    char missing[1024] = {};
};

}  // namespace hone::wall
