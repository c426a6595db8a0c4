// Starts Exiv2 once for the process; every file that calls Exiv2 calls this first. Safe from any thread.
#pragma once

namespace hone {

void start_exiv2();

}  // namespace hone
