// SPDX-License-Identifier: GPL-3.0-or-later
// Face packs: networks that find faces, distinguish people, and estimate age and gender. A pack is a manifest
// of role "faces" (docs/formats/model-manifest.md).
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
    float x = 0, y = 0;  // pixels; pixel centres are at integers
};
// Eye on the image's left, eye on its right, tip of the nose, left and right corner of the mouth.
using Landmarks = std::array<Point, 5>;

// The pixel format of a network's input: (value - mean) / std, for values 0..255.
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
    int side = 640;      // pixels; a longer image is reduced to this longer side, never enlarged
    int multiple = 32;   // pixels; each side is padded to a multiple of it with zeros, right and below
    bool fixed = false;  // pads to side x side
    float score = 0.5F, iou = 0.3F;
    // Role -> output name in the network; a missing role has its own name.
    std::map<std::string, std::string> outputs;
};

struct EmbedderManifest {
    ModelFile file;
    PixelInput input;
    std::string output = "embedding";
    int size = 150;  // pixels, the side of the aligned face
    Landmarks in_chip{};
    int dimension = 128;
    bool cosine = false;  // false: Euclidean distance of the raw vectors
    // Distances below which two faces belong to one person: in a single comparison, and as a link of a group.
    // The manifests of cosine networks give similarities; here they are Euclidean distances of unit vectors.
    double same = 0.55, link = 0.51;
};

struct AgeGenderManifest {
    ModelFile file;
    PixelInput input;
    int size = 112;
    float crop = 0.95F;       // side of the upright square, as a fraction of the box's longer side
    std::string age, gender;  // names of the outputs
    std::size_t age_index = 0;
    std::size_t gender_index = 0;
    bool gender_is_male = true;  // the value at gender_index is the probability of male; false: of female
    struct Range {
        float estimate, low, high;
    };
    std::vector<Range> ranges;  // estimate -> displayed range, in years; linear between two entries
};

struct FacePack {
    std::string name, title, licence, source;
    fs::path directory;
    std::map<std::string, std::string> hub;  // part of the manifest -> repository[@revision] with its file
    DetectorManifest detector;
    std::optional<EmbedderManifest> embedder;
    std::optional<AgeGenderManifest> age_gender;

    // Identifies the networks. Vectors of different fingerprints are never compared.
    [[nodiscard]] std::string fingerprint() const;
};

// Reads the manifest, not the networks. kFailed when a field is wrong; the message names it. Safe from any
// thread.
Result<FacePack> read_face_pack(const fs::path& directory);
// Returns the pack called `name`; with an empty name "faces-default", else the first. kNotFound for an
// unknown name; kUnavailable, with instructions, when there is no usable pack. Safe from any thread.
Result<FacePack> find_face_pack(std::span<const fs::path> directories, const std::string& name = "");
// Lists all face packs in the order of the directories, then by name. A name that occurs twice is listed
// once: the first whose networks are present wins. Safe from any thread.
struct StoredFacePack {
    Result<FacePack> pack;  // or the reason why it is not usable
    fs::path directory;
    bool is_complete = false;  // all its files are present
    // The detector's file is present; else the manifest is a recipe for pull_face_pack().
    bool is_usable = false;
};
std::vector<StoredFacePack> list_face_packs(std::span<const fs::path> directories);
// Fetches the networks of a recipe from its repositories and writes `into`/NAME, all or nothing, with sizes
// and SHA-256 in the manifest. Continues partial downloads. Calls `progress` on the calling thread. kFailed
// when a download fails or a file is wrong.
Result<FacePack> pull_face_pack(const FacePack& recipe, const fs::path& into,
                                const std::function<void(const HubProgress&)>& progress);
// Compares size and SHA-256 of every file. kFailed names the first that differs. Safe from any thread.
Result<> verify_files(const FacePack& pack);

struct AgeRange {
    int low = 0, high = 0;  // years, both included
};
// Returns the displayed range of an age estimate in years. Pure function.
AgeRange age_range(const AgeGenderManifest& manifest, float estimate);

}  // namespace hone
