// hone health: whether the server that holds the library answers, for HEALTHCHECK and probes.
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/remote.hpp"

namespace hone {

void add_health(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    CLI::App* command =
        app.add_subcommand("health", "whether hone serve on this library answers: exit 0 or 1");
    auto ready = std::make_shared<bool>(false);
    command->add_flag("--ready", *ready, "and can search: it has a model and reaches its catalogue");
    command->callback([&options, &chosen, ready] {
        chosen = [&options, ready] {
            return run_command([&]() -> Result<> {
                HONE_TRY(const fs::path directory, library_of(options));
                const auto url = server_of(directory);
                if (!url) return fail("no hone serve holds the library {}", printable(directory));
                HONE_CHECK(ask_health(url->url, *ready ? "/readyz" : "/healthz"));
                if (!options.quiet) fmt::print("{}\n", *ready ? "ready" : "ok");
                return {};
            });
        };
    });
}

}  // namespace hone
