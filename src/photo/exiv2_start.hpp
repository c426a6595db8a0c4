// SPDX-License-Identifier: GPL-3.0-or-later
// Starts Exiv2 once per process. Every file that calls Exiv2 calls this first. Safe from any thread.
#pragma once

namespace hone {

void start_exiv2();

}  // namespace hone
