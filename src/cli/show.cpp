// hone show ID|PATH: everything known of one photo.
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "server/json.hpp"

namespace hone {

using nlohmann::json;

namespace {

Result<> show(const GlobalOptions& options, const std::string& name) {
    HONE_TRY(const fs::path directory, library_of(options));
    HONE_TRY(const auto library, Library::open(directory, Access::kRead));
    HONE_TRY(const Photo photo, library->catalog().resolve(name));
    HONE_TRY(const json details, photo_details(library->catalog(), photo));
    if (options.json) {
        fmt::print("{}\n", dump(details, 2));
        return {};
    }
    fmt::print("id       {}\nsize     {} x {}, {} bytes, {}\nadded    {}\n", details.value("id", ""),
               photo.width, photo.height, photo.bytes, photo.format, iso8601(photo.added_at));
    for (const json& place : details["places"])
        fmt::print("file     {}{}\n", place.value("path", ""),
                   place.value("reachable", false) ? "" : "  (not there now)");
    for (const json& done : details["analyses"])
        fmt::print("analysis {} {} by {} at {}\n", done.value("analyzer", ""), done.value("version", 0),
                   done.value("model", ""), done.value("at", ""));
    return {};
}

}  // namespace

void add_show(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    auto name = std::make_shared<std::string>();
    CLI::App* command = app.add_subcommand("show", "everything known of one photo");
    command->add_option("PHOTO", *name, "id, unique prefix of one, or path")->required();
    command->callback([&options, &chosen, name] {
        chosen = [&options, name] { return run_command([&] { return show(options, *name); }); };
    });
}

}  // namespace hone
