// SPDX-License-Identifier: GPL-3.0-or-later
// `hone index [FOLDER...]`: adds the folders and brings the library up to date.
#include <CLI/CLI.hpp>
#include <thread>

#include "base/log.hpp"
#include "cli/commands.hpp"
#include "cli/indexing_tools.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress_bar.hpp"
#include "cli/remote.hpp"
#include "wire/scan.hpp"

namespace hone {

using nlohmann::json;

namespace {

struct IndexFlags {
    std::vector<std::string> folders;
    bool retry_failed = false, svg = false;
    std::chrono::milliseconds patience = kBlockingCallPatience;
    ModelFlags model;
};

IndexOptions options_of(const IndexFlags& flags) {
    IndexOptions options;
    options.retry_failed = flags.retry_failed;
    options.svg = flags.svg;
    options.patience = flags.patience;
    return options;
}

class LoggingObserver final : public IndexObserver {
  public:
    void on_failure(const IndexFailure& failure) override {
        log::debug("{} ({}): {}", failure.path, failure.stage, failure.reason);
    }
};

void print_summary(const GlobalOptions& options, const json& summary) {
    if (options.json) {
        fmt::print("{}\n", dump(summary, 2));
        return;
    }
    fmt::print(
        "{} files: {} new photos, {} unchanged, {} moved, {} skipped, {} failed; {} photos in the library\n",
        summary.value("files", 0), summary.value("new", 0), summary.value("unchanged", 0),
        summary.value("moved", 0), summary.value("skipped", 0), summary.value("failed", 0),
        summary.value("photos", 0));
    if (summary.value("embedded", 0) > 0)
        fmt::print("{:.1f} s, {:.1f} photos/s\n", summary.value("seconds", 0.0),
                   summary.value("photos_per_second", 0.0));
    const json kinds = summary.value("skipped_kinds", json::object());
    for (const auto& [kind, count] : kinds.items())
        fmt::print("  skipped, {}: {}\n", kind, count.get<std::uint64_t>());
    const json failures = summary.value("failures", json::array());
    for (const json& failure : failures) {
        fmt::print("  failed: {} ({}: {})\n", failure.value("path", ""), failure.value("stage", ""),
                   failure.value("reason", ""));
    }
}

Result<> index_here(const GlobalOptions& options, const IndexFlags& flags, const fs::path& directory,
                    const std::vector<fs::path>& folders) {
    HONE_TRY(const auto library, open_for_writing(directory, "index"));
    Catalog& catalog = library->catalog();
    for (const fs::path& folder : folders) {
        HONE_TRY(const Folder added, catalog.add_folder(folder));
    }
    HONE_TRY(const std::vector<Folder> known, catalog.folders());
    if (known.empty())
        return fail(ErrorKind::kUsage,
                    "the library has no folder yet: give one, for example `hone index ~/Pictures`");
    HONE_TRY(ModelChoice models, open_models(*library, flags.model));
    HONE_TRY(const auto tools, IndexingTools::open(*library, std::move(models)));
    LoggingObserver observer;
    const std::unique_ptr<People> people = open_people(*library, tools->faces());
    HONE_TRY(IndexParts parts, tools->parts(observer));
    parts.group_people = [&] { return people->update(); };
    Indexer indexer(std::move(parts));

    const Interrupt interrupt;
    Result<IndexSummary> summary;
    {
        ProgressBar bar(options.quiet || options.json);
        std::jthread display([&](const std::stop_token& done) {
            while (!done.stop_requested()) {
                bar.show(to_json(indexer.progress()));
                std::this_thread::sleep_for(std::chrono::milliseconds(100));
            }
        });
        summary = indexer.run(whole(known), interrupt.token(), options_of(flags));
    }
    if (!summary) return std::unexpected(summary.error());
    print_summary(options, to_json(*summary));
    if (interrupt.asked()) return fail("stopped; run it again to continue");
    return {};
}

Result<> index(const GlobalOptions& options, const IndexFlags& flags) {
    HONE_TRY(const fs::path directory, library_of(options));
    std::vector<fs::path> folders;
    for (const std::string& name : flags.folders) {
        const fs::path folder = normal_folder(name);
        BlockingCalls calls(flags.patience);
        HONE_CHECK(check_folder(folder, calls));
        folders.push_back(folder);
    }
    if (const auto url = server_of(directory)) {
        ProgressBar bar(options.quiet || options.json);
        HONE_TRY(const json summary,
                 index_on_server(*url, folders, flags.retry_failed, [&](const json& status) {
                     bar.show(status.value("indexing", json::object()));
                 }));
        bar.clear();
        print_summary(options, summary);
        return {};
    }
    return index_here(options, flags, directory, folders);
}

}  // namespace

void add_index(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    auto flags = std::make_shared<IndexFlags>();
    CLI::App* command = app.add_subcommand("index", "add folders and index new photos in all folders");
    command->add_option("FOLDER", flags->folders, "folders with photos; default: the folders of the library");
    command->add_flag("--retry-failed", flags->retry_failed,
                      "try damaged files again although they did not change");
    command->add_flag("--svg", flags->svg, "index SVG drawings too");
    add_patience_flag(*command, flags->patience);
    add_model_flags(*command, flags->model);
    command->callback([&options, &chosen, flags] {
        chosen = [&options, flags] { return run_command([&] { return index(options, *flags); }); };
    });
}

}  // namespace hone
