// SPDX-License-Identifier: GPL-3.0-or-later
// `hone similar ID|PATH`: photos similar to one.
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/faces.hpp"
#include "cli/search_common.hpp"
#include "wire/people.hpp"

namespace hone {

namespace {

struct SimilarFlags {
    SearchQuery query;
    std::string space = "content";
    FaceId face = 0;
    ModelFlags model;
};

Result<> similar_faces(const GlobalOptions& options, const SimilarFlags& flags) {
    HONE_TRY(const fs::path directory, library_of(options));
    HONE_TRY(const auto library, Library::open(directory, Access::kRead));
    Catalog& catalog = library->catalog();
    HONE_TRY(const auto analyzer, open_faces(*library));
    const auto people = open_people(*library, analyzer.get());
    HONE_TRY(const Document faces, similar_faces_page(catalog, *people, flags.face, flags.query.limit));
    nlohmann::json page = faces.all();
    for (nlohmann::json& entry : page["results"]) {
        HONE_TRY(const Photo photo, catalog.resolve(entry["photo"].get<std::string>()));
        HONE_TRY(const std::vector<FileRecord> files, catalog.files_of(photo.number));
        entry["path"] = files.empty() ? "" : utf8_path(files.front().facts.path);
        if (!options.json)
            fmt::print("{:.3f}  face {}  {}\n", entry["distance"].get<float>(), entry["id"].get<FaceId>(),
                       printable(entry["path"].get<std::string>()));
    }
    if (options.json) fmt::print("{}\n", dump(page, 2));
    return {};
}

}  // namespace

void add_similar(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    auto flags = std::make_shared<SimilarFlags>();
    CLI::App* command = app.add_subcommand("similar", "find photos like one photo or face");
    auto* photo =
        command->add_option("PHOTO", flags->query.from, "id or path; the photo may be outside the library");
    command->add_option("--face", flags->face, "number of a face (see hone faces PHOTO): find faces like it")
        ->excludes(photo);
    command
        ->add_option("--space", flags->space,
                     "compare by content (the subject) or style (colours, light, mood)")
        ->check(CLI::IsMember({"content", "style"}));
    command->add_option("--limit", flags->query.limit, "number of results, 1 to 1000")
        ->check(CLI::Range(1, 1000))
        ->default_str("60");
    add_model_flags(*command, flags->model);
    command->callback([&options, &chosen, flags] {
        chosen = [&options, flags] {
            if (flags->face == 0 && flags->query.from.empty()) {
                report({ErrorKind::kUsage, "name a photo, or a --face"});
                return kExitUsage;
            }
            return run_command([&]() -> Result<> {
                if (flags->face != 0) return similar_faces(options, *flags);
                HONE_CHECK(rank_by_space(flags->query, flags->space));
                return search_and_print(options, flags->model, flags->query);
            });
        };
    });
}

}  // namespace hone
