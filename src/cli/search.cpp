// hone search WORDS...: one round of search.
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/search_common.hpp"

namespace hone {

namespace {

struct SearchFlags {
    std::vector<std::string> words;
    SearchQuery query;
    ModelFlags model;
};

}  // namespace

void add_search(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    auto flags = std::make_shared<SearchFlags>();
    SearchQuery& query = flags->query;
    CLI::App* command = app.add_subcommand("search", "find photos by words, by an example, by what fits");
    command->add_option("WORDS", flags->words, "what is on the picture");
    command
        ->add_option("--like", query.like,
                     "a photo that fits: id or path, also of a photo outside the library")
        ->allow_extra_args(false);
    command->add_option("--unlike", query.unlike, "a photo that does not fit")->allow_extra_args(false);
    command->add_option("--seen", query.seen, "a photo to leave out")->allow_extra_args(false);
    command->add_option("--from", query.from, "an example photo in place of words: id or path");
    command->add_option("--method", query.method, "how marks are used: average, rocchio")
        ->default_str(std::string(kDefaultMethod));
    command->add_option("--limit", query.limit, "results, 1 to 1000")
        ->check(CLI::Range(1, 1000))
        ->default_str("60");
    command->add_option("--offset", query.offset, "results to pass over")
        ->check(CLI::Range(0, 1'000'000'000));
    command->add_option(
        "--filter", query.filter,
        "which photos may be found, as in 'taken:2019 rating:>=3' (docs/filters.md); alone: all "
        "of them, the newest taken first");
    command->add_flag("!--no-facts", query.facts,
                      "rank by the picture alone, also when the words stand in names or keywords");
    add_model_flags(*command, flags->model);
    command->callback([&options, &chosen, flags] {
        chosen = [&options, flags] {
            flags->query.text = fmt::format("{}", fmt::join(flags->words, " "));
            if (const auto valid = validate(flags->query); !valid) {
                report(valid.error());
                return kExitUsage;
            }
            return run_command([&] { return search_and_print(options, flags->model, flags->query); });
        };
    });
}

}  // namespace hone
