// What Hone knows of a network: docs/formats/model-manifest.md.
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
Result<Precision> parse_precision(std::string_view name);

struct ModelFile {
    std::string path;  // relative to the manifest
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
    int context = 77;             // tokens, specials included
    bool pad_to_context = false;  // the network's sequence axis is fixed
    std::int64_t pad_id = 0;
    bool lowercase = false;
    // SentencePiece only: ids put around the pieces, and what is added to every piece's id (XLM-R: 1).
    std::optional<std::int64_t> bos_id, eos_id;
    std::int64_t id_offset = 0;
    std::map<Precision, ModelFile> files;
};

// probability = 1 / (1 + exp(-slope (cosine - likely))): the cosine of words and picture at which half of
// such pairs fit.
struct ScoreCalibration {
    double likely = 0.30, slope = 14.0;
};

struct Manifest {
    std::string name, role = "image-text", title, licence, source;
    int dimension = 0;
    ImageTower image;
    TextTower text;
    std::optional<ScoreCalibration> calibration;
    fs::path directory;  // where manifest.json lies; not part of the file

    // The wanted precision when the tower has it, else f32, else whatever there is.
    [[nodiscard]] Precision best_precision(const std::map<Precision, ModelFile>& files,
                                           std::optional<Precision> wanted) const;
    // Names the image tower's exact numbers: vectors of different fingerprints are never compared.
    [[nodiscard]] std::string fingerprint(Precision image_precision) const;
};

// "image-text", "faces", or "" when there is no manifest that says so.
std::string manifest_role(const fs::path& directory);

// Fails with the field that is wrong. Does not read the network files.
Result<Manifest> read_manifest(const fs::path& directory);
Result<> write_manifest(const Manifest& manifest);
nlohmann::json to_json(const Manifest& manifest);

// Compares size and SHA-256 of every file that the manifest names; the error names the first that differs.
Result<> verify_files(const Manifest& manifest);

bool is_model_name(std::string_view name);  // [a-z0-9][a-z0-9._-]*

}  // namespace hone
