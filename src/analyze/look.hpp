// The look of a photo: colour, light, texture and composition as 229 bytes, from the pixels alone, without a
// network. It answers "more that look like these, whatever they show" and finds candidates for near
// duplicates. What each number is and what was measured: docs/look.md. Everything here is safe from any
// thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "photo/image.hpp"

namespace hone {

// Raise when the bytes of the same pixels would change; photos are then read again.
inline constexpr int kLookVersion = 1;
inline constexpr std::size_t kLookSize = 229;
inline constexpr std::size_t kLookDimension = 128;
inline constexpr int kLookSide = 256;         // longer side of what is analyzed, pixels
inline constexpr int kLookShortestSide = 16;  // pixels

// Blocks in this order: colour 102 (0..255: 255 x square root of the share of pixels), scalar 35, lbp 30,
// bands 14, orient 24, grid 24 (-127..127 as two's complement: 127 tanh((value - mean) / (2 sd))).
using LookBytes = std::array<std::uint8_t, kLookSize>;
using LookNumbers = std::array<float, kLookSize>;  // the same before they were made bytes
using LookVector = std::array<float, kLookDimension>;

// The picture that look, hashes and same_picture work on: longer side 256, by area when that reduces and
// bicubic when it enlarges. Photos longer than 16:1 are stretched to 16 pixels on the shorter side: below
// that the cells and pyramids have no pixels. image: at least one pixel.
Image look_image(const Image& image);

// image: upright, at least one pixel; brought to look_image's size unless it has it.
LookNumbers look_numbers(const Image& image);
LookBytes describe_look(const Image& image);

// From the stored bytes, as the look words need them; numbers beyond 3 standard deviations of the mean are
// cut.
LookNumbers look_numbers(const LookBytes& bytes);

// Length 1; the similarity of two photos is the inner product, -1..1. Different pictures were seen up to .73,
// nine of ten copies above .63. For several liked photos: the mean of their vectors. Does not need the photo,
// only its bytes.
LookVector look_vector(const LookBytes& bytes);

// Names the constants of look_vector and the bytes' version: vectors of different names are not comparable.
std::string_view look_fingerprint();

}  // namespace hone
