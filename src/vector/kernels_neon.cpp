// SPDX-License-Identifier: GPL-3.0-or-later
// Kernels for 64-bit Arm with dot product instructions: Armv8.2 and later (2018).
#include <arm_neon.h>

#include "vector/kernels_levels.hpp"

namespace hone {

namespace {

void dot_f32(const float* query, const float* rows, std::size_t count, std::size_t padded, float* out) {
    for (std::size_t row = 0; row < count; ++row, rows += padded) {
        float32x4_t even = vdupq_n_f32(0), odd = vdupq_n_f32(0);
        for (std::size_t k = 0; k < padded; k += 8) {
            even = vfmaq_f32(even, vld1q_f32(query + k), vld1q_f32(rows + k));
            odd = vfmaq_f32(odd, vld1q_f32(query + k + 4), vld1q_f32(rows + k + 4));
        }
        out[row] = vaddvq_f32(vaddq_f32(even, odd));
    }
}

void dot_f16(const float* query, const Half* rows, std::size_t count, std::size_t padded, float* out) {
    for (std::size_t row = 0; row < count; ++row, rows += padded) {
        float32x4_t even = vdupq_n_f32(0), odd = vdupq_n_f32(0);
        for (std::size_t k = 0; k < padded; k += 8) {
            const float16x8_t halves = vreinterpretq_f16_u16(vld1q_u16(rows + k));
            even = vfmaq_f32(even, vld1q_f32(query + k), vcvt_f32_f16(vget_low_f16(halves)));
            odd = vfmaq_f32(odd, vld1q_f32(query + k + 4), vcvt_high_f32_f16(halves));
        }
        out[row] = vaddvq_f32(vaddq_f32(even, odd));
    }
}

// Flipping the top bit turns value + 128 back into the signed value that vdotq_s32 expects.
void dot_i8(const std::int8_t* query, std::int32_t, const std::uint8_t* rows, std::size_t count,
            std::size_t padded, std::int32_t* out) {
    const uint8x16_t flip = vdupq_n_u8(0x80);
    for (std::size_t row = 0; row < count; ++row, rows += padded) {
        int32x4_t even = vdupq_n_s32(0), odd = vdupq_n_s32(0);
        for (std::size_t k = 0; k < padded; k += 32) {
            even =
                vdotq_s32(even, vld1q_s8(query + k), vreinterpretq_s8_u8(veorq_u8(vld1q_u8(rows + k), flip)));
            odd = vdotq_s32(odd, vld1q_s8(query + k + 16),
                            vreinterpretq_s8_u8(veorq_u8(vld1q_u8(rows + k + 16), flip)));
        }
        out[row] = vaddvq_s32(vaddq_s32(even, odd));
    }
}

}  // namespace

const Kernels kNeonKernels{"neon", dot_f32, dot_f16, dot_i8, near_i8_scalar};

}  // namespace hone
