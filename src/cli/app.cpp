#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>

#include "base/config.hpp"
#include "base/log.hpp"
#include "cli/commands.hpp"
#include "model/session.hpp"

namespace hone {

void add_model_flags(CLI::App& command, ModelFlags& flags) {
    command.add_option("--device", flags.device, "where the image network runs: auto, cpu, webgpu, cuda")
        ->default_str("auto");
    command.add_option("--precision", flags.precision, "f32, fp16 or int8, where the model has it");
}

void add_patience_flag(CLI::App& command, std::chrono::milliseconds& patience) {
    command
        .add_option_function<double>(
            "--patience",
            [&patience](double seconds) {
                patience = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
            },
            "seconds that a drive may keep silent before a file of it is given up")
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

// Other users see the command line in ps. Gives the passwords that stood there, as they were written.
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

}  // namespace

int run_hone(int argc, char** argv) try {
    // A reader that goes away (hone search ... | head) must not kill us in the middle of a write.
    std::signal(SIGPIPE, SIG_IGN);
    CLI::App app{"Hone: search your photos by words and by what fits"};
    app.set_version_flag("--version", std::string("hone ") + HONE_VERSION + ", " + engine_version());
    app.require_subcommand(1);
    app.fallthrough();
    GlobalOptions options;
    app.add_option("--library", options.library,
                   "folder of the library (HONE_LIBRARY; default: $XDG_DATA_HOME/hone)");
    app.add_option("--catalog", options.catalog,
                   "surrealdb://USER:PASSWORD@HOST:PORT/NAMESPACE/DATABASE, or surrealdbs:// (HONE_CATALOG; "
                   "the password also from HONE_SURREALDB_PASSWORD or the file HONE_SURREALDB_PASSWORD_FILE "
                   "names); default: a file in the library");
    app.add_flag("--json", options.json, "one JSON document on stdout");
    app.add_flag("--quiet", options.quiet, "no progress and no notes");
    app.add_flag("--verbose", options.verbose, "say more on stderr");
    app.add_option("--log-format", options.log_format,
                   "text or json: one object a line on stderr (HONE_LOG_FORMAT)")
        ->default_str("text");
    Action chosen;
    for (const auto add : {add_serve,   add_index,  add_worker, add_search, add_similar, add_duplicates,
                           add_show,    add_faces,  add_people, add_status, add_folders, add_query,
                           add_catalog, add_models, add_export, add_backup, add_restore, add_config,
                           add_doctor,  add_bench,  add_users,  add_health, add_generate})
        add(app, options, chosen);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& wish) {
        return app.exit(wish);
    } catch (const CLI::ParseError& error) {
        std::string line = error.what();
        for (const std::string& password : hide_passwords(argc, argv)) {
            for (std::size_t at = 0; (at = line.find(password, at)) != std::string::npos;)
                line.replace(at, password.size(), ":***@");
        }
        for (char& c : line) c = c == '\n' ? ' ' : c;
        fmt::print(stderr, "hone: {} (see hone --help)\n", line);
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
        return report(
            {ErrorKind::kFailed, "cannot write the answer: the disk may be full or the reader gone"});
    return code;
} catch (const std::bad_alloc&) {
    return report({ErrorKind::kFailed, "out of memory"});
} catch (const std::exception& error) {
    return report({ErrorKind::kFailed, fmt::format("unexpected: {}; please report this", error.what())});
}

}  // namespace hone
