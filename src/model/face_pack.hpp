// Networks that find faces, tell people apart and estimate age and gender: a manifest of role "faces"
// (docs/formats/model-manifest.md).
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/manifest.hpp"
#include "model/session.hpp"
#include "photo/box.hpp"

namespace hone {

struct HubProgress;

struct Point {
    float x = 0, y = 0;  // pixels; pixel centres lie at whole numbers
};
// Eye on the image's left, eye on its right, tip of the nose, corner of the mouth left, right.
using Landmarks = std::array<Point, 5>;

// How a network wants its pixels: (value - mean) / std of 0..255.
struct PixelInput {
    std::string name = "input";
    bool interleaved = false;  // N x H x W x 3 ("nhwc"), else N x 3 x H x W
    bool blue_first = false;
    std::array<float, 3> mean{0, 0, 0}, std{1, 1, 1};
};

enum class DetectorKind { kCenterFace, kYuNet, kYolo };

struct DetectorManifest {
    DetectorKind kind = DetectorKind::kCenterFace;
    ModelFile file;
    PixelInput input;
    int side = 640;      // the picture's longer side is reduced to it, never enlarged
    int multiple = 32;   // padded with zeros, right and below
    bool fixed = false;  // to side x side
    float score = 0.5F, iou = 0.3F;
    std::map<std::string, std::string> outputs;  // role -> name in the network; a role's own name when absent
};

struct EmbedderManifest {
    ModelFile file;
    PixelInput input;
    std::string output = "embedding";
    int size = 150;  // pixels of the aligned face
    Landmarks in_chip{};
    int dimension = 128;
    bool cosine = false;  // else Euclidean distance of the vectors as they are
    // Distance below which two faces are one person: a single comparison, links of a grouping. Of cosine
    // networks the manifest gives similarities; here they are distances of vectors of length 1.
    double same = 0.55, link = 0.51;
};

struct AgeGenderManifest {
    ModelFile file;
    PixelInput input;
    int size = 112;
    float crop = 0.95F;       // side of the upright square against the longer side of the box
    std::string age, gender;  // outputs
    std::size_t age_index = 0;
    std::size_t gender_index = 0;
    bool gender_is_male = true;  // what the number at gender_index is the probability of
    struct Range {
        float estimate, low, high;
    };
    std::vector<Range> ranges;  // what is shown for an estimate; between two entries by straight lines
};

struct FacePack {
    std::string name, title, licence, source;
    fs::path directory;
    std::map<std::string, std::string>
        hub;  // part of the manifest -> repository[@revision] that has its file
    DetectorManifest detector;
    std::optional<EmbedderManifest> embedder;
    std::optional<AgeGenderManifest> age_gender;

    // Vectors of different fingerprints are never compared.
    [[nodiscard]] std::string fingerprint() const;
};

// Fails with the field that is wrong.
Result<FacePack> read_face_pack(const fs::path& directory);
// kUnavailable with what to do when there is none. name: a certain one, else "faces-default", else the first.
Result<FacePack> find_face_pack(std::span<const fs::path> directories, const std::string& name = "");
// All face packs, in the order of the directories, then by name; a name that is there twice is listed once,
// the first whose networks are there wins.
struct StoredFacePack {
    Result<FacePack> pack;  // or why it cannot be used
    fs::path directory;
    bool is_complete = false;  // all its files are there
    bool is_usable = false;    // the detector's is; else the manifest is a recipe for pull_face_pack()
};
std::vector<StoredFacePack> list_face_packs(std::span<const fs::path> directories);
// Fetches the networks of a recipe from the repositories it names and makes `into`/NAME of them, whole or not
// at all, with their sizes and SHA-256 in the manifest. Partial downloads are continued.
Result<FacePack> pull_face_pack(const FacePack& recipe, const fs::path& into,
                                const std::function<void(const HubProgress&)>& progress);
// Compares sizes and SHA-256 as verify_files() does.
Result<> verify_files(const FacePack& pack);

struct AgeRange {
    int low = 0, high = 0;  // years, both included
};
AgeRange age_range(const AgeGenderManifest& manifest, float estimate);

}  // namespace hone
