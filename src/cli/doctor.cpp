// hone doctor: is everything in place? What is derived is repaired.
#include <CLI/CLI.hpp>

#include "base/config.hpp"
#include "cli/commands.hpp"
#include "ingest/backup.hpp"
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

void check_sandbox(Findings& findings, DecoderPool& decoders) {
    const auto missing = decoders.missing_parts();
    if (!missing) return add(findings, "decoder", missing, "");
    // A part that this kernel or container refuses is told; the others hold, so it is no defect.
    findings.push_back({"decoder", true,
                        missing->empty() ? "behind its whole wall"
                                         : fmt::format("this system refuses parts of its wall: {}",
                                                       fmt::join(*missing, "; "))});
}

// What it means that rows of a table are lost.
std::string consequence(const std::string& table) {
    if (table == "setting") return "look at `hone config` and `hone models use`";
    if (table == "folder") return "add the missing folders again: `hone index FOLDER`";
    if (table == "person") return "names of people are lost with them";
    if (table == "face") return "faces are found again, but not what you said of them";
    if (table == "face_rejection") return "who is not whom may have to be said again";
    if (table == "people_edit") return "older changes of people cannot be taken back";
    return "`hone index` makes them again";
}

std::string loss_of(const SavedTable& table) {
    std::string loss = table.whole     ? "none lost"
                       : table.lost    ? fmt::format("{} lost", *table.lost)
                       : table.at_most ? fmt::format("at most {} lost", *table.at_most)
                                       : "others lost, the file does not tell how many";
    if (table.left_out > 0)
        loss += fmt::format(", {} left out because what they belong to is lost", table.left_out);
    return fmt::format("{}: {} rows saved, {}; {}", table.name, table.saved, loss, consequence(table.name));
}

// Whether the catalogue is whole. When it is not, everything that can be read of it is saved first.
bool check_catalogue_file(Findings& findings, const fs::path& directory) {
    const auto result = save_damaged_catalogue(directory);
    if (!result) {
        add(findings, "catalogue", result, "");
        return false;
    }
    if (!*result) return true;
    const SavedCatalogue& saved = **result;
    const fs::path file = directory / "catalog.db";
    const std::string shown = printable(directory);
    const auto problem = [&](const char* what, std::string detail) {
        findings.push_back({what, false, std::move(detail)});
    };
    if (saved.file.empty()) {
        problem("catalogue",
                fmt::format("{} is damaged ({}) and nothing of it can be read: the names of people and "
                            "what was computed are lost unless there is a backup; photos are not touched",
                            printable(file), saved.damage));
        problem("next",
                fmt::format("`hone restore BACKUP --library {0}`; without a backup move {1} away and read "
                            "the folders again: `hone index FOLDER... --library {0}`",
                            shown, printable(file)));
        return false;
    }
    problem("catalogue", fmt::format("{} is damaged ({}); what can be read of it was saved in {}",
                                     printable(file), saved.damage, printable(saved.file)));
    bool lost = false;
    for (const SavedTable& table : saved.tables) {
        if (table.whole && table.left_out == 0) continue;
        lost = true;
        problem("lost", loss_of(table));
    }
    if (!lost) findings.push_back({"saved", true, "every row could be read; nothing is lost"});
    problem("next",
            fmt::format("end `hone serve`, copy {} elsewhere, then `hone restore {} --library {}` and `hone "
                        "index --library {}`, which does again what is missing",
                        printable(file), printable(saved.file), shown, shown));
    if (saved.backup)
        problem("next", fmt::format("or go back to the newest backup: `hone restore {} --library {}`",
                                    printable(*saved.backup), shown));
    return false;
}

void check_library(Findings& findings, const fs::path& directory, DecoderPool& decoders) {
    std::error_code error;
    const bool is_file = !Library::has_server() && fs::exists(directory / "catalog.db", error) &&
                         !restore_is_pending(directory);
    // A damaged one is not opened for writing.
    if (is_file && !check_catalogue_file(findings, directory)) return;
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
    add(findings, "catalogue", is_file ? Result<>{} : catalog.check(), "whole");
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
    check_sandbox(findings, decoders);
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
