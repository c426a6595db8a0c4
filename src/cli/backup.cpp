// SPDX-License-Identifier: GPL-3.0-or-later
// `hone backup FILE`, `hone restore FILE`.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "cli/commands.hpp"
#include "library/backup.hpp"
#include "wire/backup.hpp"
#include "wire/document.hpp"

namespace hone {

namespace {

Result<> refuse_server() {
    if (!Library::has_server()) return {};
    return fail(ErrorKind::kUsage,
                "this catalogue is on a server: save it with the server's export, or copy it into a library "
                "with `hone catalog copy --to sqlite` and save that");
}

Result<> backup(const GlobalOptions& options, const std::string& file, bool with_thumbnails) {
    HONE_CHECK(refuse_server());
    HONE_TRY(const fs::path directory, library_of(options));
    HONE_TRY(const BackupSummary summary, write_backup(directory, file, with_thumbnails));
    if (options.json)
        fmt::print("{}\n", dump(to_json(summary), 2));
    else if (!options.quiet)
        fmt::print("{}: {} photos as of {}, {:.1f} MB\n", file, summary.photos, summary.made_at,
                   static_cast<double>(summary.bytes) / 1e6);
    return {};
}

struct RestoreFlags {
    std::string file;
    std::vector<std::string> maps;
    bool yes = false;
};

Result<> restore(const GlobalOptions& options, const RestoreFlags& flags) {
    HONE_CHECK(refuse_server());
    HONE_TRY(const PathMap paths, PathMap::parse(flags.maps));
    HONE_TRY(const fs::path directory, library_of(options));
    HONE_TRY(const BackupSummary found, inspect_backup(flags.file));
    std::error_code error;
    if (!flags.yes && fs::exists(directory / "catalog.db", error)) {
        if (::isatty(STDIN_FILENO) == 0)
            return fail(ErrorKind::kUsage,
                        "a library already exists in {}; --yes replaces it with the backup",
                        printable(directory));
        fmt::print("Replace the library in {2} with the backup of {0} ({1} photos)? [y/N] ", found.made_at,
                   found.photos, printable(directory));
        std::fflush(stdout);
        std::string answer;
        std::getline(std::cin, answer);
        if (answer != "y" && answer != "Y" && answer != "yes") return fail("nothing was changed");
    }
    auto summary = restore_backup(flags.file, directory, paths);
    if (!summary && summary.error().kind == ErrorKind::kInUse)
        return fail(ErrorKind::kInUse, "the library {} is in use by {}; stop it first", printable(directory),
                    readable_holder(summary.error().message));
    if (!summary) return std::unexpected(summary.error());
    if (options.json)
        fmt::print("{}\n", dump(to_json(*summary), 2));
    else if (!options.quiet)
        fmt::print("restored: {} photos as of {}\n", summary->photos, summary->made_at);
    return {};
}

}  // namespace

void add_backup(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    auto file = std::make_shared<std::string>();
    auto with_thumbnails = std::make_shared<bool>(false);
    CLI::App* command =
        app.add_subcommand("backup", "save the library into one file, also while hone serve runs");
    command->add_option("FILE", *file, "file to write; an existing backup is replaced")->required();
    command->add_flag("--with-thumbnails", *with_thumbnails,
                      "include the thumbnails, which Hone can also make again");
    command->callback([&options, &chosen, file, with_thumbnails] {
        chosen = [&options, file, with_thumbnails] {
            return run_command([&] { return backup(options, *file, *with_thumbnails); });
        };
    });
}

void add_restore(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    auto flags = std::make_shared<RestoreFlags>();
    CLI::App* command = app.add_subcommand("restore", "replace the library with a backup");
    command->add_option("FILE", flags->file, "a file that hone backup wrote")->required();
    command->add_option("--map", flags->maps,
                        "OLD=NEW: a folder of photos that moved from OLD to NEW; repeatable");
    command->add_flag("--yes", flags->yes, "replace an existing library without asking");
    command->callback([&options, &chosen, flags] {
        chosen = [&options, flags] { return run_command([&] { return restore(options, *flags); }); };
    });
}

}  // namespace hone
