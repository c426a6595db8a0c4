// hone doctor: is everything in place?
#include <CLI/CLI.hpp>

#include "base/config.hpp"
#include "cli/commands.hpp"
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

Result<> doctor(const GlobalOptions& options) {
    HONE_TRY(const fs::path directory, library_of(options));
    std::vector<Finding> findings;
    const auto library = Library::open(directory, Access::kRead);
    findings.push_back(
        {"library", library.has_value(), library ? printable(directory) : library.error().message});
    if (library) {
        HONE_TRY(const auto folders, (*library)->catalog().folders());
        for (const Folder& folder : folders) {
            const auto readable = check_folder(folder.path);
            findings.push_back({"folder", readable.has_value(),
                                readable ? printable(folder.path) : readable.error().message});
        }
    }
    for (const StoredModel& model : open_store(directory).list()) {
        const auto verified =
            model.manifest ? verify_files(*model.manifest) : std::unexpected(model.manifest.error());
        findings.push_back(
            {"model", verified.has_value(), verified ? model.manifest->name : verified.error().message});
    }
    if (const auto model = open_store(directory).find(std::nullopt); !model)
        findings.push_back({"model", false, model.error().message});
    for (const DeviceReport& report : probe_devices()) {
        // Only the cpu must work; the others are told for information.
        findings.push_back(
            {"device", report.usable || report.device != Device::kCpu,
             fmt::format("{}: {}", device_name(report.device), report.usable ? "usable" : report.reason)});
    }
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
    CLI::App* command = app.add_subcommand("doctor", "check library, folders, models, devices");
    command->callback([&options, &chosen] {
        chosen = [&options] { return run_command([&] { return doctor(options); }); };
    });
}

}  // namespace hone
