// SPDX-License-Identifier: GPL-3.0-or-later
// A model of three dimensions without files, for tests that need no network.
#pragma once

#include "model/manifest.hpp"

namespace hone::test {

inline Manifest manifest_by_hand() {
    Manifest manifest;
    manifest.name = "by-hand";
    manifest.dimension = 3;
    manifest.image.files[Precision::kF32] = {"none", "none", 0};
    manifest.text.files[Precision::kF32] = {"none", "none", 0};
    return manifest;
}

}  // namespace hone::test
