// hone bench faces.
#pragma once

#include <string>

#include "cli/context.hpp"

namespace hone {

struct FacesBenchFlags {
    std::string pairs;   // lines: path_a path_b same|different
    std::string photos;  // a folder: how quick the whole is beside its networks
    std::string models;  // a folder of model folders; empty: where the program looks
    std::string model;   // a face pack's name
    std::size_t synthetic = 0;
};

Result<> bench_faces(const FacesBenchFlags& flags, const GlobalOptions& options);

}  // namespace hone
