// SPDX-License-Identifier: GPL-3.0-or-later
// The groups and examples of the commands, and the answers to near misses.
#include "cli/help.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

namespace hone {

namespace {

struct CommandHelp {
    std::string_view name, group, examples;  // examples: one per line
};

constexpr std::array kHelp{
    CommandHelp{"search", "Search",
                "hone search a dog in the snow\n"
                "hone search a dog in the snow --like ID --unlike ID\n"
                "hone search --filter 'taken:2019 camera:Canon rating:>=3'"},
    CommandHelp{"similar", "Search", "hone similar ~/Pictures/cat.jpg --space style"},
    CommandHelp{"show", "Search", "hone show ~/Pictures/cat.jpg"},
    CommandHelp{"duplicates", "Search", "hone duplicates --kind burst"},
    CommandHelp{"index", "Library", "hone index ~/Pictures"},
    CommandHelp{"folders", "Library", "hone folders remove ~/Pictures/private"},
    CommandHelp{"status", "Library", "hone status"},
    CommandHelp{"export", "Library", "hone export --format csv --to photos.csv"},
    CommandHelp{"config", "Library", "hone config faces off"},
    CommandHelp{"people", "People",
                "hone people\n"
                "hone people name 1 Anna"},
    CommandHelp{"faces", "People", "hone faces ~/Pictures/party.jpg"},
    CommandHelp{"models", "Models",
                "hone models pull clip-vit-base-patch32\n"
                "hone models use clip-vit-base-patch32"},
    CommandHelp{"serve", "Server",
                "hone serve ~/Pictures\n"
                "hone serve --listen 0.0.0.0:3000 --tls-certificate chain.pem --tls-key key.pem"},
    CommandHelp{"users", "Server", "hone users add anna"},
    CommandHelp{"health", "Server", "hone health --ready"},
    CommandHelp{"worker", "Server",
                "hone worker --catalog surrealdb://host:8000/home/photos --map /photos=/mnt/photos"},
    CommandHelp{"query", "Server", "hone query similar.surql"},
    CommandHelp{"backup", "Maintenance", "hone backup ~/hone.backup"},
    CommandHelp{"restore", "Maintenance", "hone restore ~/hone.backup --map /old/photos=/new/photos"},
    CommandHelp{"forget", "Maintenance",
                "hone forget --dry-run\n"
                "hone forget ~/Pictures/secret.jpg"},
    CommandHelp{"doctor", "Maintenance", "hone doctor"},
    CommandHelp{"catalog", "Maintenance",
                "hone catalog copy --from sqlite --to surrealdb://host:8000/home/photos"},
    CommandHelp{"bench", "Maintenance", "hone bench scan"},
};

// Words that people type because other programs have them.
struct Guess {
    std::string_view typed, instead;
};
constexpr std::array kGuesses{
    Guess{"--port", "use --listen ADDRESS:PORT"},
    Guess{"-p", "use --listen ADDRESS:PORT"},
    Guess{"--host",
          "use --listen ADDRESS:PORT, or --host-name for a name under which others reach the server"},
    Guess{"--bind", "use --listen ADDRESS:PORT"},
    Guess{"--address", "use --listen ADDRESS:PORT"},
    Guess{"--dir", "name the folder without an option, or use --library for Hone's own data"},
    Guess{"--folder", "name the folder without an option"},
    Guess{"--db", "use --library FOLDER, or --catalog for a SurrealDB server"},
    Guess{"--database", "use --library FOLDER, or --catalog for a SurrealDB server"},
    Guess{"--gpu", "use --device webgpu or --device cuda"},
    Guess{"--cpu", "use --device cpu"},
    Guess{"--model", "choose the model with `hone models use NAME`"},
    Guess{"-n", "use --limit NUMBER"},
    Guess{"--top", "use --limit NUMBER"},
    Guess{"--count", "use --limit NUMBER"},
    Guess{"--dislike", "use --unlike ID"},
    Guess{"--look-word", "use --style-term WORD"},
    Guess{"--no-look-words", "use --no-style-terms"},
    Guess{"-v", "use --verbose"},
    Guess{"-q", "use --quiet"},
    Guess{"scan", "use `hone index FOLDER`"},
    Guess{"add", "use `hone index FOLDER`, or `hone folders add FOLDER`"},
    Guess{"import", "use `hone index FOLDER`"},
    Guess{"find", "use `hone search WORDS`"},
    Guess{"server", "use `hone serve`"},
    Guess{"start", "use `hone serve`"},
    Guess{"web", "use `hone serve`"},
    Guess{"settings", "use `hone config`"},
    Guess{"set", "use `hone config KEY VALUE`"},
    Guess{"info", "use `hone show PHOTO`, or `hone status` for the library"},
    Guess{"pull", "use `hone models pull NAME`"},
    Guess{"delete", "use `hone forget PHOTO` for a photo whose file is gone; Hone deletes no files"},
    Guess{"purge", "use `hone forget`"},
    Guess{"dedupe", "use `hone duplicates`"},
    Guess{"version", "use --version"},
    Guess{"help", "use `hone --help`, or `hone COMMAND --help`"},
};

// Levenshtein's distance: insertions, deletions and substitutions that turn a into b.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t done = 0; done < a.size(); ++done) {
        std::size_t diagonal = row[0]++;
        for (std::size_t at = 0; at < b.size(); ++at) {
            const std::size_t change = diagonal + (a[done] == b[at] ? 0 : 1);
            diagonal = row[at + 1];
            row[at + 1] = std::min({row[at] + 1, row[at + 1] + 1, change});
        }
    }
    return row.back();
}

