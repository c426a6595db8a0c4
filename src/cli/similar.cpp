// hone similar ID|PATH: photos like one.
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/faces.hpp"
#include "cli/search_common.hpp"
#include "server/people_json.hpp"

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
    HONE_TRY(const Face face, catalog.face(flags.face));
    HONE_TRY(const auto faces, open_people(*library, analyzer.get())->similar(face, flags.query.limit));
    nlohmann::json list = nlohmann::json::array();
    for (const auto& [other, distance] : faces) {
        HONE_TRY(nlohmann::json entry, face_with_photo(catalog, other));
        entry["distance"] = distance;
        HONE_TRY(const std::vector<Place> places, catalog.places_of(other.photo));
        entry["path"] = places.empty() ? "" : utf8_path(places.front().facts.path);
        if (!options.json)
            fmt::print("{:.3f}  face {}  {}\n", distance, other.id,
                       printable(entry["path"].get<std::string>()));
        list.push_back(std::move(entry));
    }
    if (options.json) fmt::print("{}\n", dump({{"results", list}}, 2));
    return {};
}

}  // namespace

void add_similar(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    auto flags = std::make_shared<SimilarFlags>();
    CLI::App* command = app.add_subcommand("similar", "find photos like one");
    auto* photo =
        command->add_option("PHOTO", flags->query.from, "id or path, also of a photo outside the library");
    command->add_option("--face", flags->face, "number of a face (hone faces PHOTO): faces like it")
        ->excludes(photo);
    command
        ->add_option("--space", flags->space,
                     "what must be alike: content (what it shows), look (colours, light, mood)")
        ->check(CLI::IsMember({"content", "look"}));
    command->add_option("--limit", flags->query.limit, "results, 1 to 1000")
        ->check(CLI::Range(1, 1000))
        ->default_str("60");
    add_model_flags(*command, flags->model);
    command->callback([&options, &chosen, flags] {
        chosen = [&options, flags] {
            return run_command([&]() -> Result<> {
                if (flags->face != 0) return similar_faces(options, *flags);
                if (flags->query.from.empty()) return fail(ErrorKind::kUsage, "name a photo, or a --face");
                HONE_CHECK(rank_by_space(flags->query, flags->space));
                return search_and_print(options, flags->model, flags->query);
            });
        };
    });
}

}  // namespace hone
