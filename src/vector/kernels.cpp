// SPDX-License-Identifier: GPL-3.0-or-later
// Chooses the best kernels at run time, and converts between f32 and f16.
#include "vector/kernels.hpp"

#include <bit>
#include <vector>

#include "vector/kernels_levels.hpp"

#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace hone {

std::span<const Kernels* const> usable_kernels() {
    static const std::vector<const Kernels*> levels = [] {
        std::vector<const Kernels*> usable{&kScalarKernels};
#if defined(__x86_64__)
        __builtin_cpu_init();
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c"))
            usable.push_back(&kAvx2Kernels);
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
            __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
            __builtin_cpu_supports("avx512vnni")) {
            usable.push_back(&kAvx512Kernels);
        }
#elif defined(__aarch64__)
        if ((getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0) usable.push_back(&kNeonKernels);
#endif
        return usable;
    }();
    return levels;
}

const Kernels& best_kernels() {
    return *usable_kernels().back();
}

Half to_half(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = bits >> 16 & 0x8000U;
    const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
    if (magnitude > 0x7F800000U) return static_cast<Half>(sign | 0x7E00U);   // NaN
    if (magnitude >= 0x477FF000U) return static_cast<Half>(sign | 0x7C00U);  // rounds to 65536 or more
    if (magnitude < 0x38800000U) {
        // Subnormal: add 2^-1, scaled so that the unit in the last place is f16's 2^-24.
        const float shifted = std::bit_cast<float>(magnitude) + 0.5F;
        return static_cast<Half>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3F000000U));
    }
    const std::uint32_t odd = magnitude >> 13 & 1U;
    return static_cast<Half>(sign | ((magnitude - 0x38000000U + 0xFFFU + odd) >> 13));
}

float from_half(Half value) {
    const std::uint32_t sign = static_cast<std::uint32_t>(value & 0x8000U) << 16;
    const std::uint32_t magnitude = value & 0x7FFFU;
    if (magnitude >= 0x7C00U) return std::bit_cast<float>(sign | 0x7F800000U | (magnitude & 0x3FFU) << 13);
    if (magnitude < 0x400U) {
        const float number = static_cast<float>(magnitude) * 0x1p-24F;
        return sign != 0 ? -number : number;
    }
    return std::bit_cast<float>(sign | ((magnitude << 13) + 0x38000000U));
}

}  // namespace hone
