// SPDX-License-Identifier: GPL-3.0-or-later
// `hone show ID|PATH`: all details of one photo.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>

#include "base/time.hpp"
#include "cli/commands.hpp"
#include "wire/photos.hpp"

namespace hone {

using nlohmann::json;

namespace {

// Prints a non-empty text on one line, without control characters, because a file's texts must not control
// the terminal.
void print_line(const char* name, std::string text) {
    std::ranges::replace_if(text, [](unsigned char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
    if (!text.empty()) fmt::print("{:<9}{}\n", name, printable(text));
}

// "1/250 s" as cameras show it, "0.8 s", "30 s". Fractions are used below a third of a second.
std::string exposure_text(double seconds) {
    if (seconds > 0.3) return fmt::format("{:.2g} s", seconds);
    return fmt::format("1/{:.0f} s", 1 / seconds);
}

std::string exposure_line(const PhotoMetadata& facts) {
    std::vector<std::string> parts;
    if (facts.exposure_seconds) parts.push_back(exposure_text(*facts.exposure_seconds));
    if (facts.aperture) parts.push_back(fmt::format("f/{:.3g}", *facts.aperture));
    if (facts.iso) parts.push_back(fmt::format("ISO {}", *facts.iso));
    if (facts.focal_length_mm) parts.push_back(fmt::format("{:.4g} mm", *facts.focal_length_mm));
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::string position_line(const PhotoMetadata& facts) {
    if (!facts.latitude || !facts.longitude) return "";
    const std::string height =
        facts.altitude_m ? fmt::format(", {:.0f} m above the sea", *facts.altitude_m) : "";
    return fmt::format("{:.5f}, {:.5f}{}", *facts.latitude, *facts.longitude, height);
}

std::string rating_text(int rating) {
    return rating < 0 ? "rejected" : fmt::format("{} of 5", rating);
}

const char* taken_source_text(TakenSource source) {
    switch (source) {
        case TakenSource::kExif:
        case TakenSource::kXmp:
        case TakenSource::kIptc:
            return "as the photo says";
        case TakenSource::kGps:
            return "by the satellites' clock";
        case TakenSource::kName:
            return "as the file is named";
        case TakenSource::kModified:
            return "only the file's own time";
    }
    return "";
}

void print_facts(const AnalysisResults& analysis_results) {
    const PhotoMetadata& facts = analysis_results.metadata;
    print_line("taken", fmt::format("{}  ({}: {})", iso8601_local(analysis_results.taken),
                                    taken_source_name(analysis_results.taken.source),
                                    taken_source_text(analysis_results.taken.source)));
    // Many makers repeat their name in the model.
    const bool named = facts.model.starts_with(facts.make.substr(0, facts.make.find(' ')));
    print_line("camera", named || facts.make.empty() ? facts.model : facts.make + " " + facts.model);
    print_line("lens", facts.lens);
    print_line("exposure", exposure_line(facts));
    print_line("place", position_line(facts));
    if (facts.rating) print_line("rating", rating_text(*facts.rating));
    print_line("title", facts.title);
    print_line("text", facts.description);
    print_line("keywords", fmt::format("{}", fmt::join(facts.keywords, ", ")));
    for (const Region& region : facts.regions) {
        print_line("region", fmt::format("{} at {:.0f} %, {:.0f} %, {:.0f} x {:.0f} %{}",
                                         region.type.empty() ? "marked" : region.type, 100 * region.x,
                                         100 * region.y, 100 * region.width, 100 * region.height,
                                         region.name.empty() ? "" : ": " + region.name));
    }
    if (facts.motion) print_line("motion", "carries a short video");
}

Result<> show(const GlobalOptions& options, const std::string& name) {
    HONE_TRY(const fs::path directory, library_of(options));
    HONE_TRY(const auto library, Library::open(directory, Access::kRead));
    Catalog& catalog = library->catalog();
    HONE_TRY(const Photo photo, catalog.resolve(name));
    HONE_TRY(const Document document, photo_details(catalog, photo));
    const json& details = document.all();
    if (options.json) {
        fmt::print("{}\n", dump(document));
        return {};
    }
    fmt::print("id       {}\nsize     {} x {}, {} bytes, {}\n", details.value("id", ""), photo.width,
               photo.height, photo.bytes, photo.format);
    HONE_TRY(const std::optional<AnalysisResults> analysis_results, catalog.analysis_results(photo.number));
    if (analysis_results) print_facts(*analysis_results);
    print_line("added", iso8601(photo.added_at));
    for (const json& file : details["files"])
        print_line("file", file.value("path", "") + (file.value("reachable", false) ? "" : "  (offline)"));
    for (const json& raw : details["raw"])
        print_line("raw", raw.get<std::string>() + "  (shown as this one)");
    if (details.contains("shown_as")) print_line("shown as", details["shown_as"].get<std::string>());
    for (const json& done : details["analyses"])
        fmt::print("analysis {} {} by {} at {}\n", done.value("analyzer", ""), done.value("version", 0),
                   done.value("model", ""), done.value("at", ""));
    return {};
}

}  // namespace

void add_show(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    auto name = std::make_shared<std::string>();
    CLI::App* command = app.add_subcommand("show", "show everything known about one photo");
    command->add_option("PHOTO", *name, "id, unique prefix of an id, or path")->required();
    command->callback([&options, &chosen, name] {
        chosen = [&options, name] { return run_command([&] { return show(options, *name); }); };
    });
}

}  // namespace hone
