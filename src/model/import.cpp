// SPDX-License-Identifier: GPL-3.0-or-later
// Recognises the layouts of image-text networks and derives their manifests.
#include "model/import.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json_numbers.hpp"
#include "base/sha256.hpp"
#include "model/image_text_model.hpp"
#include "model/preprocess.hpp"
#include "model/session.hpp"
#include "model/tokenizer_json.hpp"

namespace hone {

using nlohmann::json;

namespace {

// File name suffixes by which Optimum and Transformers.js mark the number format of a network.
constexpr std::pair<std::string_view, Precision> kSuffixes[] = {{"", Precision::kF32},
                                                                {"_fp16", Precision::kFp16},
                                                                {"_quantized", Precision::kInt8},
                                                                {"_int8", Precision::kInt8},
                                                                {"_uint8", Precision::kInt8}};

bool is_file(const fs::path& path) {
    std::error_code error;
    return fs::is_regular_file(path, error);
}

Result<json> read_json(const fs::path& path) {
    HONE_TRY(const std::string text, read_text(path));
    json value = json::parse(text, nullptr, false);
    if (value.is_discarded() || !value.is_object()) return fail("{} is not JSON", printable(path));
    return value;
}

json read_optional_json(const fs::path& path) {
    return read_json(path).value_or(json::object());
}

Result<ModelFile> describe_file(const fs::path& directory, const std::string& path) {
    HONE_TRY(const Sha256 digest, sha256_file(directory / path));
    std::error_code error;
    return ModelFile{path, to_hex(digest), fs::file_size(directory / path, error)};
}

Result<std::map<Precision, ModelFile>> describe_variants(const fs::path& directory, const std::string& stem) {
    std::map<Precision, ModelFile> files;
    for (const auto& [suffix, precision] : kSuffixes) {
        const std::string path = fmt::format("{}{}.onnx", stem, suffix);
        if (!is_file(directory / path) || files.contains(precision)) continue;
        HONE_TRY(ModelFile file, describe_file(directory, path));
        files.emplace(precision, std::move(file));
    }
    return files;
}

std::string pillow_filter(int number) {
    return number == 1 ? "lanczos" : number == 2 ? "bilinear" : "bicubic";
}  // PIL.Image.Resampling

std::array<float, 3> three(const json& value, float otherwise) {
    if (value.is_array() && value.size() == 3) return value.get<std::array<float, 3>>();
    return {otherwise, otherwise, otherwise};
}

// Hugging Face's preprocessor_config.json.
void read_preprocessor(const json& config, ImageTower& tower) {
    const json size = config.value("size", json(224));
    const bool cropped = config.value("do_center_crop", false);
    if (size.is_number()) {
        tower.width = tower.height = whole_number<int>(size);
        tower.resize = cropped ? ResizeMode::kShortestEdge : ResizeMode::kSquash;
    } else if (size.contains("shortest_edge")) {
        tower.width = tower.height = whole_number<int>(size["shortest_edge"]);
        tower.resize = ResizeMode::kShortestEdge;
    } else {
        tower.width = whole_number(size, "width", 224);
        tower.height = whole_number(size, "height", 224);
        tower.resize = ResizeMode::kSquash;
    }
    tower.resample = pillow_filter(whole_number(config, "resample", 3));
    const bool normalized = config.value("do_normalize", true);
    tower.mean = three(normalized ? config.value("image_mean", json()) : json(), 0.0F);
    tower.std = three(normalized ? config.value("image_std", json()) : json(), 1.0F);
}

// open_clip's preprocess_cfg.json, which Immich ships.
void read_preprocess_cfg(const json& config, ImageTower& tower) {
    const json size = config.value("size", json(224));
    tower.height = whole_number<int>(size.is_array() ? size.at(0) : size);
    tower.width = whole_number<int>(size.is_array() ? size.at(1) : size);
    const std::string mode = config.value("resize_mode", "shortest");
    tower.resize = mode == "squash"    ? ResizeMode::kSquash
                   : mode == "longest" ? ResizeMode::kLongestEdge
                                       : ResizeMode::kShortestEdge;
    tower.resample = config.value("interpolation", "bicubic") == "bilinear" ? "bilinear" : "bicubic";
    tower.mean = three(config.value("mean", json()), 0.0F);
    tower.std = three(config.value("std", json()), 1.0F);
    const auto fill = whole_number<std::uint8_t>(config, "fill_color", 0);
    tower.pad = {fill, fill, fill};
}

// Returns the folder of rclip's layout below `directory`; empty when there is none.
fs::path rclip_folder(const fs::path& directory) {
    std::error_code error;
    if (!is_file(directory / kClipMergesPath)) return {};
    for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
        if (is_file(it->path() / "visual.onnx") && is_file(it->path() / "textual.onnx")) return it->path();
    }
    return {};
}

// rclip names no precision; a quantized network says so in its operators.
Result<Precision> precision_of(const fs::path& network) {
    HONE_TRY(const std::string bytes, read_text(network));
    return bytes.contains("DynamicQuantizeLinear") ? Precision::kInt8 : Precision::kF32;
}

Result<> read_rclip(const fs::path& directory, const fs::path& folder, Manifest& manifest) {
    const auto add = [&](const char* name, std::map<Precision, ModelFile>& files) -> Result<> {
        HONE_TRY(const Precision precision, precision_of(folder / name));
        HONE_TRY(files[precision], describe_file(directory, (folder.filename() / name).string()));
        return {};
    };
    HONE_CHECK(add("visual.onnx", manifest.image.files));
    HONE_CHECK(add("textual.onnx", manifest.text.files));
    HONE_TRY(manifest.text.tokenizer_file, describe_file(directory, std::string(kClipMergesPath)));
    manifest.text.tokenizer = TokenizerKind::kBpe;
    // open_clip's preprocessing of its CLIP models (open_clip/constants.py); the size is the network's.
    manifest.image.resize = ResizeMode::kShortestEdge;
    manifest.image.mean = {0.48145466F, 0.4578275F, 0.40821073F};
    manifest.image.std = {0.26862954F, 0.26130258F, 0.27577711F};
    return {};
}

Result<> read_tokenizer(const fs::path& directory, const std::string& folder, const json& config,
                        TextTower& tower) {
    const std::string path = folder + "tokenizer.json";
    const json options = read_optional_json(directory / (folder + "tokenizer_config.json"));
    std::string type = "Unigram";  // without a tokenizer.json, the SentencePiece model next to it
    bool sentencepiece = true;
    std::optional<SpecialTokens> around;  // what tokenizer.json puts around a text
    if (is_file(directory / path)) {
        HONE_TRY(const json file, read_json(directory / path));
        const json model = file.value("model", json::object());
        type = model.value("type", model.contains("merges") ? "BPE" : "WordPiece");
        // BPE on whole characters, with ▁ for a space, is SentencePiece's (Gemma, NLLB); CLIP's works on
        // bytes.
        const bool on_bytes =
            file.contains("pre_tokenizer") && file["pre_tokenizer"].dump().contains("ByteLevel");
        sentencepiece = type == "Unigram" || (type == "BPE" && !on_bytes);
        if (sentencepiece && file.contains("post_processor") && file["post_processor"].is_object() &&
            file["post_processor"].value("type", "") == "TemplateProcessing") {
            HONE_TRY(around, read_special_tokens(file));
        }
    }
    if (!sentencepiece) {
        tower.tokenizer = type == "BPE" ? TokenizerKind::kBpe : TokenizerKind::kWordPiece;
        HONE_TRY(tower.tokenizer_file, describe_file(directory, path));
    } else {
        tower.tokenizer = TokenizerKind::kSentencePiece;
        for (const char* name : {"tokenizer.model", "spiece.model", "sentencepiece.bpe.model"}) {
            if (!is_file(directory / (folder + name))) continue;
            HONE_TRY(tower.tokenizer_file, describe_file(directory, folder + name));
            const bool xlm_r = std::string_view(name) == "sentencepiece.bpe.model";
            // XLM-R keeps fairseq's ids: <s> 0, <pad> 1, </s> 2, pieces shifted by one. T5 and Gemma end a
            // text with 1.
            if (xlm_r) tower.bos_id = 0;
            tower.eos_id = xlm_r ? 2 : 1;
            tower.id_offset = xlm_r ? 1 : 0;
            if (options.contains("add_eos_token") && !options["add_eos_token"].get<bool>())
                tower.eos_id.reset();
            tower.pad_id = xlm_r || std::string_view(name) == "spiece.model" ? 1 : 0;
            // NLLB begins with the language of the text.
            if (around && around->before.size() <= 1 && around->after.size() <= 1) {
                tower.bos_id = around->before.empty() ? std::nullopt : std::optional(around->before.front());
                tower.eos_id = around->after.empty() ? std::nullopt : std::optional(around->after.front());
            }
            break;
        }
        if (tower.tokenizer_file.path.empty()) {
            return fail(
                "no tokenizer in {}: there must be a tokenizer.json of BPE or WordPiece, or a SentencePiece "
                "tokenizer.model or spiece.model",
                printable(directory / folder));
        }
    }
    tower.lowercase = sentencepiece && options.value("do_lower_case", false);
    const json text_config = config.value("text_config", config.value("text_cfg", json::object()));
    if (text_config.contains("pad_token_id") && text_config["pad_token_id"].is_number_integer())
        tower.pad_id = whole_number<std::int64_t>(text_config["pad_token_id"]);
    tower.context = whole_number(text_config, "max_position_embeddings",
                                 whole_number(text_config, "context_length", sentencepiece ? 64 : 77));
    return {};
}

const Port* find_port(const std::vector<Port>& ports, std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
        for (const Port& port : ports) {
            if (port.name == name) return &port;
        }
    }
    return nullptr;
}

