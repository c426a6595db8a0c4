// SPDX-License-Identifier: GPL-3.0-or-later
// Reads, lists, fetches and verifies face packs.
#include "model/face_pack.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/json_numbers.hpp"
#include "base/sha256.hpp"
#include "model/hub.hpp"
#include "model/manifest_fields.hpp"
#include "model/store.hpp"

namespace hone {

using nlohmann::json;

namespace {

constexpr std::string_view kDefaultFaces = "faces-default";
constexpr std::pair<std::string_view, DetectorKind> kDetectors[] = {{"centerface", DetectorKind::kCenterFace},
                                                                    {"yunet", DetectorKind::kYuNet},
                                                                    {"yolo", DetectorKind::kYolo}};

double number(const json& object, const char* field, double otherwise, double least, double most) {
    const double value = object.value(field, otherwise);
    if (!(value >= least && value <= most))
        throw BadField{fmt::format("{} is {}; it must be between {} and {}", field, value, least, most)};
    return value;
}

int whole(const json& object, const char* field, int otherwise, int least, int most) {
    return static_cast<int>(number(object, field, otherwise, least, most));
}

bool choice(const json& object, const char* field, const char* usual, const char* other) {
    const std::string value = object.value(field, usual);
    if (value != usual && value != other)
        throw BadField{fmt::format("{} is '{}'; it must be {} or {}", field, value, usual, other)};
    return value == other;
}

PixelInput parse_input(const json& object) {
    PixelInput input;
    input.name = object.value("input", input.name);
    input.interleaved = choice(object, "layout", "nchw", "nhwc");
    input.blue_first = choice(object, "channels", "rgb", "bgr");
    if (object.contains("mean")) input.mean = object["mean"].get<std::array<float, 3>>();
    if (object.contains("std")) input.std = object["std"].get<std::array<float, 3>>();
    for (const float value : input.std) {
        if (!(value > 0) || std::isinf(value)) throw BadField{"std must be above 0"};
    }
    return input;
}

DetectorManifest parse_detector(const json& object) {
    DetectorManifest detector;
    const std::string kind = object.at("kind").get<std::string>();
    const auto* const known =
        std::ranges::find(kDetectors, kind, [](const auto& entry) { return entry.first; });
    if (known == std::end(kDetectors))
        throw BadField{fmt::format("face-detector.kind has the unknown value '{}'", kind)};
    detector.kind = known->second;
    detector.file = parse_model_file(object.at("file"));
    detector.input = parse_input(object);
    detector.side = whole(object, "side", detector.side, 32, 4096);
    detector.multiple = whole(object, "multiple", detector.multiple, 1, 256);
    detector.fixed = object.value("fixed", false);
    detector.score = static_cast<float>(number(object, "score", detector.score, 0.01, 1));
    detector.iou = static_cast<float>(number(object, "iou", detector.iou, 0, 1));
    if (object.contains("outputs"))
        detector.outputs = object["outputs"].get<std::map<std::string, std::string>>();
    return detector;
}

EmbedderManifest parse_embedder(const json& object) {
    EmbedderManifest embedder;
    embedder.file = parse_model_file(object.at("file"));
    embedder.input = parse_input(object);
    embedder.output = object.value("output", embedder.output);
    embedder.size = whole(object, "size", embedder.size, 16, 1024);
    const auto points = object.at("template").get<std::array<std::array<float, 2>, 5>>();
    for (std::size_t at = 0; at < points.size(); ++at) embedder.in_chip[at] = {points[at][0], points[at][1]};
    embedder.dimension = whole(object, "dimension", 0, 1, 1 << 14);
    embedder.cosine = choice(object, "metric", "l2", "cosine");
    const auto distance = [&](const char* field) {
        const double value = number(object, field, -1, 0, 1e6);
        if (!embedder.cosine) return value;
        if (value > 1) throw BadField{fmt::format("{} is not a cosine", field)};
        return std::sqrt(2 - 2 * value);  // for vectors of length 1
    };
    embedder.same = distance("same");
    embedder.link = distance("link");
    return embedder;
}

AgeGenderManifest parse_age_gender(const json& object) {
    AgeGenderManifest network;
    network.file = parse_model_file(object.at("file"));
    network.input = parse_input(object);
    network.size = whole(object, "size", network.size, 16, 1024);
    network.crop = static_cast<float>(number(object, "crop", network.crop, 0.1, 4));
    network.age = object.at("age").get<std::string>();
    network.gender = object.at("gender").get<std::string>();
    network.age_index = static_cast<std::size_t>(whole(object, "age_index", 0, 0, 1000));
    network.gender_is_male = !object.contains("female_index");
    network.gender_index = static_cast<std::size_t>(
        whole(object, network.gender_is_male ? "male_index" : "female_index", 0, 0, 1000));
    for (const auto& entry : object.at("age_range").get<std::vector<std::array<float, 3>>>()) {
        if (!network.ranges.empty() && entry[0] <= network.ranges.back().estimate)
            throw BadField{"age_range: the estimates must rise"};
        if (!(entry[1] <= entry[2])) throw BadField{"age_range: an entry's low is above its high"};
        network.ranges.push_back({entry[0], entry[1], entry[2]});
    }
    if (network.ranges.empty()) throw BadField{"age_range is empty"};
    return network;
}

std::vector<const ModelFile*> files_of(const FacePack& pack) {
    std::vector<const ModelFile*> files{&pack.detector.file};
    if (pack.embedder) files.push_back(&pack.embedder->file);
    if (pack.age_gender) files.push_back(&pack.age_gender->file);
    return files;
}

}  // namespace

std::string FacePack::fingerprint() const {
    std::string recipe;
    for (const ModelFile* file : files_of(*this)) recipe += file->sha256 + " ";
    recipe += fmt::format("{} {}", detector.side, detector.score);
    // Everything else that changes a box, a vector or an estimate.
    const auto add_input = [&](const PixelInput& input) {
        recipe += fmt::format(" {} {} {} {}", input.interleaved, input.blue_first, fmt::join(input.mean, ","),
                              fmt::join(input.std, ","));
    };
    recipe += fmt::format(" {} {} {}", detector.multiple, detector.fixed, detector.iou);
    add_input(detector.input);
    if (embedder) {
        recipe += fmt::format(" {} {}", embedder->size, embedder->cosine);
        for (const Point& point : embedder->in_chip) recipe += fmt::format(" {} {}", point.x, point.y);
        add_input(embedder->input);
    }
    if (age_gender) {
        recipe += fmt::format(" {} {} {}", age_gender->size, age_gender->crop, age_gender->gender_is_male);
        for (const auto& range : age_gender->ranges)
            recipe += fmt::format(" {} {} {}", range.estimate, range.low, range.high);
        add_input(age_gender->input);
    }
    return to_hex(sha256(recipe)).substr(0, 16);
}

Result<FacePack> read_face_pack(const fs::path& directory) {
    const fs::path path = directory / "manifest.json";
    HONE_TRY(const std::string text, read_text(path, 1 << 20));
    try {
        const json object = json::parse(text);
        if (whole_number<int>(object.at("format")) != 1)
            throw BadField{"format is not 1: made for a newer Hone"};
        if (object.value("role", "") != std::string("faces")) throw BadField{"the role is not faces"};
        FacePack pack;
        pack.directory = directory;
        pack.name = object.at("name").get<std::string>();
        if (!is_model_name(pack.name))
            throw BadField{fmt::format("the name '{}' is not of the form [a-z0-9._-]+", pack.name)};
        pack.title = object.value("title", pack.name);
        pack.licence = object.value("licence", "unknown");
        pack.source = object.value("source", "");
        pack.hub = object.value("hub", pack.hub);
        pack.detector = parse_detector(object.at("face-detector"));
        if (object.contains("face-embedder")) pack.embedder = parse_embedder(object["face-embedder"]);
        if (object.contains("age-gender")) pack.age_gender = parse_age_gender(object["age-gender"]);
        return pack;
    } catch (const BadField& bad) {
        return fail("broken manifest {}: {}", printable(path), bad.message);
    } catch (const json::exception& error) {
        return fail("broken manifest {}: {}", printable(path), error.what());
    }
}

std::vector<StoredFacePack> list_face_packs(std::span<const fs::path> directories) {
    std::vector<StoredFacePack> packs;
    for (const fs::path& folder : model_folders(directories)) {
        if (manifest_role(folder) != "faces") continue;
        StoredFacePack stored{read_face_pack(folder), folder};
        if (stored.pack) {
            const auto is_there = [&](const ModelFile* file) {
                std::error_code error;
                return fs::exists(folder / file->path, error);
            };
            stored.is_complete = std::ranges::all_of(files_of(*stored.pack), is_there);
            stored.is_usable = is_there(&stored.pack->detector.file);
            const auto same = std::ranges::find_if(packs, [&](const StoredFacePack& other) {
                return other.pack && other.pack->name == stored.pack->name;
            });
            if (same != packs.end()) {
                if (!same->is_usable && stored.is_usable) *same = std::move(stored);
                continue;
            }
        }
        packs.push_back(std::move(stored));
    }
    return packs;
}

Result<FacePack> find_face_pack(std::span<const fs::path> directories, const std::string& name) {
    std::optional<FacePack> best;
    std::optional<Error> broken;
    for (StoredFacePack& stored : list_face_packs(directories)) {
        if (!stored.pack) {
            broken = stored.pack.error();
        } else if (!name.empty()) {
            if (stored.pack->name != name) continue;
            if (!stored.is_usable)
                return fail(ErrorKind::kUnavailable,
                            "the networks of {} are not installed yet: hone models pull {}", name, name);
            return std::move(*stored.pack);
        } else if (stored.is_usable && (!best || stored.pack->name == kDefaultFaces)) {
            best = std::move(*stored.pack);
        }
    }
    if (best) return std::move(*best);
    if (broken) return std::unexpected(std::move(*broken));
    if (!name.empty()) return fail(ErrorKind::kNotFound, "no face model is named '{}'", name);
    return fail(ErrorKind::kUnavailable,
                "no face model is installed: run script/bootstrap for the default one");
}

Result<FacePack> pull_face_pack(const FacePack& recipe, const fs::path& into,
                                const std::function<void(const HubProgress&)>& progress) try {
    HONE_TRY(const std::string text, read_text(recipe.directory / "manifest.json", 1 << 20));
    json manifest = json::parse(text);
    const fs::path unfinished = into / fmt::format(".pull-{}", recipe.name);
    HONE_CHECK(make_directories(unfinished));
    for (const auto& [part, repository] : recipe.hub) {
        HONE_TRY(HubRequest request, parse_repository(repository));
        request.directory = unfinished;
        request.progress = progress;
        json& file = manifest.at(part).at("file");
        const std::string path = file.at("path").get<std::string>();
        HONE_CHECK(fetch_one(request, path));
        HONE_TRY(const Sha256 digest, sha256_file(unfinished / path));
        file["sha256"] = to_hex(digest);
        file["bytes"] = fs::file_size(unfinished / path);
    }
    HONE_CHECK(write_file_atomically(unfinished / "manifest.json", manifest.dump(2) + "\n"));
    HONE_CHECK(rename_file(unfinished, into / recipe.name));
    return read_face_pack(into / recipe.name);
} catch (const json::exception& error) {
    return fail("broken manifest in {}: {}", printable(recipe.directory), error.what());
} catch (const fs::filesystem_error& error) {
    return fail("cannot put {} into {}: {}", recipe.name, printable(into), error.code().message());
}

Result<> verify_files(const FacePack& pack) {
    return verify_model_files(pack.directory, pack.name, files_of(pack));
}

AgeRange age_range(const AgeGenderManifest& manifest, float estimate) {
    const auto& ranges = manifest.ranges;
    const auto whole_years = [](float low, float high) {
        return AgeRange{std::max(0, static_cast<int>(std::floor(low))), static_cast<int>(std::ceil(high))};
    };
    if (!(estimate > ranges.front().estimate)) return whole_years(ranges.front().low, ranges.front().high);
    for (std::size_t at = 1; at < ranges.size(); ++at) {
        const auto &from = ranges[at - 1], &to = ranges[at];
        if (estimate > to.estimate) continue;
        const float part = (estimate - from.estimate) / (to.estimate - from.estimate);
        return whole_years(std::lerp(from.low, to.low, part), std::lerp(from.high, to.high, part));
    }
    return whole_years(ranges.back().low, ranges.back().high);
}

}  // namespace hone
