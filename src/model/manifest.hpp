// SPDX-License-Identifier: GPL-3.0-or-later
// The description of an image-text model: docs/formats/model-manifest.md. The functions are safe from any
// thread.
#pragma once

#include <array>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.hpp"

namespace hone {

enum class Precision { kF32, kFp16, kInt8 };
std::string_view precision_name(Precision precision);  // "f32", "fp16", "int8"
// kUsage for an unknown name.
Result<Precision> parse_precision(std::string_view name);

struct ModelFile {
    std::string path;  // relative to the manifest's folder
    std::string sha256;
    std::uint64_t bytes = 0;
};

enum class ResizeMode { kSquash, kShortestEdge, kLongestEdge };
enum class TokenizerKind { kBpe, kWordPiece, kSentencePiece };

struct ImageTower {
    std::string input, output;
    int width = 0, height = 0;  // pixels of the network's input
    ResizeMode resize = ResizeMode::kShortestEdge;
    std::string resample = "bicubic";
    std::array<float, 3> mean{}, std{};
    std::array<std::uint8_t, 3> pad{};
    std::map<Precision, ModelFile> files;
};

struct TextTower {
    std::string input_ids, output;
    std::optional<std::string> attention_mask;
    TokenizerKind tokenizer = TokenizerKind::kBpe;
    ModelFile tokenizer_file;
    int context = 77;             // tokens, including the special ones
    bool pad_to_context = false;  // true when the network's sequence axis is fixed
    std::int64_t pad_id = 0;
    bool lowercase = false;
    // SentencePiece only: ids around the pieces, and the offset added to every piece's id (XLM-R: 1).
    std::optional<std::int64_t> bos_id, eos_id;
    std::int64_t id_offset = 0;
    std::map<Precision, ModelFile> files;
};

// probability = 1 / (1 + exp(-slope (cosine - likely))). likely: the cosine of text and image at which half
// of such pairs match, when some photo of the library matches. sure: the cosine, at least `likely`, that the
// best photo has when some photo matches; when it has less, `sure` takes the place of `likely`, and no photo
// is likely.
struct ScoreCalibration {
    double likely = 0.30, slope = 14.0;
    std::optional<double> sure;
};

struct Manifest {
    std::string name, role = "image-text", title, licence, source;
    int dimension = 0;
    ImageTower image;
    TextTower text;
    std::optional<ScoreCalibration> calibration;
    fs::path directory;  // of manifest.json; not part of the file

    // Returns the preferred precision when the tower has it, else f32, else any.
    [[nodiscard]] Precision best_precision(const std::map<Precision, ModelFile>& files,
                                           std::optional<Precision> wanted) const;
    // Identifies the image tower's exact output. Vectors of different fingerprints are never compared.
    [[nodiscard]] std::string fingerprint(Precision image_precision) const;
};

// Returns "image-text", "faces", or "" without a manifest of a known role.
std::string manifest_role(const fs::path& directory);

// Reads manifest.json, not the networks. kFailed when a field is wrong; the message names it.
Result<Manifest> read_manifest(const fs::path& directory);
// Writes manifest.json into the manifest's directory. kFailed when the disk refuses.
Result<> write_manifest(const Manifest& manifest);
nlohmann::json to_json(const Manifest& manifest);
// The precisions of the image tower's files: "f32,int8".
std::string precisions_of(const Manifest& manifest);

// Compares size and SHA-256 of every file in the manifest. kFailed names the first that differs.
Result<> verify_files(const Manifest& manifest);

bool is_model_name(std::string_view name);  // [a-z0-9][a-z0-9._-]*

}  // namespace hone
