// One function a command: adds it to the command line and says what to run when it is chosen.
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
void add_doctor(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_query(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_catalog(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_health(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_generate(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_users(CLI::App& app, const GlobalOptions& options, Action& chosen);
void add_bench(CLI::App& app, const GlobalOptions& options, Action& chosen);

// The parts that commands share.
void add_model_flags(CLI::App& command, ModelFlags& flags);
void add_patience_flag(CLI::App& command, std::chrono::milliseconds& patience);
// Runs body and turns an error into its line and exit code.
int run_command(const std::function<Result<>()>& body);
Result<fs::path> library_of(const GlobalOptions& options);
// What --catalog, HONE_CATALOG and the variables of the password say; nothing: SQLite. An address given
// as text overrides --catalog.
Result<std::optional<surreal::Address>> server_address(const std::string& catalog);

// Program entry: parses, runs, gives the exit code.
int run_hone(int argc, char** argv);

}  // namespace hone
