// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a file name: no date, or one within the years that the rules allow.
#include "photo/file_name_date.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto date = hone::date_from_name({reinterpret_cast<const char*>(data), size});
    if (!date) return 0;
    constexpr std::int64_t kFirst = -2'208'988'800, kAfter = 4'133'980'800;  // 1900-01-01, 2101-01-01
    if (date->local_seconds < kFirst || date->local_seconds >= kAfter) __builtin_trap();
    if (!date->has_time && date->local_seconds % 86'400 != 0) __builtin_trap();
    return 0;
}
