// SPDX-License-Identifier: GPL-3.0-or-later
// Starts libvips once per process. Every file that calls libvips calls this first. Safe from any thread.
#pragma once

namespace hone {

void start_vips();

}  // namespace hone
