#include <CLI/CLI.hpp>
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
    app.add_flag("--json", options.json, "one JSON document on stdout");
    app.add_flag("--quiet", options.quiet, "no progress and no notes");
    app.add_flag("--verbose", options.verbose, "say more on stderr");
    Action chosen;
    for (const auto add :
         {add_serve, add_index, add_search, add_similar, add_duplicates, add_show, add_faces, add_people,
          add_status, add_folders, add_models, add_export, add_config, add_doctor, add_bench})
        add(app, options, chosen);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& wish) {
        return app.exit(wish);
    } catch (const CLI::ParseError& error) {
        std::string line = error.what();
        for (char& c : line) c = c == '\n' ? ' ' : c;
        fmt::print(stderr, "hone: {} (see hone --help)\n", line);
        return kExitUsage;
    }
    log::start(options.quiet ? log::Level::kError : options.verbose ? log::Level::kDebug : log::Level::kInfo);
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
