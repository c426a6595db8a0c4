// SPDX-License-Identifier: GPL-3.0-or-later
// `hone generate`: shell completions and the manual page, made from the command line's own definition.
// Package builds call it, so the help does not list it.
#include <CLI/CLI.hpp>
#include <cstdlib>

#include "base/config.hpp"
#include "base/time.hpp"
#include "cli/commands.hpp"

namespace hone {

namespace {

std::vector<const CLI::App*> subcommands(const CLI::App& app) {
    // CLI11 hides commands with an empty group.
    return app.get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); });
}

// Returns the options whose names begin with a dash.
std::vector<const CLI::Option*> options(const CLI::App& app) {
    return app.get_options([](const CLI::Option* option) {
        return !option->get_group().empty() &&
               !(option->get_lnames().empty() && option->get_snames().empty());
    });
}

bool takes_value(const CLI::Option& option) {
    return option.get_items_expected_max() > 0;
}

// A command in the tree: "hone people list".
struct Command {
    std::string name;
    const CLI::App* app;
};

void collect(const CLI::App& app, const std::string& name, std::vector<Command>& commands) {
    commands.push_back({name, &app});
    for (const CLI::App* sub : subcommands(app)) collect(*sub, name + " " + sub->get_name(), commands);
}

std::vector<Command> commands_of(const CLI::App& app) {
    std::vector<Command> commands;
    collect(app, "hone", commands);
    return commands;
}

// "--like" and "-h", including the global options that every command accepts.
std::vector<std::pair<std::string, const CLI::Option*>> dashed_names(const Command& command,
                                                                     const CLI::App& root) {
    std::vector<std::pair<std::string, const CLI::Option*>> names;
    const auto add = [&](const CLI::App& app, bool inherited) {
        for (const CLI::Option* option : options(app)) {
            if (inherited && (option == app.get_help_ptr() || option->check_lname("version"))) continue;
            for (const std::string& name : option->get_lnames()) names.emplace_back("--" + name, option);
            for (const std::string& name : option->get_snames()) names.emplace_back("-" + name, option);
        }
    };
    add(*command.app, false);
    if (command.app != &root) add(root, true);
    return names;
}

std::string replaced(std::string text, char wanted, std::string_view by) {
    for (std::size_t at = 0; (at = text.find(wanted, at)) != std::string::npos; at += by.size())
        text.replace(at, 1, by);
    return text;
}

std::string single_quoted(const std::string& text) {
    return "'" + replaced(text, '\'', "'\\''") + "'";
}

// The shells follow the existing words down the tree of commands.
std::string known_steps(const std::vector<Command>& commands, std::string_view separator) {
    std::string steps;
    for (const Command& command : commands) {
        if (command.name.find(' ') == std::string::npos) continue;
        steps += (steps.empty() ? "" : std::string(separator)) + "'" + command.name + "'";
    }
    return steps;
}

std::string bash_completion(const CLI::App& root) {
    const std::vector<Command> commands = commands_of(root);
    std::string text = fmt::format(
        "# bash completion for hone, made by `hone generate completion bash`\n"
        "_hone() {{\n"
        "    local current=${{COMP_WORDS[COMP_CWORD]}} place=hone word commands='' options=''\n"
        "    COMPREPLY=()\n"
        "    for word in \"${{COMP_WORDS[@]:1:COMP_CWORD-1}}\"; do\n"
        "        case \"$place $word\" in\n"
        "            {}) place=\"$place $word\" ;;\n"
        "        esac\n"
        "    done\n"
        "    case $place in\n",
        known_steps(commands, " | "));
    for (const Command& command : commands) {
        std::string below, names;
        for (const CLI::App* sub : subcommands(*command.app))
            below += (below.empty() ? "" : " ") + sub->get_name();
        for (const auto& [name, option] : dashed_names(command, root))
            names += (names.empty() ? "" : " ") + name;
        text += fmt::format("        '{}') commands='{}' options='{}' ;;\n", command.name, below, names);
    }
    return text +
           "    esac\n"
           "    case $current in\n"
           "        -*) mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$current\") ;;\n"
           "        *) mapfile -t COMPREPLY < <(compgen -W \"$commands\" -- \"$current\") ;;\n"
           "    esac\n"
           "}\n"
           "complete -o default -F _hone hone\n";
}

