// SPDX-License-Identifier: GPL-3.0-or-later
// Shared by the commands about faces. For the main thread only.
#pragma once

#include "analyze/faces.hpp"
#include "cli/context.hpp"
#include "people/people.hpp"
#include "photo/sandbox/decoder_pool.hpp"

namespace hone {

// Keys of settings in the catalogue (hone config).
inline constexpr const char* kFacesSetting = "faces";                 // on, off
inline constexpr const char* kAgeGenderSetting = "faces.age_gender";  // on, off
inline constexpr const char* kFaceSideSetting = "faces.side";         // pixels; 0: as in the model's manifest
inline constexpr const char* kFaceModelSetting = "faces.model";       // name of a face pack

// kUnavailable, with the reason, when faces are switched off or no face model is installed.
Result<std::unique_ptr<FaceAnalyzer>> open_faces(const Library& library);
// Returns the faces in a file, inside or outside a library. kFailed when it cannot be read or decoded.
Result<std::vector<FoundFace>> find_faces(const fs::path& photo, FaceAnalyzer& analyzer,
                                          DecoderPool& decoders);
// faces: null without a face model.
std::unique_ptr<People> open_people(const Library& library, const FaceAnalyzer* faces);

}  // namespace hone
