// SPDX-License-Identifier: GPL-3.0-or-later
// The style of a photo: colour, light, texture and composition in 229 bytes, from the pixels alone, without a
// network. It answers "more that look like these, whatever their subject" and finds candidates for near
// duplicates. docs/style.md explains each number and the measurements. Pure functions, safe from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "photo/image.hpp"

namespace hone {

// Raise it when the bytes of the same pixels change; photos are then indexed again.
inline constexpr int kStyleVersion = 1;
inline constexpr std::size_t kStyleSize = 229;
inline constexpr std::size_t kStyleDimension = 128;
inline constexpr int kStyleSide = 256;         // longer side of the working image, pixels
inline constexpr int kStyleShortestSide = 16;  // its shorter side at least, pixels

// Blocks in this order: colour 102 (0..255: 255 x square root of the fraction of pixels), scalar 35, lbp 30,
// bands 14, orient 24, grid 24 (-127..127 as two's complement: 127 tanh((value - mean) / (2 sd))).
using StyleBytes = std::array<std::uint8_t, kStyleSize>;
using StyleNumbers = std::array<float, kStyleSize>;  // the same before quantisation to bytes
using StyleVector = std::array<float, kStyleDimension>;

// Returns the working image of style, hashes and same_picture: longer side 256, by area when reducing and
// bicubic when enlarging. Images longer than 16:1 are stretched to 16 pixels on the shorter side, because
// cells and pyramids need that many. image: at least one pixel.
Image style_image(const Image& image);

// image: upright, at least one pixel. Brought to the working size if necessary.
StyleNumbers style_numbers(const Image& image);
// Quantises style_numbers(image) to bytes.
StyleBytes describe_style(const Image& image);

// Decodes the stored bytes for the style terms. Values beyond 3 standard deviations are clamped.
StyleNumbers style_numbers(const StyleBytes& bytes);

// Returns a vector of length 1 from the stored bytes. The similarity of two photos is the inner product,
// -1..1. Measured: different images reach at most .73; nine of ten copies exceed .63. For several positives,
// use the mean of their vectors.
StyleVector style_vector(const StyleBytes& bytes);

// Identifies the constants of the vector and the version of the bytes. Vectors of different fingerprints are
// not comparable.
std::string_view style_fingerprint();

// Reads a style as it is stored; missing bytes are 0. Pure function.
StyleBytes to_style(std::span<const std::uint8_t> stored);

}  // namespace hone
