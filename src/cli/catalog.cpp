// SPDX-License-Identifier: GPL-3.0-or-later
// `hone catalog copy`: between a file and a server.
#include <CLI/CLI.hpp>

#include "catalog/surrealdb/copy.hpp"
#include "cli/commands.hpp"
#include "cli/progress_bar.hpp"
#include "wire/backup.hpp"
#include "wire/document.hpp"

namespace hone {

namespace {

Result<> copy(const GlobalOptions& options, const std::string& from, const std::string& to) {
    HONE_TRY(const fs::path directory, library_of(options));
    const bool from_file = from == "sqlite", to_file = to == "sqlite";
    if (from_file == to_file)
        return fail(ErrorKind::kUsage, "a copy needs sqlite on one side and surrealdb://... on the other");
    HONE_TRY(const auto address, server_address(from_file ? to : from));
    if (!address) return fail(ErrorKind::kUsage, "the address of the server is missing");
    HONE_CHECK(make_directories(directory));
    // No process may change the library meanwhile.
    auto lock = LockFile::acquire(directory / "lock", describe_process("catalog copy", ""));
    if (!lock && lock.error().kind == ErrorKind::kInUse)
        return fail(ErrorKind::kInUse, "the library {} is in use by {}; wait for it or stop it",
                    printable(directory), readable_holder(lock.error().message));
    if (!lock) return std::unexpected(lock.error());
    const fs::path file = directory / "catalog.db";
    std::error_code error;
    if (from_file && !fs::exists(file, error))
        return fail(ErrorKind::kNotFound, "there is no library in {} to copy", printable(directory));
    ProgressBar bar(options.quiet);
    const surreal::CopyProgress progress = [&](double share, const std::string& what) {
        bar.show(share, what);
    };
    const auto report = from_file ? surreal::copy_to_server(file, *address, directory, progress)
                                  : surreal::copy_from_server(*address, file, directory, progress);
    bar.clear();
    if (!report) return std::unexpected(report.error());
    if (options.json) {
        fmt::print("{}\n", dump(to_json(*report), 2));
    } else {
        fmt::print("copied {} photos; compared {} rows of {} tables, every column, both ways: all alike\n",
                   report->photos, report->rows, report->tables);
    }
    return {};
}

}  // namespace

void add_catalog(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    CLI::App* command = app.add_subcommand("catalog", "copy the catalogue between a file and a server");
    command->require_subcommand(1);
    auto from = std::make_shared<std::string>(), to = std::make_shared<std::string>();
    CLI::App* copying =
        command->add_subcommand("copy", "copy the catalogue; an interrupted copy continues where it stopped");
    copying->add_option("--from", *from, "sqlite or surrealdb://...")->required();
    copying->add_option("--to", *to, "sqlite or surrealdb://...")->required();
    copying->callback([&options, &chosen, from, to] {
        chosen = [&options, from, to] { return run_command([&] { return copy(options, *from, *to); }); };
    });
}

}  // namespace hone
