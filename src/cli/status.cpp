// SPDX-License-Identifier: GPL-3.0-or-later
// `hone status`: the content and state of the library.
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/remote.hpp"
#include "server/json.hpp"

namespace hone {

using nlohmann::json;

namespace {

Result<> status(const GlobalOptions& options) {
    HONE_TRY(const fs::path directory, library_of(options));
    HONE_TRY(const auto library, Library::open(directory, Access::kRead));
    Catalog& catalog = library->catalog();
    HONE_TRY(const auto snapshot, library->snapshot());
    const Counts& counts = snapshot->counts();
    HONE_TRY(const MissingCount missing, catalog.count_missing());
    HONE_TRY(const json list, folders_json(*library));
    const auto model = open_model(*library, {});
    json of_model, problem;
    std::uint64_t searchable = 0;
    if (model) {
        const Manifest& manifest = (*model)->manifest();
        of_model = {{"name", manifest.name},
                    {"title", manifest.title},
                    {"dimension", manifest.dimension},
                    {"licence", manifest.licence},
                    {"precision", precision_name((*model)->image_precision())}};
        HONE_TRY(const auto numbers, catalog.vector_numbers(content_key(**model)));
        for (const PhotoNumber number : numbers) searchable += snapshot->is_available(number) ? 1 : 0;
    } else {
        problem = model.error().message;
    }
    constexpr std::size_t kShownFailures = 20;
    HONE_TRY(const std::vector<FileRecord> failed,
             catalog.failures(options.json ? IndexSummary::kListedFailures : kShownFailures));
    json failures = json::array();
    for (const FileRecord& file : failed)
        failures.push_back(to_json(IndexFailure{utf8_path(file.facts.path), file.stage, file.reason}));
    const auto url = server_of(directory);
    // Only a server watches; without its answer the state of the library is still worth showing.
    json unwatched;
    if (url) {
        if (const auto running = status_of(*url)) unwatched = running->value("unwatched", json());
    }
    const json body = {{"version", HONE_VERSION},
                       {"library", utf8_path(directory)},
                       {"photos", counts.photos},
                       {"searchable", searchable},
                       {"failed", counts.failed},
                       {"skipped", skipped_json(counts)},
                       {"missing", missing_json(missing)},
                       {"model", of_model},
                       {"model_problem", problem},
                       {"folders", list},
                       {"server", url ? json(url->url) : json()},
                       {"failures", failures},
                       {"unwatched", unwatched}};
    if (options.json) {
        fmt::print("{}\n", dump(body, 2));
        return {};
    }
    fmt::print("library  {}\nphotos   {}, {} searchable, {} files failed\n", printable(directory),
               counts.photos, searchable, counts.failed);
    if (missing.photos > 0)
        fmt::print("missing  {} photos without a file; `hone forget` deletes what is known about them\n",
                   missing.photos);
    fmt::print("model    {}\n", model ? (*model)->manifest().name : model.error().message);
    for (const json& folder : list) {
        fmt::print("folder   {}  {}: {} photos{}\n", folder.value("id", 0), folder.value("path", ""),
                   folder.value("photos", 0), folder.value("reachable", true) ? "" : "  (offline)");
    }
    for (const json& folder : unwatched)
        fmt::print("unwatched {}: {}\n", folder.value("path", ""), folder.value("reason", ""));
    for (const FileRecord& file : failed)
        fmt::print("failed   {} ({}: {})\n", printable(file.facts.path), file.stage, file.reason);
    if (counts.failed > failed.size())
        fmt::print("         and {} more; --json lists all\n", counts.failed - failed.size());
    if (url) fmt::print("server   {}\n", url->url);
    return {};
}

}  // namespace

void add_status(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    CLI::App* command = app.add_subcommand("status", "show the size and state of the library");
    command->callback([&options, &chosen] {
        chosen = [&options] { return run_command([&] { return status(options); }); };
    });
}

}  // namespace hone
