// SPDX-License-Identifier: GPL-3.0-or-later
// `hone health`: checks that the server of the library answers, for HEALTHCHECK and probes.
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/remote.hpp"

namespace hone {

void add_health(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    CLI::App* command =
        app.add_subcommand("health", "check whether hone serve answers; exit 0 if it does, 1 if not");
    auto ready = std::make_shared<bool>(false);
    command->add_flag("--ready", *ready, "also require a model and a reachable catalogue");
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
