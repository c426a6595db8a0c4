// The look of a photo: colour, light, texture and composition as 229 bytes, from the pixels alone, without a
// network. It answers "more that look like these, whatever they show" and finds candidates for near
// duplicates. What each number is and what was measured: docs/style.md. Everything here is safe from any
// thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "photo/image.hpp"

namespace hone {

// Raise when the bytes of the same pixels would change; photos are then read again.
inline constexpr int kStyleVersion = 1;
inline constexpr std::size_t kStyleSize = 229;
inline constexpr std::size_t kStyleDimension = 128;
inline constexpr int kStyleSide = 256;         // longer side of what is analyzed, pixels
inline constexpr int kStyleShortestSide = 16;  // pixels

// Blocks in this order: colour 102 (0..255: 255 x square root of the share of pixels), scalar 35, lbp 30,
// bands 14, orient 24, grid 24 (-127..127 as two's complement: 127 tanh((value - mean) / (2 sd))).
using StyleBytes = std::array<std::uint8_t, kStyleSize>;
using StyleNumbers = std::array<float, kStyleSize>;  // the same before they were made bytes
using StyleVector = std::array<float, kStyleDimension>;

// The picture that look, hashes and same_picture work on: longer side 256, by area when that reduces and
// bicubic when it enlarges. Photos longer than 16:1 are stretched to 16 pixels on the shorter side: below
// that the cells and pyramids have no pixels. image: at least one pixel.
Image style_image(const Image& image);

// image: upright, at least one pixel; brought to style_image's size unless it has it.
StyleNumbers style_numbers(const Image& image);
StyleBytes describe_style(const Image& image);

// From the stored bytes, as the look words need them; numbers beyond 3 standard deviations of the mean are
// cut.
StyleNumbers style_numbers(const StyleBytes& bytes);

// Length 1; the similarity of two photos is the inner product, -1..1. Different pictures were seen up to .73,
// nine of ten copies above .63. For several liked photos: the mean of their vectors. Does not need the photo,
// only its bytes.
StyleVector style_vector(const StyleBytes& bytes);

// Names the constants of style_vector and the bytes' version: vectors of different names are not comparable.
std::string_view style_fingerprint();

}  // namespace hone
