// SPDX-License-Identifier: GPL-3.0-or-later
// Turns off OpenCV's own threads, because Hone analyses photos on parallel threads. Call it before the first
// use of OpenCV; it is cheap and safe from any thread.
#pragma once

namespace hone {

void start_opencv();

}  // namespace hone
