// SPDX-License-Identifier: GPL-3.0-or-later
// The CPU levels, each in its own file with its own compiler flags. Private to vector/.
#pragma once

#include "vector/kernels.hpp"

namespace hone {

extern const Kernels kScalarKernels;
// For levels without a faster one.
void near_i8_scalar(const NearQueries& queries, const TiledRows& rows, std::size_t padded,
                    std::uint16_t* masks);
#if defined(__x86_64__)
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx512Kernels;
#elif defined(__aarch64__)
extern const Kernels kNeonKernels;
#endif

}  // namespace hone
