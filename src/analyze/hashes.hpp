// SPDX-License-Identifier: GPL-3.0-or-later
// Difference hashes of a photo (dHash-64, N. Krawetz 2013). They find copies with the same layout, even after
// changes of colour, size or compression. Pure functions, safe from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "photo/image.hpp"

namespace hone {

// Raise it when the hashes of the same pixels change.
inline constexpr int kHashesVersion = 1;

// One hash reduces the luma by area to 9 x 8 values. Bit 8 * row + column is set where the value is less than
// its right neighbour's. Unrelated photos differ in 18 or more of 64 bits, re-encoded ones in 0 to 6.
struct PhotoHashes {
    // The image unchanged (0), rotated clockwise by 90, 180, 270 degrees (1, 2, 3), and each of these after a
    // left-right flip (4..7). They cannot be derived from [0]: quarter turns need the other neighbours.
    std::array<std::uint64_t, 8> turned{};
    // The central 95, 90, 84, 70 and 50 % of each side.
    std::array<std::uint64_t, 5> crops{};

    [[nodiscard]] std::uint64_t plain() const { return turned[0]; }
    bool operator==(const PhotoHashes&) const = default;
};

// image: upright, at least one pixel; preferably the working image of the style analyzer (crops of tiny
// images have few pixels).
PhotoHashes describe_hashes(const Image& image);

// Returns the number of differing bits, 0..64.
int hamming_distance(std::uint64_t a, std::uint64_t b);

// Returns the least distance over the usual changes of a copy, 0..64. Either a is rotated, flipped or a crop
// of b (a's turned hashes against b's plain and cropped ones), or b is a crop of a, or a has a border (a's
// crops against b's plain hash). Symmetric except for images that are both rotated and cropped: there b must
// be the whole one.
int hash_distance(const PhotoHashes& a, const PhotoHashes& b);

// Reads hashes as they are stored: turned ones, then those of crops; missing ones are 0. Pure function.
PhotoHashes to_hashes(std::span<const std::uint64_t> stored);

}  // namespace hone
