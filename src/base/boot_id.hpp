// SPDX-License-Identifier: GPL-3.0-or-later
// Tells whether the machine has started again since a file was written.
#pragma once

#include <array>

namespace hone {

// As a mapped file's header holds it: 36 characters, then zeros.
using BootId = std::array<char, 40>;

// Returns the id of this start of the machine; all zeros where the system has none. Safe from any thread.
BootId boot_id();

}  // namespace hone
