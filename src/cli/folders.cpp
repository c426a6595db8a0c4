// SPDX-License-Identifier: GPL-3.0-or-later
// `hone folders [add|remove|list]`.
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "wire/folders.hpp"

namespace hone {

using nlohmann::json;

namespace {

Result<> list_folders(const GlobalOptions& options) {
    HONE_TRY(const fs::path directory, library_of(options));
    HONE_TRY(const auto library, Library::open(directory, Access::kRead));
    HONE_TRY(const Document folders, folders_document(*library));
    if (options.json) {
        fmt::print("{}\n", dump(folders));
        return {};
    }
    for (const json& folder : folders.all()["folders"]) {
        fmt::print("{:4}  {}  {} photos{}\n", folder.value("id", 0), folder.value("path", ""),
                   folder.value("photos", 0), folder.value("reachable", true) ? "" : "  (offline)");
    }
    return {};
}

Result<> add_folders_to(const GlobalOptions& options, const std::vector<std::string>& names) {
    HONE_TRY(const fs::path directory, library_of(options));
    BlockingCalls calls;
    for (const std::string& name : names) HONE_CHECK(check_folder(normal_folder(name), calls));
    HONE_TRY(const auto library, open_for_writing(directory, "folders"));
    for (const std::string& name : names) {
        HONE_TRY(const Folder folder, library->catalog().add_folder(normal_folder(name)));
    }
    return {};
}

Result<> remove_folder(const GlobalOptions& options, const std::string& name) {
    HONE_TRY(const fs::path directory, library_of(options));
    HONE_TRY(const auto library, open_for_writing(directory, "folders"));
    HONE_TRY(const std::vector<Folder> folders, library->catalog().folders());
    for (const Folder& folder : folders) {
        if (std::to_string(folder.id) == name || folder.path == normal_folder(name))
            return library->catalog().remove_folder(folder.id);
    }
    return fail(ErrorKind::kNotFound,
                "{} is not a folder of the library; `hone folders list` shows the folders", name);
}

}  // namespace

void add_folders(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    CLI::App* command = app.add_subcommand("folders", "list, add or remove folders");
    command->require_subcommand(0, 1);
    command->add_subcommand("list", "list the folders");
    auto names = std::make_shared<std::vector<std::string>>();
    CLI::App* add = command->add_subcommand("add", "add folders; `hone index` then indexes them");
    add->add_option("FOLDER", *names, "a folder with photos")->required();
    auto name = std::make_shared<std::string>();
    CLI::App* remove = command->add_subcommand(
        "remove", "remove a folder from the library; what Hone learned about its photos is kept");
    remove->add_option("FOLDER", *name, "its path or number")->required();
    command->callback([&options, &chosen, add, remove, names, name] {
        chosen = [&options, add, remove, names, name] {
            return run_command([&] {
                return *add      ? add_folders_to(options, *names)
                       : *remove ? remove_folder(options, *name)
                                 : list_folders(options);
            });
        };
    });
}

}  // namespace hone