Result<std::unique_ptr<Session>> open_with_ports(const fs::path& network) {
    HONE_TRY(auto session, open_session(network, {}));
    if (session->inputs().empty() || session->outputs().empty())
        return fail("the network {} takes or gives no tensor", printable(network));
    return session;
}

Result<> see_image_tower(Manifest& manifest) {
    const ModelFile& file =
        manifest.image.files.at(manifest.best_precision(manifest.image.files, std::nullopt));
    HONE_TRY(const auto session, open_with_ports(manifest.directory / file.path));
    const Port* input = find_port(session->inputs(), {"pixel_values", "image", "pixels", "input"});
    if (input == nullptr) input = &session->inputs().front();
    const Port* output = find_port(
        session->outputs(), {"image_embeds", "pooler_output", "embedding", "image_features", "output"});
    if (output == nullptr) output = &session->outputs().front();
    if (input->shape.size() != 4 || (input->shape[1] != 3 && input->shape[1] > 0)) {
        return fail("{} takes no images of the shape [N, 3, height, width]",
                    printable(manifest.directory / file.path));
    }
    manifest.image.input = input->name;
    manifest.image.output = output->name;
    if (input->shape[2] > 0) manifest.image.height = static_cast<int>(input->shape[2]);
    if (input->shape[3] > 0) manifest.image.width = static_cast<int>(input->shape[3]);
    return {};
}

