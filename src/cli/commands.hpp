// SPDX-License-Identifier: GPL-3.0-or-later
// One function per command: adds it to the command line and sets `chosen` to its action when it is selected.
// All functions run on the main thread.
#pragma once

#include <chrono>
#include <functional>

#include "cli/context.hpp"

namespace CLI {
class App;
}

namespace hone {

using Action = std::function<int()>;

void add_serve(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_index(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_worker(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_search(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_similar(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_duplicates(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_show(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_status(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_folders(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_models(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_faces(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_people(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_backup(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_restore(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_export(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_config(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_forget(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_doctor(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_query(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_catalog(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_health(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_generate(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_users(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_bench(CLI::App& app, const GlobalOptions& options, Action& chosen);

// Helpers shared by commands.
void add_model_flags(CLI::App& command, ModelFlags& flags);
void add_patience_flag(CLI::App& command, std::chrono::milliseconds& patience);
// Runs the body; prints its error and returns the exit code.
int run_command(const std::function<Result<>()>& body);
// Returns the library folder of the options. kUsage when there is none.
Result<fs::path> library_of(const GlobalOptions& options);
// Reads --catalog, HONE_CATALOG and the variables for the password; std::nullopt: SQLite. catalog: an address
// that overrides --catalog. kUsage for an invalid address.
Result<std::optional<surreal::Address>> server_address(const std::string& catalog);

// Program entry: parses, runs, returns the exit code.
int run_hone(int argc, char** argv);

}  // namespace hone
