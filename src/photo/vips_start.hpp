// Starts libvips once for the process; every file that calls libvips calls this first. Safe from any thread.
#pragma once

namespace hone {

void start_vips();

}  // namespace hone
