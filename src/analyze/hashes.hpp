// Difference hashes of a photo (dHash-64, N. Krawetz 2013): they find copies that kept the picture's layout,
// however its colours, size or compression changed. Safe from any thread.
#pragma once

#include <array>
#include <cstdint>

#include "photo/image.hpp"

namespace hone {

// Raise when the hashes of the same pixels would change.
inline constexpr int kHashesVersion = 1;

// One hash: the luma reduced by area to 9 x 8; bit 8 * row + column is set where the value is less than its
// right neighbour's. Unrelated photos differ in 18 or more of 64 bits, re-encoded ones in 0 to 6.
struct PhotoHashes {
    // The picture as it is (0), turned clockwise by 90, 180, 270 degrees (1, 2, 3), and each of these after
    // mirroring left to right (4..7). They cannot be made from [0] alone: turns by 90 degrees need the other
    // neighbours.
    std::array<std::uint64_t, 8> turned{};
    // Its middle: 95, 90, 84, 70, 50 % of either side.
    std::array<std::uint64_t, 5> crops{};

    [[nodiscard]] std::uint64_t plain() const { return turned[0]; }
    bool operator==(const PhotoHashes&) const = default;
};

// image: upright, at least one pixel, best style_image()'s (crops of tiny pictures have few pixels).
PhotoHashes describe_hashes(const Image& image);

// Bits that differ, 0..64.
int hamming_distance(std::uint64_t a, std::uint64_t b);

// Least distance over what a copy may have become, 0..64: a is turned or mirrored, or cut out of b (its
// turned hashes against b's plain and cropped ones); or b is cut out of a, or a has a border (a's crops
// against b's plain hash). Symmetric but for pictures that are turned and cut, where b has to be the whole
// one.
int hash_distance(const PhotoHashes& a, const PhotoHashes& b);

}  // namespace hone