Result<> see_text_tower(Manifest& manifest) {
    const ModelFile& file =
        manifest.text.files.at(manifest.best_precision(manifest.text.files, std::nullopt));
    HONE_TRY(const auto session, open_with_ports(manifest.directory / file.path));
    const Port* input = find_port(session->inputs(), {"input_ids", "text", "tokens"});
    if (input == nullptr) input = &session->inputs().front();
    const Port* mask = find_port(session->inputs(), {"attention_mask"});
    const Port* output = find_port(session->outputs(),
                                   {"text_embeds", "pooler_output", "embedding", "text_features", "output"});
    if (output == nullptr) output = &session->outputs().front();
    if (input->shape.size() != 2)
        return fail("{} takes no rows of tokens", printable(manifest.directory / file.path));
    manifest.text.input_ids = input->name;
    manifest.text.output = output->name;
    if (mask != nullptr) manifest.text.attention_mask = mask->name;
    const std::int64_t length = input->shape[1];
    if (length > 0) manifest.text.context = static_cast<int>(length);
    // SigLIP was trained on padded rows without a mask and reads its result from the last position, so it
    // needs the padding.
    manifest.text.pad_to_context =
        length > 0 || (manifest.text.tokenizer == TokenizerKind::kSentencePiece && mask == nullptr);
    return {};
}

