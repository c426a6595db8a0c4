// What commands need to speak of faces.
#pragma once

#include "analyze/faces.hpp"
#include "cli/context.hpp"
#include "people/people.hpp"
#include "photo/sandbox/decoder_pool.hpp"

namespace hone {

// Settings in the catalogue (hone config).
inline constexpr const char* kFacesSetting = "faces";                 // on, off
inline constexpr const char* kAgeGenderSetting = "faces.age_gender";  // on, off
inline constexpr const char* kFaceSideSetting = "faces.side";         // pixels; 0: as the model says
inline constexpr const char* kFaceModelSetting = "faces.model";       // a face pack's name

// kUnavailable with the reason when faces are switched off or no face model is there.
Result<std::unique_ptr<FaceAnalyzer>> open_faces(const Library& library);
// The faces of a file, whether a library holds it or not.
Result<std::vector<FoundFace>> find_faces(const fs::path& photo, FaceAnalyzer& analyzer,
                                          DecoderPool& decoders);
// faces: nullptr when there is none.
std::unique_ptr<People> open_people(const Library& library, const FaceAnalyzer* faces);

}  // namespace hone
