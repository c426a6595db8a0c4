// SPDX-License-Identifier: GPL-3.0-or-later
// `hone faces PHOTO`: the faces in one photo, inside or outside the library.
#include "cli/faces.hpp"

#include <CLI/CLI.hpp>
#include <charconv>

#include "base/config.hpp"
#include "cli/commands.hpp"
#include "ingest/store_result.hpp"
#include "wire/export.hpp"

namespace hone {

using nlohmann::json;

Result<std::unique_ptr<FaceAnalyzer>> open_faces(const Library& library) {
    Catalog& catalog = library.catalog();
    HONE_TRY(const auto on, catalog.setting(kFacesSetting));
    if (on == "off")
        return fail(ErrorKind::kUnavailable,
                    "faces are switched off (`hone config faces on` switches them on)");
    HONE_TRY(const auto name, catalog.setting(kFaceModelSetting));
    HONE_TRY(const auto age_gender, catalog.setting(kAgeGenderSetting));
    HONE_TRY(const auto side, catalog.setting(kFaceSideSetting));
    FaceOptions options;
    options.age_gender = age_gender != "off";
    if (side) std::from_chars(side->data(), side->data() + side->size(), options.side);
    HONE_TRY(FacePack pack, find_face_pack(model_directories(library.directory()), name.value_or("")));
    return std::make_unique<FaceAnalyzer>(std::move(pack), options);
}

Result<std::vector<FoundFace>> find_faces(const fs::path& photo, FaceAnalyzer& analyzer,
                                          DecoderPool& decoders) {
    HONE_TRY(const auto bytes, read_file(photo, kMaximumFileBytes));
    PhotoWork work;
    work.faces_side = FaceAnalyzer::kPictureSide;
    HONE_TRY(const PreparedPhoto prepared, decoders.prepare(bytes, work));
    return analyzer.find(prepared.faces, prepared.width);
}

std::unique_ptr<People> open_people(const Library& library, const FaceAnalyzer* faces) {
    return std::make_unique<People>(library.catalog(), faces != nullptr ? &faces->pack() : nullptr,
                                    faces != nullptr ? faces->fingerprint() : "",
                                    GroupFiles{library.vectors_directory() / "faces", library.writes()});
}

namespace {

struct FacesFlags {
    std::string photo;
    bool vectors = false;
};

// Returns the photo's faces from the library. For any other file, and for photos without face detection, runs
// the networks now.
Result<std::pair<std::vector<Face>, std::string>> faces_of(const Library& library, const std::string& name) {
    std::pair<std::vector<Face>, std::string> answer;
    const auto known = library.catalog().resolve(name);
    auto analyzer = open_faces(library);
    if (known) {
        HONE_TRY(answer.first, library.catalog().faces_of(known->number));
        if (!analyzer) {
            if (answer.first.empty()) return std::unexpected(analyzer.error());
            return answer;
        }
        HONE_TRY(const auto analyses, library.catalog().analyses(known->number));
        for (const Analysis& done : analyses) {
            if (done.analyzer == FaceAnalyzer::kName && done.model == (*analyzer)->fingerprint())
                return answer;
        }
    }
    if (!analyzer) return std::unexpected(analyzer.error());
    fs::path path = name;
    if (known) {
        HONE_TRY(const std::vector<FileRecord> files, library.catalog().files_of(known->number));
        for (const FileRecord& file : files) path = file.facts.path;
    } else if (std::error_code error; !fs::is_regular_file(path, error)) {
        return std::unexpected(known.error());
    }
    DecoderPool decoders(1);
    HONE_TRY(const std::vector<FoundFace> found, find_faces(path, **analyzer, decoders));
    answer.first.clear();
    for (const FoundFace& one : found) {
        Face& face = answer.first.emplace_back();
        static_cast<FaceFacts&>(face) = to_facts(one);
    }
    return answer;
}

Result<> show_faces(const GlobalOptions& options, const FacesFlags& flags) {
    HONE_TRY(const fs::path directory, library_of(options));
    auto library = Library::open(directory, Access::kRead);
    if (!library && library.error().kind == ErrorKind::kNotFound)
        library = Library::open(directory, Access::kWrite, "faces");
    if (!library) return std::unexpected(library.error());
    HONE_TRY(const auto answer, faces_of(**library, flags.photo));
    json list = json::array();
    for (const Face& face : answer.first) {
        HONE_TRY(json entry, face_for_command((*library)->catalog(), face, flags.vectors));
        list.push_back(std::move(entry));
    }
    if (options.json) {
        fmt::print("{}\n", dump({{"faces", list}}, 2));
        return {};
    }
    if (list.empty()) fmt::print("no face was found\n");
    for (const json& face : list) {
        std::string line =
            fmt::format("{:.0f}, {:.0f}  {:.0f} x {:.0f}  score {:.2f}", face["box"][0].get<double>(),
                        face["box"][1].get<double>(), face["box"][2].get<double>(),
                        face["box"][3].get<double>(), face["score"].get<double>());
        if (face.contains("age")) {
            const double male = face["gender"]["male"].get<double>();
            line += fmt::format("  {} to {} years, {} {:.0f} % (estimates)", face["age"][0].get<int>(),
                                face["age"][1].get<int>(), male >= 0.5 ? "male" : "female",
                                100 * std::max(male, 1 - male));
        }
        if (face["name"].is_string())
            line += "  " + face["name"].get<std::string>();
        else if (!face["person"].is_null())
            line += fmt::format("  person {}", face["person"].get<PersonId>());
        if (face["id"].get<FaceId>() != 0) line = fmt::format("{:>6}  {}", face["id"].get<FaceId>(), line);
        fmt::print("{}\n", printable(line));
    }
    return {};
}

}  // namespace

void add_faces(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    auto flags = std::make_shared<FacesFlags>();
    CLI::App* command = app.add_subcommand("faces", "list the faces in one photo");
    command->add_option("PHOTO", flags->photo, "id or path; the photo may be outside the library")
        ->required();
    command->add_flag("--vectors", flags->vectors, "with --json: include the embedding of each face");
    command->callback([&options, &chosen, flags] {
        chosen = [&options, flags] { return run_command([&] { return show_faces(options, *flags); }); };
    });
}

}  // namespace hone