// Runs both towers once and sets the dimension.
Result<> see_dimension(Manifest& manifest) {
    const auto numbers = [&](const ModelFile& file, bool pictures) -> Result<std::size_t> {
        HONE_TRY(const auto session, open_session(manifest.directory / file.path, {}));
        const std::vector<float> picture(tensor_size(manifest.image));
        const std::vector<std::int64_t> tokens(manifest.text.pad_to_context ? manifest.text.context : 2, 1);
        const std::vector<std::int64_t> shape{1, static_cast<std::int64_t>(tokens.size())};
        std::vector<TensorView> inputs;
        if (find_port(session->inputs(), {pictures ? manifest.image.input : manifest.text.input_ids}) ==
                nullptr ||
            find_port(session->outputs(), {pictures ? manifest.image.output : manifest.text.output}) ==
                nullptr) {
            return fail("{} has no input {} or no output {}", file.path,
                        pictures ? manifest.image.input : manifest.text.input_ids,
                        pictures ? manifest.image.output : manifest.text.output);
        }
        for (const Port& port : session->inputs()) {
            // A combined network takes both; separate towers may use one name for their inputs.
            const bool is_picture =
                port.name == manifest.image.input && (pictures || port.name != manifest.text.input_ids);
            if (is_picture) {
                inputs.push_back({port.name,
                                  {1, 3, manifest.image.height, manifest.image.width},
                                  std::span<const float>(picture)});
            } else {
                inputs.push_back({port.name, shape, std::span<const std::int64_t>(tokens)});
            }
        }
        HONE_TRY(const Tensor output,
                 session->run(inputs, pictures ? manifest.image.output : manifest.text.output));
        if (output.shape.size() != 2)
            return fail("{} gives {} axes, not one vector per row", file.path, output.shape.size());
        return output.values.size();
    };
    HONE_TRY(const std::size_t of_pictures, numbers(manifest.image.files.begin()->second, true));
    HONE_TRY(const std::size_t of_words, numbers(manifest.text.files.begin()->second, false));
    if (of_pictures != of_words)
        return fail("the towers do not belong together: images give {} numbers, texts {}", of_pictures,
                    of_words);
    manifest.dimension = static_cast<int>(of_pictures);
    return {};
}

}  // namespace

std::string model_name_from(const std::string& text) {
    std::string name;
    for (const unsigned char c : text) {
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
            ((c == '.' || c == '_' || c == '-') && !name.empty()))
            name += static_cast<char>(c);
        else if (c >= 'A' && c <= 'Z')
            name += static_cast<char>(c + 32);
        else if (!name.empty() && name.back() != '-')
            name += '-';
    }
    while (!name.empty() && !(std::isalnum(static_cast<unsigned char>(name.back())))) name.pop_back();
    return name.empty() ? "model" : name.substr(0, 100);
}

