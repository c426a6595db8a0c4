// hone doctor: is everything in place? What is derived is repaired.
#include <CLI/CLI.hpp>

#include "base/config.hpp"
#include "cli/commands.hpp"
#include "ingest/repair.hpp"
#include "server/json.hpp"
#include "server/web_files.hpp"

namespace hone {

using nlohmann::json;

namespace {

struct Finding {
    std::string what;
    bool good;
    std::string detail;
};
using Findings = std::vector<Finding>;

template <typename Value>
void add(Findings& findings, const std::string& what, const Result<Value>& result,
         const std::string& detail) {
    findings.push_back({what, result.has_value(), result ? detail : result.error().message});
}

void add_report(Findings& findings, const std::string& what, const Result<RepairReport>& report) {
    if (!report) return add(findings, what, report, "");
    if (report->wrong == 0)
        return findings.push_back({what, true, fmt::format("{} checked", report->checked)});
    const std::uint64_t left = report->wrong - report->repaired;
    findings.push_back(
        {what, left == 0,
         fmt::format("{} checked, {} were missing or damaged, {} made anew{}", report->checked, report->wrong,
                     report->repaired,
                     left > 0 ? "; the rest when their files are there and no other process holds "
                                "the library"
                              : "")});
}

void check_wall(Findings& findings, DecoderPool& decoders) {
    const auto missing = decoders.missing_parts();
    if (!missing) return add(findings, "decoder", missing, "");
    // A part that this kernel or container refuses is told; the others hold, so it is no defect.
    findings.push_back({"decoder", true,
                        missing->empty() ? "behind its whole wall"
                                         : fmt::format("this system refuses parts of its wall: {}",
                                                       fmt::join(*missing, "; "))});
}

void check_library(Findings& findings, const fs::path& directory, DecoderPool& decoders) {
    // For writing where nobody else does, so that what is derived can be made anew.
    auto library = Library::open(directory, Access::kRead);
    if (!library) return add(findings, "library", library, "");
    bool repair = false;
    if (auto writable = Library::open(directory, Access::kWrite, describe_process("doctor", ""))) {
        library = std::move(writable);
        repair = true;
    }
    add(findings, "library", library, printable(directory));
    Catalog& catalog = (*library)->catalog();
    add(findings, "catalogue", catalog.check(), "whole");
    if (const auto folders = catalog.folders()) {
        for (const Folder& folder : *folders)
            add(findings, "folder", check_folder(folder.path), printable(folder.path));
    }
    if (const auto model = open_model(**library, {}))
        add_report(findings, "vectors", check_vectors(**library, **model, repair));
    ThumbnailStore thumbnails(directory / "thumbs", decoders);
    add_report(findings, "thumbnails", check_thumbnails(catalog, thumbnails, repair));
}

void check_models(Findings& findings, const fs::path& directory) {
    for (const StoredModel& model : open_store(directory).list()) {
        const auto verified =
            model.manifest ? verify_files(*model.manifest) : std::unexpected(model.manifest.error());
        add(findings, "model", verified, model.manifest ? model.manifest->name : "");
    }
    if (const auto model = open_store(directory).find(std::nullopt); !model)
        findings.push_back({"model", false, model.error().message});
    for (const DeviceReport& report : probe_devices()) {
        // Only the cpu must work; the others are told for information.
        findings.push_back(
            {"device", report.usable || report.device != Device::kCpu,
             fmt::format("{}: {}", device_name(report.device), report.usable ? "usable" : report.reason)});
    }
}

Result<> doctor(const GlobalOptions& options) {
    HONE_TRY(const fs::path directory, library_of(options));
    Findings findings;
    DecoderPool decoders(1);
    check_wall(findings, decoders);
    check_library(findings, directory, decoders);
    check_models(findings, directory);
    findings.push_back(
        {"scan", true, fmt::format("kernels {}, {} processors", best_kernels().name, processor_count())});
    findings.push_back(
        {"web client", !web_files().empty(), web_files().empty() ? "not in this build" : "in this program"});
    bool good = true;
    json list = json::array();
    for (const Finding& finding : findings) {
        good = good && finding.good;
        list.push_back({{"what", finding.what}, {"good", finding.good}, {"detail", finding.detail}});
        if (!options.json)
            fmt::print("{} {:10} {}\n", finding.good ? "ok     " : "PROBLEM", finding.what, finding.detail);
    }
    if (options.json) fmt::print("{}\n", dump({{"good", good}, {"findings", list}}, 2));
    if (!good) return fail("something is not in place; the lines marked PROBLEM say what to do");
    return {};
}

}  // namespace

void add_doctor(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    CLI::App* command = app.add_subcommand(
        "doctor", "check decoder, library, folders, models, devices; repair what is derived");
    command->callback([&options, &chosen] {
        chosen = [&options] { return run_command([&] { return doctor(options); }); };
    });
}

}  // namespace hone
