// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/boot_id.hpp"

#include <algorithm>

#include "base/file.hpp"

namespace hone {

BootId boot_id() {
    constexpr std::size_t kLength = 36;  // of a UUID
    BootId id{};
    if (const auto text = read_text("/proc/sys/kernel/random/boot_id"))
        std::copy_n(text->begin(), std::min(text->size(), kLength), id.begin());
    return id;
}

}  // namespace hone
