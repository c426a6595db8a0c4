// OpenCV's own threads are off: photos are analyzed side by side by our threads. Called before its first use;
// cheap, safe from any thread.
#pragma once

namespace hone {

void start_opencv();

}  // namespace hone