// Long options of the command and of those around it, or the names of its subcommands.
std::vector<std::string> names_like(const CLI::App& command, bool options) {
    std::vector<std::string> names;
    if (!options) {
        for (const CLI::App* sub :
             command.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); }))
            names.push_back(sub->get_name());
        return names;
    }
    for (const CLI::App* app = &command; app != nullptr; app = app->get_parent()) {
        for (const CLI::Option* option : app->get_options()) {
            for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
        }
    }
    return names;
}

}  // namespace

void arrange_help(CLI::App& app) {
    for (const CommandHelp& help : kHelp) {
        CLI::App* command = app.get_subcommand(std::string(help.name));
        command->group(std::string(help.group));
        std::string footer = help.examples.find('\n') == std::string_view::npos ? "Example:" : "Examples:";
        for (std::size_t at = 0; at < help.examples.size();) {
            const std::size_t end = std::min(help.examples.find('\n', at), help.examples.size());
            footer += fmt::format("\n  {}", help.examples.substr(at, end - at));
            at = end + 1;
        }
        command->footer(footer);
    }
    app.footer("`hone COMMAND --help` explains a command and gives examples.");
}

std::string suggestion_for(const CLI::App& command, std::string_view argument) {
    const std::string_view name = argument.substr(0, argument.find('='));
    const bool option = name.starts_with('-');
    const std::vector<std::string> names = names_like(command, option);
    const auto guess = std::ranges::find(kGuesses, name, &Guess::typed);
    // Commands of other programs are guessed in place of a command, not below one.
    const bool applies = guess != kGuesses.end() && (option || command.get_parent() == nullptr);
    if (applies && std::ranges::find(names, name) == names.end()) return std::string(guess->instead);
    std::size_t nearest = std::max<std::size_t>(1, name.size() / 3) + 1;
    std::string found;
    for (const std::string& known : names) {
        if (const std::size_t distance = edit_distance(name, known); distance < nearest) {
            nearest = distance;
            found = known;
        }
    }
    if (found.empty()) return "";
    if (option) return fmt::format("did you mean {}?", found);
    std::string path = found;
    for (const CLI::App* app = &command; app->get_parent() != nullptr; app = app->get_parent())
        path = app->get_name() + " " + path;
    return fmt::format("did you mean `hone {}`?", path);
}

}  // namespace hone
