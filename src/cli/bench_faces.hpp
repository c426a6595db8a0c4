// SPDX-License-Identifier: GPL-3.0-or-later
// `hone bench faces`: accuracy and speed of face detection and comparison. For the main thread only.
#pragma once

#include <string>

#include "cli/context.hpp"

namespace hone {

struct FacesBenchFlags {
    std::string pairs;   // a file of lines: path_a path_b same|different
    std::string photos;  // a folder: measures the whole analyzer against its networks
    std::string models;  // a folder of model folders; empty: the usual ones
    std::string model;   // name of a face pack
    // Number of synthetic faces for the grouping.
    std::size_t synthetic = 0;
};

// Runs the benchmarks that the flags select. kUsage when there is none.
Result<> bench_faces(const FacesBenchFlags& flags, const GlobalOptions& options);

}  // namespace hone
