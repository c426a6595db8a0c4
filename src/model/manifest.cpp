// SPDX-License-Identifier: GPL-3.0-or-later
// Reads, writes and verifies manifests of image-text models.
#include "model/manifest.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/json_numbers.hpp"
#include "base/sha256.hpp"
#include "model/manifest_fields.hpp"

namespace hone {

using nlohmann::json;

namespace {

constexpr std::pair<std::string_view, Precision> kPrecisions[] = {
    {"f32", Precision::kF32}, {"fp16", Precision::kFp16}, {"int8", Precision::kInt8}};
constexpr std::pair<std::string_view, ResizeMode> kResizeModes[] = {
    {"squash", ResizeMode::kSquash},
    {"shortest-edge", ResizeMode::kShortestEdge},
    {"longest-edge", ResizeMode::kLongestEdge}};
constexpr std::pair<std::string_view, TokenizerKind> kTokenizers[] = {
    {"bpe", TokenizerKind::kBpe},
    {"wordpiece", TokenizerKind::kWordPiece},
    {"sentencepiece", TokenizerKind::kSentencePiece}};
constexpr std::string_view kFilters[] = {"bicubic", "bilinear", "lanczos"};

template <typename Value, std::size_t count>
Value parse_name(const std::pair<std::string_view, Value> (&table)[count], const std::string& text,
                 const char* field) {
    for (const auto& [name, value] : table) {
        if (name == text) return value;
    }
    throw BadField{fmt::format("{} has the unknown value '{}'", field, text)};
}

template <typename Value, std::size_t count>
std::string_view name_of(const std::pair<std::string_view, Value> (&table)[count], Value value) {
    for (const auto& [name, known] : table) {
        if (known == value) return name;
    }
    return "";
}

std::map<Precision, ModelFile> parse_files(const json& entries) {
    std::map<Precision, ModelFile> files;
    for (const auto& [name, entry] : entries.items())
        files.emplace(parse_name(kPrecisions, name, "files"), parse_model_file(entry));
    if (files.empty()) throw BadField{"files is empty"};
    return files;
}

int positive(const json& object, const char* field, unsigned largest) {
    const json& value = object.at(field);
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() < 1 || value.get<std::uint64_t>() > largest)
        throw BadField{
            fmt::format("{} is {}, not a whole number between 1 and {}", field, value.dump(), largest)};
    return value.get<int>();
}

ImageTower parse_image(const json& object) {
    ImageTower tower;
    tower.input = object.at("input").get<std::string>();
    tower.output = object.at("output").get<std::string>();
    tower.width = positive(object, "width", 4096);
    tower.height = positive(object, "height", 4096);
    tower.resize = parse_name(kResizeModes, object.value("resize", "shortest-edge"), "image.resize");
    tower.resample = object.value("resample", "bicubic");
    if (std::ranges::find(kFilters, tower.resample) == std::end(kFilters)) {
        throw BadField{fmt::format("image.resample has the unknown value '{}'", tower.resample)};
    }
    tower.mean = object.at("mean").get<std::array<float, 3>>();
    tower.std = object.at("std").get<std::array<float, 3>>();
    if (std::ranges::any_of(tower.std, [](float value) { return !(value > 0) || std::isinf(value); }))
        throw BadField{"image.std must be above 0"};
    if (!std::ranges::all_of(tower.mean, [](float value) { return std::isfinite(value); }))
        throw BadField{"image.mean is too large"};
    if (object.contains("pad")) {
        for (std::size_t channel = 0; channel < tower.pad.size(); ++channel)
            tower.pad[channel] = whole_number<std::uint8_t>(object["pad"].at(channel));
    }
    tower.files = parse_files(object.at("files"));
    return tower;
}

TextTower parse_text(const json& object) {
    TextTower tower;
    tower.input_ids = object.at("input_ids").get<std::string>();
    tower.output = object.at("output").get<std::string>();
    if (object.contains("attention_mask") && !object["attention_mask"].is_null()) {
        tower.attention_mask = object["attention_mask"].get<std::string>();
    }
    const json& tokenizer = object.at("tokenizer");
    tower.tokenizer = parse_name(kTokenizers, tokenizer.at("kind").get<std::string>(), "text.tokenizer.kind");
    tower.tokenizer_file = parse_model_file(tokenizer);
    const auto optional_id = [&](const char* field) -> std::optional<std::int64_t> {
        if (!tokenizer.contains(field) || tokenizer[field].is_null()) return std::nullopt;
        return whole_number<std::int64_t>(tokenizer[field]);
    };
    tower.bos_id = optional_id("bos_id");
    tower.eos_id = optional_id("eos_id");
    tower.id_offset = whole_number<std::int32_t>(tokenizer, "id_offset", 0);
    tower.context = positive(object, "context", 1 << 16);
    tower.pad_to_context = object.value("pad_to_context", false);
    tower.pad_id = whole_number<std::int64_t>(object, "pad_id", 0);
    tower.lowercase = object.value("lowercase", false);
    tower.files = parse_files(object.at("files"));
    return tower;
}

json files_to_json(const std::map<Precision, ModelFile>& files) {
    json object = json::object();
    for (const auto& [precision, file] : files) {
        object[std::string(precision_name(precision))] = {
            {"path", file.path}, {"sha256", file.sha256}, {"bytes", file.bytes}};
    }
    return object;
}

}  // namespace

