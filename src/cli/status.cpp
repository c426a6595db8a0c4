// SPDX-License-Identifier: GPL-3.0-or-later
// `hone status`: the content and state of the library.
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/progress_bar.hpp"
#include "cli/remote.hpp"
#include "wire/folders.hpp"
#include "wire/status.hpp"

namespace hone {

using nlohmann::json;

namespace {

void print_jobs(const json& indexing) {
    fmt::print("scan     {}\n",
               indexing.value("state", "idle") == "idle" ? "none is running" : progress_text(indexing));
    for (const json& job : indexing.value("jobs", json::array())) {
        fmt::print("job      {:<12} {:<8} {} of {}", job.value("name", ""), job.value("state", ""),
                   job.value("done", 0), job.value("total", 0));
        if (const double rate = job.value("per_second", 0.0); rate > 0) fmt::print(", {:.1f}/s", rate);
        if (job.contains("seconds_left") && job["seconds_left"].is_number())
            fmt::print(", {} left", duration_text(job["seconds_left"].get<double>()));
        if (const int failures = job.value("failed", 0); failures > 0)
            fmt::print(", {} failed: {}", failures, job.value("reason", ""));
        fmt::print("\n");
    }
}

Result<> status(const GlobalOptions& options) {
    HONE_TRY(const fs::path directory, library_of(options));
    HONE_TRY(const auto library, Library::open(directory, Access::kRead));
    Catalog& catalog = library->catalog();
    HONE_TRY(const auto snapshot, library->snapshot());
    const Counts& counts = snapshot->counts();
    const auto models = open_models(*library, {});
    const ImageTextModel* const model = models ? models->in_use.get() : nullptr;
    LibraryStatus state{.version = HONE_VERSION,
                        .library = directory,
                        .counts = counts,
                        .model = model,
                        .next_model = models ? models->next.get() : nullptr,
                        .model_problem = models ? "" : models.error().message};
    HONE_TRY(state.missing, catalog.count_missing());
    HONE_TRY(state.folders, folders_json(*library));
    if (model != nullptr) {
        HONE_TRY(const auto numbers, catalog.vector_numbers(content_key(*model)));
        for (const PhotoNumber number : numbers) state.searchable += snapshot->is_available(number) ? 1 : 0;
    }
    constexpr std::size_t kShownFailures = 20;
    HONE_TRY(const std::vector<FileRecord> failed,
             catalog.failures(options.json ? IndexSummary::kListedFailures : kShownFailures));
    const auto url = server_of(directory);
    // Only a server watches and scans; without its answer the state of the library is still worth showing.
    json unwatched, indexing;
    if (url) {
        if (const auto running = status_of(*url)) {
            unwatched = running->value("unwatched", json());
            indexing = running->value("indexing", json());
        }
    }
    if (options.json) {
        fmt::print("{}\n", dump(command_status(state, failed, url ? url->url : "", unwatched, indexing), 2));
        return {};
    }
    fmt::print("library  {}\nphotos   {}, {} searchable, {} files failed\n", printable(directory),
               counts.photos, state.searchable, counts.failed);
    if (state.missing.photos > 0)
        fmt::print("missing  {} photos without a file; `hone forget` deletes what is known about them\n",
                   state.missing.photos);
    fmt::print("model    {}\n", model != nullptr ? model->manifest().name : models.error().message);
    if (model != nullptr && models->next)
        fmt::print("         {} embeds the photos and is used then\n", models->next->manifest().name);
    for (const json& folder : state.folders) {
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
    if (indexing.is_object()) print_jobs(indexing);
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
