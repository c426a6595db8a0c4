// SPDX-License-Identifier: GPL-3.0-or-later
// Statistics of the style numbers over 1296 mixed photos. script/embed_style.py generates them at build time
// from style_constants.json; only style.cpp uses them.
#pragma once

#include <cstdint>

namespace hone {

// In the order of the 229 style numbers: mean and standard deviation of the raw numbers, and the centre of
// the block vectors.
extern const float kStyleMean[229], kStyleDeviation[229], kStyleCentre[229];
// Thousandths, 229 rows of 128: the principal axes of the block vectors, each times (eigenvalue + 1e-4 of the
// largest)^(-1/4).
extern const std::int16_t kStyleWhitening[229 * 128];
extern const char kStyleConstantsHash[];  // 12 hexadecimal digits, for the fingerprint

}  // namespace hone