std::string_view precision_name(Precision precision) {
    return name_of(kPrecisions, precision);
}

Result<Precision> parse_precision(std::string_view name) {
    for (const auto& [known, value] : kPrecisions) {
        if (known == name) return value;
    }
    return fail(ErrorKind::kUsage, "unknown precision '{}'; the precisions are f32, fp16 and int8", name);
}

Precision Manifest::best_precision(const std::map<Precision, ModelFile>& files,
                                   std::optional<Precision> wanted) const {
    if (wanted && files.contains(*wanted)) return *wanted;
    return files.contains(Precision::kF32) ? Precision::kF32 : files.begin()->first;
}

std::string Manifest::fingerprint(Precision image_precision) const {
    const std::string recipe =
        fmt::format("{} {} {}x{} {} {} {} {}", image.files.at(image_precision).sha256, dimension, image.width,
                    image.height, name_of(kResizeModes, image.resize), image.resample,
                    fmt::join(image.mean, ","), fmt::join(image.std, ","));
    return to_hex(sha256(recipe)).substr(0, 16);
}

bool is_model_name(std::string_view name) {
    const auto plain = [](unsigned char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !name.empty() && name.size() <= 100 && plain(name.front()) &&
           std::ranges::all_of(name,
                               [&](unsigned char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
}

std::string manifest_role(const fs::path& directory) {
    const auto text = read_text(directory / "manifest.json", 1 << 20);
    if (!text) return "";
    const json object = json::parse(*text, nullptr, false);
    if (!object.is_object()) return "";
    const auto role = object.find("role");
    if (role == object.end()) return "image-text";
    return role->is_string() ? role->get<std::string>() : "";
}

Result<Manifest> read_manifest(const fs::path& directory) {
    const fs::path path = directory / "manifest.json";
    HONE_TRY(const std::string text, read_text(path, 1 << 20));
    try {
        const json object = json::parse(text);
        if (whole_number<int>(object.at("format")) != 1)
            throw BadField{"format is not 1: made for a newer Hone"};
        Manifest manifest;
        manifest.directory = directory;
        manifest.name = object.at("name").get<std::string>();
        if (!is_model_name(manifest.name))
            throw BadField{fmt::format("the name '{}' is not of the form [a-z0-9._-]+", manifest.name)};
        manifest.role = object.value("role", "image-text");
        if (manifest.role != "image-text")
            throw BadField{fmt::format("the role '{}' is not known to this version", manifest.role)};
        manifest.title = object.value("title", manifest.name);
        manifest.licence = object.value("licence", "unknown");
        manifest.source = object.value("source", "");
        manifest.dimension = positive(object, "dimension", 1 << 16);
        manifest.image = parse_image(object.at("image"));
        manifest.text = parse_text(object.at("text"));
        if (object.contains("calibration")) {
            const json& calibration = object["calibration"];
            ScoreCalibration& found = manifest.calibration.emplace();
            found.likely = calibration.at("likely").get<double>();
            found.slope = calibration.at("slope").get<double>();
            if (calibration.contains("sure")) {
                found.sure = calibration["sure"].get<double>();
                if (*found.sure < found.likely) throw BadField{"calibration: sure is less than likely"};
            }
        }
        return manifest;
    } catch (const BadField& bad) {
        return fail("broken manifest {}: {}", printable(path), bad.message);
    } catch (const json::exception& error) {
        return fail("broken manifest {}: {}", printable(path), error.what());
    }
}

std::string precisions_of(const Manifest& manifest) {
    std::vector<std::string_view> names;
    for (const auto& [precision, file] : manifest.image.files) names.push_back(precision_name(precision));
    return fmt::format("{}", fmt::join(names, ","));
}

json to_json(const Manifest& manifest) {
    const ImageTower& image = manifest.image;
    const TextTower& text = manifest.text;
    json tokenizer = {{"kind", name_of(kTokenizers, text.tokenizer)},
                      {"path", text.tokenizer_file.path},
                      {"sha256", text.tokenizer_file.sha256},
                      {"bytes", text.tokenizer_file.bytes}};
    if (text.bos_id) tokenizer["bos_id"] = *text.bos_id;
    if (text.eos_id) tokenizer["eos_id"] = *text.eos_id;
    if (text.id_offset != 0) tokenizer["id_offset"] = text.id_offset;
    json object = {{"format", 1},
                   {"name", manifest.name},
                   {"role", manifest.role},
                   {"title", manifest.title},
                   {"licence", manifest.licence},
                   {"source", manifest.source},
                   {"dimension", manifest.dimension},
                   {"image",
                    {{"input", image.input},
                     {"output", image.output},
                     {"width", image.width},
                     {"height", image.height},
                     {"resize", name_of(kResizeModes, image.resize)},
                     {"resample", image.resample},
                     {"mean", image.mean},
                     {"std", image.std},
                     {"pad", image.pad},
                     {"files", files_to_json(image.files)}}},
                   {"text",
                    {{"input_ids", text.input_ids},
                     {"attention_mask", text.attention_mask ? json(*text.attention_mask) : json()},
                     {"output", text.output},
                     {"tokenizer", tokenizer},
                     {"context", text.context},
                     {"pad_to_context", text.pad_to_context},
                     {"pad_id", text.pad_id},
                     {"lowercase", text.lowercase},
                     {"files", files_to_json(text.files)}}}};
    if (manifest.calibration) {
        json& calibration = object["calibration"];
        calibration = {{"likely", manifest.calibration->likely}, {"slope", manifest.calibration->slope}};
        if (manifest.calibration->sure) calibration["sure"] = *manifest.calibration->sure;
    }
    return object;
}

Result<> write_manifest(const Manifest& manifest) {
    return write_file_atomically(manifest.directory / "manifest.json", to_json(manifest).dump(2) + "\n");
}

Result<> verify_files(const Manifest& manifest) {
    std::vector<const ModelFile*> files{&manifest.text.tokenizer_file};
    for (const auto* tower : {&manifest.image.files, &manifest.text.files}) {
        for (const auto& [precision, file] : *tower) files.push_back(&file);
    }
    return verify_model_files(manifest.directory, manifest.name, files);
}

ModelFile parse_model_file(const json& entry) {
    const std::string path = entry.at("path").get<std::string>();
    const fs::path relative = fs::path(path).lexically_normal();
    if (path.empty() || relative.is_absolute() || *relative.begin() == "..")
        throw BadField{fmt::format("the file '{}' is outside of the model's folder", path)};
    return {path, entry.value("sha256", ""), whole_number<std::uint64_t>(entry, "bytes", 0)};
}

Result<> verify_model_files(const fs::path& directory, const std::string& model,
                            std::span<const ModelFile* const> files) {
    for (const ModelFile* file : files) {
        const fs::path path = directory / file->path;
        HONE_TRY(const Sha256 digest, sha256_file(path));
        if (!file->sha256.empty() && to_hex(digest) != file->sha256) {
            return fail(
                "{} is damaged: its SHA-256 is {}, the manifest of {} says {}; add or pull the model again",
                printable(path), to_hex(digest), model, file->sha256);
        }
    }
    return {};
}

}  // namespace hone
