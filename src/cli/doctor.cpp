// SPDX-License-Identifier: GPL-3.0-or-later
// `hone doctor`: checks the installation and the library, and repairs derived files.
#include <CLI/CLI.hpp>

#include "base/config.hpp"
#include "cli/commands.hpp"
#include "ingest/repair.hpp"
#include "library/backup.hpp"
#include "server/web_files.hpp"
#include "wire/document.hpp"

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
         fmt::format(
             "{} checked, {} missing or damaged, {} made again{}", report->checked, report->wrong,
             report->repaired,
             left > 0
                 ? "; the rest follows when their files are available and no other process holds the library"
                 : "")});
}

void check_sandbox(Findings& findings, DecoderPool& decoders) {
    const auto missing = decoders.missing_parts();
    if (!missing) return add(findings, "decoder", missing, "");
    // A part that this kernel or container refuses is reported, but is not a defect, because the other parts
    // hold.
    findings.push_back({"decoder", true,
                        missing->empty() ? "complete sandbox"
                                         : fmt::format("this system refuses parts of the sandbox: {}",
                                                       fmt::join(*missing, "; "))});
}

// Describes the consequence of lost rows in a table.
std::string consequence(const std::string& table) {
    if (table == "setting") return "check `hone config` and `hone models use`";
    if (table == "folder") return "add the missing folders again: `hone index FOLDER`";
    if (table == "person") return "the names of people are lost";
    if (table == "face") return "faces are found again, but your corrections are lost";
    if (table == "face_rejection") return "you may have to reject some faces again";
    if (table == "people_edit") return "older edits of people cannot be undone";
    return "`hone index` makes them again";
}

std::string loss_of(const SavedTable& table) {
    std::string loss = table.whole     ? "none lost"
                       : table.lost    ? fmt::format("{} lost", *table.lost)
                       : table.at_most ? fmt::format("at most {} lost", *table.at_most)
                                       : "others lost, their number is unknown";
    if (table.left_out > 0)
        loss += fmt::format(", {} dropped because the rows they refer to are lost", table.left_out);
    return fmt::format("{}: {} rows saved, {}; {}", table.name, table.saved, loss, consequence(table.name));
}

// Returns true when the catalogue is intact. Otherwise saves its readable part first.
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
        problem("catalogue", fmt::format("{} is damaged ({}) and unreadable: the names of people and all "
                                         "results are lost unless a backup exists; photos are not touched",
                                         printable(file), saved.damage));
        problem("next", fmt::format("`hone restore BACKUP --library {0}`; without a backup move {1} away and "
                                    "index the folders again: `hone index FOLDER... --library {0}`",
                                    shown, printable(file)));
        return false;
    }
    problem("catalogue", fmt::format("{} is damaged ({}); the readable rows were saved in {}",
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
                        "index --library {}`, which computes the missing results",
                        printable(file), printable(saved.file), shown, shown));
    if (saved.backup)
        problem("next", fmt::format("or go back to the newest backup: `hone restore {} --library {}`",
                                    printable(*saved.backup), shown));
    return false;
}

void check_library(Findings& findings, const fs::path& directory, DecoderPool& decoders) {
    const auto exists = path_exists(directory / "catalog.db");
    const auto pending = restore_is_pending(directory);
    if (!exists) return add(findings, "library", exists, "");
    if (!pending) return add(findings, "library", pending, "");
    const bool is_file = !Library::has_server() && *exists && !*pending;
    // A damaged one is not opened for writing.
    if (is_file && !check_catalogue_file(findings, directory)) return;
    // For writing if no other process does, so that derived files can be rebuilt.
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
        BlockingCalls calls;
        for (const Folder& folder : *folders)
            add(findings, "folder", check_folder(folder.path, calls), printable(folder.path));
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
        // Only the CPU must work; the others are for information.
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
    if (!good) return fail("some checks failed; the lines marked PROBLEM show what to do");
    return {};
}

}  // namespace

void add_doctor(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    CLI::App* command = app.add_subcommand(
        "doctor", "check decoders, library, folders, models and devices; repair derived files");
    command->callback([&options, &chosen] {
        chosen = [&options] { return run_command([&] { return doctor(options); }); };
    });
}

}  // namespace hone
