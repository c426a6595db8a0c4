// SPDX-License-Identifier: GPL-3.0-or-later
// `hone worker`: indexes photos for a catalogue that several processes share.
#include <CLI/CLI.hpp>

#include "base/log.hpp"
#include "base/time.hpp"
#include "cli/commands.hpp"
#include "cli/indexing_tools.hpp"
#include "cli/interrupt.hpp"
#include "wire/scan.hpp"

namespace hone {

namespace {

struct WorkerFlags {
    std::vector<std::string> maps;
    int lease_seconds = 60, every_seconds = 30;
    bool once = false, svg = false;
    std::chrono::milliseconds patience = kBlockingCallPatience;
    ModelFlags model;
};

class FailureLog final : public IndexObserver {
  public:
    void on_failure(const IndexFailure& failure) override {
        log::info("{} ({}): {}", failure.path, failure.stage, failure.reason);
    }
};

Result<> work(const GlobalOptions& options, const WorkerFlags& flags) {
    if (!Library::has_server()) {
        return fail(ErrorKind::kUsage,
                    "workers share a catalogue on a server: name it with --catalog surrealdb://... or "
                    "HONE_CATALOG");
    }
    IndexOptions index;
    HONE_TRY(index.paths, PathMap::parse(flags.maps));
    index.svg = flags.svg;
    index.patience = flags.patience;
    index.tracks_missing_files = false;
    Library::set_lease(std::chrono::seconds(flags.lease_seconds));
    HONE_TRY(const fs::path directory, library_of(options));
    auto opened = open_for_writing(directory, "worker");
    if (!opened && opened.error().kind == ErrorKind::kInUse)
        return fail(ErrorKind::kInUse, "{}, or give this worker another folder with --library",
                    opened.error().message);
    HONE_TRY(const auto library, std::move(opened));
    HONE_TRY(ModelChoice models, open_models(*library, flags.model));
    HONE_TRY(const auto tools, IndexingTools::open(*library, std::move(models)));
    FailureLog observer;
    HONE_TRY(IndexParts parts, tools->parts(observer));
    Indexer indexer(std::move(parts));

    const Interrupt interrupt;
    while (!interrupt.asked()) {
        HONE_TRY(const std::vector<Folder> folders, library->catalog().folders());
        const auto summary = indexer.run(whole(folders), interrupt.token(), index);
        if (!summary && (flags.once || summary.error().kind != ErrorKind::kUnavailable))
            return std::unexpected(summary.error());
        if (!summary)
            log::warning("{}", summary.error().message);
        else if (options.json && (flags.once || summary->read + summary->failed > 0))
            fmt::print("{}\n", dump(to_json(*summary)));
        else if (summary->read > 0)
            log::info("{} photos indexed, {:.1f}/s; {} failed", summary->read, summary->photos_per_second,
                      summary->failed);
        std::fflush(stdout);
        if (flags.once) break;
        if (const auto followed = library->follow(); !followed) log::warning("{}", followed.error().message);
        sleep_for(std::chrono::seconds(flags.every_seconds), interrupt.token());
    }
    return {};
}

}  // namespace

void add_worker(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    auto flags = std::make_shared<WorkerFlags>();
    CLI::App* command = app.add_subcommand(
        "worker",
        "index photos for a catalogue on a server, together with other workers, until it is stopped");
    command->add_option("--map", flags->maps,
                        "FOLDER=HERE: path of a folder of the catalogue on this machine; repeatable");
    command
        ->add_option("--lease", flags->lease_seconds,
                     "seconds after which others take over the files of a dead worker")
        ->check(CLI::Range(1, 3600))
        ->default_str("60");
    command->add_option("--every", flags->every_seconds, "seconds between two scans for new photos")
        ->check(CLI::Range(1, 86'400))
        ->default_str("30");
    command->add_flag("--once", flags->once, "stop when no photo is left to index");
    command->add_flag("--svg", flags->svg, "index SVG drawings too");
    add_patience_flag(*command, flags->patience);
    add_model_flags(*command, flags->model);
    command->callback([&options, &chosen, flags] {
        chosen = [&options, flags] { return run_command([&] { return work(options, *flags); }); };
    });
}

}  // namespace hone
