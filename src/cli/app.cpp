// SPDX-License-Identifier: GPL-3.0-or-later
// Defines the command line, parses it and runs the chosen command.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>

#include "base/config.hpp"
#include "base/log.hpp"
#include "cli/commands.hpp"
#include "cli/help.hpp"
#include "model/session.hpp"

namespace hone {

void add_model_flags(CLI::App& command, ModelFlags& flags) {
    command.add_option("--device", flags.device, "where to run the image network: auto, cpu, webgpu or cuda")
        ->default_str("auto");
    command.add_option("--precision", flags.precision,
                       "numbers of the network: f32, fp16 or int8, if the model has them");
}

void add_patience_flag(CLI::App& command, std::chrono::milliseconds& patience) {
    command
        .add_option_function<double>(
            "--patience",
            [&patience](double seconds) {
                patience = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
            },
            "seconds without an answer from a drive after which a file counts as failed")
        ->check(CLI::Range(0.1, 3600.0))
        ->default_str("20");
}

int run_command(const std::function<Result<>()>& body) {
    const auto done = body();
    return done ? kExitDone : report(done.error());
}

Result<fs::path> library_of(const GlobalOptions& options) {
    return library_directory(options.library);
}

Result<std::optional<surreal::Address>> server_address(const std::string& catalog) {
    const std::string text = catalog.empty() ? environment("HONE_CATALOG").value_or("") : catalog;
    if (text.empty() || text == "sqlite") return std::nullopt;
    HONE_TRY(surreal::Address address, surreal::parse_address(text));
    if (const auto password = environment("HONE_SURREALDB_PASSWORD")) {
        address.password = *password;
    } else if (const auto file = environment("HONE_SURREALDB_PASSWORD_FILE")) {
        HONE_TRY(address.password, read_text(*file, 4096));
        while (address.password.ends_with('\n')) address.password.pop_back();
    }
    return address;
}

namespace {

// Other users see the command line in ps, so overwrite passwords in it. Returns the original arguments that
// contained them.
std::vector<std::string> hide_passwords(int argc, char** argv) {
    std::vector<std::string> hidden;
    for (int at = 1; at < argc; ++at) {
        const std::string_view text = argv[at];
        const std::size_t scheme = text.find("://"), end = text.rfind('@');
        if (scheme == std::string_view::npos || end == std::string_view::npos || end < scheme) continue;
        const std::size_t colon = text.find(':', scheme + 3);
        if (colon == std::string_view::npos || colon > end) continue;
        hidden.emplace_back(text.substr(colon, end + 1 - colon));
        std::fill(argv[at] + colon + 1, argv[at] + end, '*');
    }
    return hidden;
}

// What to do about a command line that was not understood: a suggestion for the first unknown argument, or
// where the help is.
std::string advice(const CLI::App& app) {
    const CLI::App* command = &app;
    std::string name = "hone";
    while (!command->get_subcommands().empty()) {
        command = command->get_subcommands().front();
        name += " " + command->get_name();
    }
    const std::vector<std::string> unknown = app.remaining(true);
    const std::string suggestion = unknown.empty() ? "" : suggestion_for(*command, unknown.front());
    if (suggestion.empty()) return fmt::format("see {} --help", name);
    return fmt::format("{}{} {} --help", suggestion, suggestion.ends_with('?') ? " See" : "; see", name);
}

}  // namespace

int run_hone(int argc, char** argv) try {
    // A reader that exits early (hone search ... | head) must not kill the process in the middle of a write.
    std::signal(SIGPIPE, SIG_IGN);
    CLI::App app{"Hone: search your photos by words and by marks"};
    app.set_version_flag("--version", std::string("hone ") + HONE_VERSION + ", " + engine_version());
    app.require_subcommand(1);
    app.fallthrough();
    GlobalOptions options;
    app.add_option("--library", options.library,
                   "folder for Hone's data (HONE_LIBRARY; default: $XDG_DATA_HOME/hone)");
    app.add_option(
        "--catalog", options.catalog,
        "use a catalogue on a server: surrealdb://USER:PASSWORD@HOST:PORT/NAMESPACE/DATABASE, or "
        "surrealdbs:// with TLS (HONE_CATALOG; password also from HONE_SURREALDB_PASSWORD or the file "
        "named by HONE_SURREALDB_PASSWORD_FILE); default: a file in the library");
    app.add_flag("--json", options.json, "print one JSON document");
    app.add_flag("--quiet", options.quiet, "print errors only");
    app.add_flag("--verbose", options.verbose, "print more on stderr");
    app.add_option("--log-format", options.log_format,
                   "form of the log on stderr: text, or json with one object per line (HONE_LOG_FORMAT)")
        ->default_str("text");
    Action chosen;
    // In the order of the groups of `hone --help` (cli/help.cpp).
    for (const auto add : {add_search,  add_similar, add_show,   add_duplicates, add_index, add_folders,
                           add_status,  add_export,  add_config, add_people,     add_faces, add_models,
                           add_serve,   add_users,   add_health, add_worker,     add_query, add_backup,
                           add_restore, add_forget,  add_doctor, add_catalog,    add_bench, add_generate})
        add(app, options, chosen);
    arrange_help(app);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& wish) {
        return app.exit(wish);
    } catch (const CLI::ParseError& error) {
        std::string line = error.what();
        const std::vector<std::string> unknown = app.remaining();
        if (app.get_subcommands().empty() && !unknown.empty())
            line = fmt::format("there is no {} '{}'", unknown.front().starts_with('-') ? "option" : "command",
                               unknown.front());
        for (const std::string& password : hide_passwords(argc, argv)) {
            for (std::size_t at = 0; (at = line.find(password, at)) != std::string::npos;)
                line.replace(at, password.size(), ":***@");
        }
        for (char& c : line) c = c == '\n' ? ' ' : c;
        fmt::print(stderr, "hone: {} ({})\n", line, advice(app));
        return kExitUsage;
    }
    hide_passwords(argc, argv);
    if (options.log_format.empty()) options.log_format = environment("HONE_LOG_FORMAT").value_or("text");
    if (options.log_format != "text" && options.log_format != "json") {
        fmt::print(stderr, "hone: the log format is text or json, not '{}' (--log-format, HONE_LOG_FORMAT)\n",
                   options.log_format);
        return kExitUsage;
    }
    log::start(options.quiet     ? log::Level::kError
               : options.verbose ? log::Level::kDebug
                                 : log::Level::kInfo,
               options.log_format == "json" ? log::Format::kJson : log::Format::kText);
    const auto address = server_address(options.catalog);
    if (!address) {
        report(address.error());
        return address.error().kind == ErrorKind::kUsage ? kExitUsage : kExitFailed;
    }
    if (*address) Library::use_server(**address);
    const int code = chosen();
    if (std::fflush(stdout) != 0)
        return report({ErrorKind::kFailed,
                       "cannot write the output: the disk may be full, or the reading program has ended"});
    return code;
} catch (const std::bad_alloc&) {
    return report({ErrorKind::kFailed, "out of memory"});
} catch (const std::exception& error) {
    return report({ErrorKind::kFailed, fmt::format("unexpected: {}; please report this", error.what())});
}

}  // namespace hone