std::string zsh_completion(const CLI::App& root) {
    const std::vector<Command> commands = commands_of(root);
    std::string text = fmt::format(
        "#compdef hone\n"
        "# zsh completion for hone, made by `hone generate completion zsh`\n"
        "_hone() {{\n"
        "    local place=hone word\n"
        "    local -a commands options\n"
        "    for word in ${{words[2,CURRENT-1]}}; do\n"
        "        case \"$place $word\" in\n"
        "            ({}) place=\"$place $word\" ;;\n"
        "        esac\n"
        "    done\n"
        "    case $place in\n",
        known_steps(commands, " | "));
    // _describe wants name:description, with colons in the name escaped; no name contains one.
    for (const Command& command : commands) {
        text += fmt::format("        ('{}')\n            commands=(", command.name);
        for (const CLI::App* sub : subcommands(*command.app))
            text += "\n                " + single_quoted(sub->get_name() + ":" + sub->get_description());
        text += ")\n            options=(";
        for (const auto& [name, option] : dashed_names(command, root))
            text += "\n                " + single_quoted(name + ":" + option->get_description());
        text += ")\n            ;;\n";
    }
    return text +
           "    esac\n"
           "    if [[ $PREFIX == -* ]]; then\n"
           "        _describe -o option options\n"
           "    else\n"
           "        (( $#commands )) && _describe command commands\n"
           "        _files\n"
           "    fi\n"
           "}\n"
           "_hone \"$@\"\n";
}

std::string fish_completion(const CLI::App& root) {
    const auto quoted = [](const std::string& text) {
        return "'" + replaced(replaced(text, '\\', "\\\\"), '\'', "\\'") + "'";
    };
    const std::vector<Command> commands = commands_of(root);
    std::string text = fmt::format(
        "# fish completion for hone, made by `hone generate completion fish`\n"
        "function __hone_at\n"
        "    set -l place hone\n"
        "    for word in (commandline --tokenize --cut-at-cursor --current-process)[2..]\n"
        "        contains -- \"$place $word\" {}; and set place \"$place $word\"\n"
        "    end\n"
        "    test \"$place\" = \"$argv[1]\"\n"
        "end\n",
        known_steps(commands, " "));
    for (const Command& command : commands) {
        const std::string here = fmt::format("complete -c hone -n \"__hone_at '{}'\"", command.name);
        for (const CLI::App* sub : subcommands(*command.app)) {
            text += fmt::format("{} -a {} -d {}\n", here, sub->get_name(), quoted(sub->get_description()));
        }
        for (const auto& [name, option] : dashed_names(command, root)) {
            text += fmt::format("{} {} {} -d {}{}\n", here, name.starts_with("--") ? "-l" : "-s",
                                name.substr(name.starts_with("--") ? 2 : 1),
                                quoted(option->get_description()), takes_value(*option) ? " -r" : "");
        }
    }
    return text;
}

// Escapes text for roff: typed hyphens, backslashes, and lines that look like requests.
std::string roff(std::string text) {
    text = replaced(replaced(std::move(text), '\\', "\\e"), '-', "\\-");
    if (text.starts_with('.') || text.starts_with('\'')) text.insert(0, "\\&");
    return text;
}

std::string manual_option(const CLI::Option& option, const std::string& names) {
    std::string text = ".TP\n\\fB" + roff(names) + "\\fR";
    if (takes_value(option)) {
        const std::string kind = option.get_type_name();
        text += " \\fI" + roff(kind.empty() ? "VALUE" : kind) + "\\fR";
    }
    text += "\n" + roff(option.get_description());
    if (!option.get_default_str().empty()) text += roff(" [" + option.get_default_str() + "]");
    return text + "\n";
}

