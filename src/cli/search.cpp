// SPDX-License-Identifier: GPL-3.0-or-later
// `hone search WORDS...`: one round of search.
#include <CLI/CLI.hpp>
#include <charconv>

#include "cli/commands.hpp"
#include "cli/search_common.hpp"

namespace hone {

namespace {

struct SearchFlags {
    std::vector<std::string> words;
    SearchQuery query;
    std::vector<std::string> weights, facets, style_terms;
    std::string show{show_name(Show::kNew)};
    bool no_style_terms = false;
    ModelFlags model;
};

// Parses "NAME=NUMBER"; "off" means 0.
Result<std::pair<std::string, double>> parse_assignment(const std::string& text, const char* flag) {
    const std::size_t sign = text.rfind('=');
    const std::string number = sign == std::string::npos ? "" : text.substr(sign + 1);
    if (sign > 0 && number == "off") return std::pair(text.substr(0, sign), 0.0);
    double value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (sign == std::string::npos || sign == 0 || error != std::errc() ||
        end != number.data() + number.size())
        return fail(ErrorKind::kUsage, "{} {}: write NAME=NUMBER", flag, text);
    return std::pair(text.substr(0, sign), value);
}

Result<> take_flags(SearchFlags& flags) {
    SearchQuery& query = flags.query;
    for (const std::string& text : flags.weights) {
        HONE_TRY(const auto weight, parse_assignment(text, "--weight"));
        query.weights.insert(weight);
    }
    for (const std::string& text : flags.facets) {
        HONE_TRY(const auto boost, parse_assignment(text, "--facet"));
        HONE_TRY(const Facet facet, parse_facet(boost.first));
        query.facets[facet] = boost.second;
    }
    if (flags.no_style_terms || !flags.style_terms.empty()) query.style_terms = flags.style_terms;
    HONE_TRY(query.show, parse_show(flags.show));
    return validate(query);
}

}  // namespace

void add_search(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    auto flags = std::make_shared<SearchFlags>();
    SearchQuery& query = flags->query;
    CLI::App* command =
        app.add_subcommand("search", "find photos by words, by an example photo and by marks");
    command->add_option("WORDS", flags->words, "describe the photo");
    command->add_option("--like", query.like, "a photo that fits: id or path; it may be outside the library")
        ->allow_extra_args(false);
    command->add_option("--unlike", query.unlike, "a photo that does not fit")->allow_extra_args(false);
    command
        ->add_option(
            "--seen", query.seen,
            "a photo that was shown before: not shown again, and a weak negative unless it is marked")
        ->allow_extra_args(false);
    command->add_option("--from", query.from, "start from an example photo: id or path");
    command->add_option("--weight", flags->weights, "ID=NUMBER: weight of a mark, 0.1 to 10")
        ->allow_extra_args(false);
    command
        ->add_option("--facet", flags->facets,
                     "NAME=NUMBER or NAME=off: boost content, style, people or moment by 0 to 10")
        ->allow_extra_args(false);
    command
        ->add_option("--style-term", flags->style_terms,
                     "understand only these words as style terms (docs/style.md)")
        ->allow_extra_args(false);
    command->add_flag("--no-style-terms", flags->no_style_terms, "understand no word as a style term");
    command->add_option("--show", flags->show,
                        "new: photos neither seen nor marked; seen: only seen photos; all");
    command->add_flag("!--no-collapse", query.collapse, "show copies and bursts as separate results");
    command->add_flag("--diverse", query.diverse, "show an overview: photos that differ come first");
    command
        ->add_option("--method", query.method,
                     fmt::format("feedback method: {}", fmt::join(feedback_methods(), ", ")))
        ->default_str(std::string(kDefaultMethod));
    command->add_option("--limit", query.limit, "number of results, 1 to 1000")
        ->check(CLI::Range(1, 1000))
        ->default_str("60");
    command->add_option("--offset", query.offset, "results to skip")->check(CLI::Range(0, 1'000'000'000));
    command->add_option(
        "--filter", query.filter,
        "search only photos that match, for example 'taken:2019 rating:>=3' (docs/filters.md); without "
        "words: list them, newest first");
    command->add_flag("!--no-facts", query.facts,
                      "ignore file names, titles, keywords and cameras; rank by image only");
    add_model_flags(*command, flags->model);
    command->callback([&options, &chosen, flags] {
        chosen = [&options, flags] {
            flags->query.text = fmt::format("{}", fmt::join(flags->words, " "));
            if (const auto valid = take_flags(*flags); !valid) {
                report(valid.error());
                return kExitUsage;
            }
            return run_command([&] { return search_and_print(options, flags->model, flags->query); });
        };
    });
}

}  // namespace hone
