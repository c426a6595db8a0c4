// hone similar ID|PATH: photos like one.
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/search_common.hpp"

namespace hone {

namespace {

struct SimilarFlags {
    SearchQuery query;
    std::string space = "content";
    ModelFlags model;
};

}  // namespace

void add_similar(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    auto flags = std::make_shared<SimilarFlags>();
    CLI::App* command = app.add_subcommand("similar", "find photos like one");
    command->add_option("PHOTO", flags->query.from, "id or path, also of a photo outside the library")
        ->required();
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
                HONE_CHECK(rank_by_space(flags->query, flags->space));
                return search_and_print(options, flags->model, flags->query);
            });
        };
    });
}

}  // namespace hone