std::string manual_options(const CLI::App& app) {
    std::string text;
    for (const CLI::Option* option : app.get_options(
             [](const CLI::Option* one) { return !one->get_group().empty() && one->get_positional(); })) {
        text += fmt::format(".TP\n\\fI{}\\fR\n{}\n", roff(option->get_name(true)),
                            roff(option->get_description()));
    }
    for (const CLI::Option* option : options(app)) {
        if (option == app.get_help_ptr()) continue;  // documented once for all commands
        std::string names;
        for (const std::string& name : option->get_snames()) names += (names.empty() ? "-" : ", -") + name;
        for (const std::string& name : option->get_lnames()) names += (names.empty() ? "--" : ", --") + name;
        text += manual_option(*option, names);
    }
    return text;
}

// The date in SOURCE_DATE_EPOCH, so that the same source produces the same page; else today.
std::string page_date() {
    const auto fixed = environment("SOURCE_DATE_EPOCH");
    return iso8601(fixed ? std::atoll(fixed->c_str()) : unix_seconds()).substr(0, 10);
}

constexpr std::string_view kManualEnd = R"(.SH ENVIRONMENT
.TP
\fBHONE_LIBRARY\fR
Folder of the library.
.TP
\fBHONE_CATALOG\fR, \fBHONE_SURREALDB_PASSWORD\fR, \fBHONE_SURREALDB_PASSWORD_FILE\fR
The catalogue on a server, and the password for it.
.TP
\fBHONE_MODELS\fR
Further folders with models, with colons between them.
.TP
\fBHONE_LOG_FORMAT\fR
text or json: how lines of the log look.
.TP
\fBHF_ENDPOINT\fR, \fBHF_TOKEN\fR
The hub that \fBhone models pull\fR asks.
.SH FILES
.TP
\fI$XDG_DATA_HOME/hone\fR
The library, where neither \fB\-\-library\fR nor HONE_LIBRARY names another.
.TP
\fI/usr/share/hone/models\fR
Models that came with a package.
.TP
\fI/etc/default/hone\fR, \fI/var/lib/hone\fR
Settings and library of the service.
.SH EXIT STATUS
.TP
0
Done.
.TP
1
Failed; one line on standard error says why and what to do.
.TP
2
Wrong usage.
.TP
3
Another process is writing the library.
)";

std::string manual(const CLI::App& root) {
    std::string text = fmt::format(
        ".\\\" made by `hone generate man`\n"
        ".TH HONE 1 {} \"hone {}\" \"User Commands\"\n"
        ".SH NAME\nhone \\- search your photos by words and by marks\n"
        ".SH SYNOPSIS\n\\fBhone\\fR [\\fIOPTIONS\\fR] \\fICOMMAND\\fR ...\n"
        ".SH DESCRIPTION\n"
        "Hone reads folders of photos into a library and finds photos by words and by marks, in rounds.\n"
        "Hone never changes a photo.\n"
        "\\fBhone\\fR \\fICOMMAND\\fR \\fB\\-\\-help\\fR explains one command.\n"
        ".SH OPTIONS\nEvery command takes these.\n",
        page_date(), HONE_VERSION);
    text += manual_option(*root.get_help_ptr(), "-h, --help") + manual_options(root) + ".SH COMMANDS\n";
    for (const Command& command : commands_of(root)) {
        if (command.app == &root) continue;
        text += fmt::format(".SS {}\n{}.\n{}", roff(command.name), roff(command.app->get_description()),
                            manual_options(*command.app));
    }
    return text + std::string(kManualEnd);
}

}  // namespace

void add_generate(CLI::App& app, const GlobalOptions&, Action& chosen) {
    CLI::App* command = app.add_subcommand("generate", "shell completions and the manual page")->group("");
    command->require_subcommand(1);
    auto shell = std::make_shared<std::string>();
    CLI::App* completion = command->add_subcommand("completion", "print completions for a shell");
    completion->add_option("SHELL", *shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    completion->callback([&app, &chosen, shell] {
        chosen = [&app, shell] {
            fmt::print("{}", *shell == "bash"  ? bash_completion(app)
                             : *shell == "zsh" ? zsh_completion(app)
                                               : fish_completion(app));
            return kExitDone;
        };
    });
    command->add_subcommand("man", "print the manual page")->callback([&app, &chosen] {
        chosen = [&app] {
            fmt::print("{}", manual(app));
            return kExitDone;
        };
    });
}

}  // namespace hone