Result<Manifest> describe_model(const fs::path& directory, const std::string& name) try {
    std::error_code error;
    if (!fs::is_directory(directory, error))
        return fail(ErrorKind::kUsage, "{} is not a folder with a model", printable(directory));
    if (is_file(directory / "manifest.json")) {
        HONE_TRY(Manifest manifest, read_manifest(directory));
        HONE_CHECK(verify_files(manifest));
        if (!name.empty()) manifest.name = name;
        const int promised = manifest.dimension;
        HONE_CHECK(see_dimension(manifest));
        if (manifest.dimension != promised) {
            return fail("the manifest in {} says {} numbers, its networks give {}; correct it",
                        printable(directory), promised, manifest.dimension);
        }
        return manifest;
    }
    Manifest manifest;
    manifest.directory = directory;
    manifest.name =
        name.empty() ? model_name_from(fs::absolute(directory).lexically_normal().filename().string()) : name;
    manifest.title = manifest.name;
    manifest.licence = "unknown";
    const json config = read_optional_json(directory / "config.json");
    HONE_TRY(manifest.image.files, describe_variants(directory, "onnx/vision_model"));
    std::string tokenizer_folder;
    if (!manifest.image.files.empty()) {
        HONE_TRY(manifest.text.files, describe_variants(directory, "onnx/text_model"));
        if (manifest.text.files.empty())
            return fail("{} has a vision_model but no text_model", printable(directory / "onnx"));
        HONE_TRY(const json preprocessor, read_json(directory / "preprocessor_config.json"));
        read_preprocessor(preprocessor, manifest.image);
    } else if (is_file(directory / "visual/model.onnx")) {
        HONE_TRY(manifest.image.files, describe_variants(directory, "visual/model"));
        HONE_TRY(manifest.text.files, describe_variants(directory, "textual/model"));
        if (manifest.text.files.empty())
            return fail("{} has visual/model.onnx but no textual/model.onnx", printable(directory));
        HONE_TRY(const json preprocess, read_json(directory / "visual/preprocess_cfg.json"));
        read_preprocess_cfg(preprocess, manifest.image);
        tokenizer_folder = "textual/";
    } else if (const fs::path rclip = rclip_folder(directory); !rclip.empty()) {
        HONE_CHECK(read_rclip(directory, rclip, manifest));
    } else {
        const std::string stem = is_file(directory / "onnx/model.onnx") ? "onnx/model" : "model";
        HONE_TRY(manifest.image.files, describe_variants(directory, stem));
        if (manifest.image.files.empty()) {
            return fail(
                "{} has no model that Hone knows; expected manifest.json, onnx/vision_model.onnx, "
                "visual/model.onnx, model.onnx, or the layout of rclip",
                printable(directory));
        }
        manifest.text.files = manifest.image.files;
        HONE_TRY(const json preprocessor, read_json(directory / "preprocessor_config.json"));
        read_preprocessor(preprocessor, manifest.image);
    }
    if (manifest.text.tokenizer_file.path.empty())
        HONE_CHECK(read_tokenizer(directory, tokenizer_folder, config, manifest.text));
    HONE_CHECK(see_image_tower(manifest));
    HONE_CHECK(see_text_tower(manifest));
    HONE_CHECK(see_dimension(manifest));
    return manifest;
} catch (const json::exception& error) {
    return fail("cannot understand the settings of the model in {}: {}", printable(directory), error.what());
}

Result<Manifest> add_model(const fs::path& directory, const std::string& name, const fs::path& parent) {
    if (!name.empty() && !is_model_name(name))
        return fail(ErrorKind::kUsage, "'{}' is not a model name; use a-z, 0-9, '.', '_' and '-'", name);
    HONE_TRY(Manifest manifest, describe_model(directory, name));
    const fs::path target = parent / manifest.name;
    std::error_code error;
    if (fs::exists(target, error))
        return fail(ErrorKind::kUsage, "a model named {} already exists; choose another name with --name",
                    manifest.name);
    const fs::path temporary = parent / fmt::format(".adding-{}", manifest.name);
    HONE_CHECK(remove_tree(temporary));
    std::vector<std::string> paths{manifest.text.tokenizer_file.path};
    for (const auto* files : {&manifest.image.files, &manifest.text.files}) {
        for (const auto& [precision, file] : *files) paths.push_back(file.path);
    }
    for (const std::string& path : paths) {
        HONE_CHECK(make_directories((temporary / path).parent_path()));
        fs::copy_file(directory / path, temporary / path, fs::copy_options::skip_existing, error);
        if (error) {
            (void)remove_tree(temporary);  // the copy's error counts
            return fail("cannot copy {} to {}: {}", printable(directory / path), printable(temporary),
                        error.message());
        }
        HONE_CHECK(sync_file(temporary / path));
    }
    manifest.directory = temporary;
    HONE_CHECK(write_manifest(manifest));
    HONE_CHECK(rename_file(temporary, target));
    manifest.directory = target;
    return manifest;
}

}  // namespace hone
