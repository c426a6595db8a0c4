// SPDX-License-Identifier: GPL-3.0-or-later
// `hone models [list|pull|add|use|setup|verify|devices]`.
#include <CLI/CLI.hpp>

#include "base/config.hpp"
#include "cli/commands.hpp"
#include "cli/faces.hpp"
#include "cli/progress_bar.hpp"
#include "cli/remote.hpp"
#include "model/face_pack.hpp"
#include "model/hub.hpp"
#include "model/import.hpp"
#include "model/pull.hpp"
#include "wire/document.hpp"
#include "wire/models.hpp"

namespace hone {

using nlohmann::json;

namespace {

struct ModelsFlags {
    std::string source, name, precision;
};

// Adds the face packs. chosen: the library's setting; empty: none.
void list_faces(const fs::path& library, const std::string& chosen, json& list) {
    const std::vector<fs::path> directories = model_directories(library);
    const auto used = find_face_pack(directories, chosen);
    for (const StoredFacePack& stored : list_face_packs(directories))
        list.push_back(to_json(stored, stored.pack && used && used->name == stored.pack->name));
}

Result<> list_models(const GlobalOptions& options) {
    HONE_TRY(const fs::path directory, library_of(options));
    const ModelStore store = open_store(directory);
    std::optional<std::string> setting, faces;
    if (const auto library = Library::open(directory, Access::kRead)) {
        HONE_TRY(setting, (*library)->catalog().setting(kModelSetting));
        HONE_TRY(faces, (*library)->catalog().setting(kFaceModelSetting));
    }
    const auto current = store.find(setting);
    json list = json::array();
    for (const StoredModel& model : store.list())
        list.push_back(to_json(model, model.manifest && current && current->name == model.manifest->name));
    list_faces(directory, faces.value_or(""), list);
    if (options.json) {
        fmt::print("{}\n", dump({{"models", list}}, 2));
        return {};
    }
    for (const json& entry : list) {
        if (entry.contains("problem"))
            fmt::print("! {}: {}\n", entry.value("name", ""), entry.value("problem", ""));
        else if (entry["role"] == "faces")
            fmt::print("{} {}  faces{}  licence {}  {}\n", entry.value("used", false) ? "*" : " ",
                       entry.value("name", ""),
                       entry.value("complete", true) ? ""
                       : entry.value("hub", false)
                           ? "  not fetched yet: hone models pull " + entry.value("name", "")
                           : "  its networks are missing: README.md in its folder explains how to get them",
                       entry.value("licence", ""), entry.value("directory", ""));
        else
            fmt::print("{} {}  {} numbers  {}  licence {}  {}\n", entry.value("used", false) ? "*" : " ",
                       entry.value("name", ""), entry.value("dimension", 0), entry.value("precisions", ""),
                       entry.value("licence", ""), entry.value("directory", ""));
    }
    if (list.empty()) fmt::print("no model is installed yet: hone models pull clip-vit-base-patch32\n");
    return {};
}

Result<> print_added(const GlobalOptions& options, const Manifest& manifest) {
    if (options.json)
        fmt::print("{}\n", dump(to_json(manifest), 2));
    else
        fmt::print("{} is installed: {} dimensions, {}; use it with `hone models use {}`\n", manifest.name,
                   manifest.dimension, precisions_of(manifest), manifest.name);
    return {};
}

Result<> add_model_folder(const GlobalOptions& options, const ModelsFlags& flags) {
    HONE_TRY(const fs::path directory, library_of(options));
    const ModelStore store = open_store(directory);
    HONE_CHECK(make_directories(store.own_directory()));
    HONE_TRY(const Manifest manifest, add_model(flags.source, flags.name, store.own_directory()));
    return print_added(options, manifest);
}

void show_download(ProgressBar& bar, const HubProgress& progress) {
    bar.show(
        progress.total > 0 ? static_cast<double>(progress.done) / static_cast<double>(progress.total) : 0,
        fmt::format("{:.1f} of {:.1f} MB  {}", static_cast<double>(progress.done) / 1e6,
                    static_cast<double>(progress.total) / 1e6, progress.file));
}

Result<> pull_faces(const GlobalOptions& options, const StoredFacePack& recipe, const fs::path& into) {
    const std::string& name = recipe.pack->name;
    if (recipe.is_complete)
        return fail(ErrorKind::kUsage, "{} is already installed in {}", name, printable(recipe.directory));
    if (recipe.pack->hub.empty())
        return fail("the manifest {} does not name a source for its networks",
                    printable(recipe.directory / "manifest.json"));
    HONE_CHECK(make_directories(into));
    ProgressBar bar(options.quiet || options.json);
    HONE_TRY(const FacePack pack, pull_face_pack(*recipe.pack, into, [&](const HubProgress& progress) {
                 show_download(bar, progress);
             }));
    bar.clear();
    if (options.json)
        fmt::print("{}\n", dump(installed_json(pack), 2));
    else
        fmt::print("{} is installed; use it with `hone config {} {}`\n", pack.name, kFaceModelSetting,
                   pack.name);
    return {};
}

Result<Manifest> fetch_model(const GlobalOptions& options, const ModelsFlags& flags,
                             const ModelStore& store) {
    HONE_TRY(PullRequest request, plan_pull(store, flags.source, flags.precision, flags.name));
    ProgressBar bar(options.quiet || options.json);
    auto pulled = pull_model(store, std::move(request),
                             [&](const HubProgress& progress) { show_download(bar, progress); });
    bar.clear();
    return pulled;
}

Result<> pull_any(const GlobalOptions& options, const ModelsFlags& flags) {
    HONE_TRY(const fs::path directory, library_of(options));
    const ModelStore store = open_store(directory);
    for (const StoredFacePack& stored : list_face_packs(model_directories(directory))) {
        if (stored.pack && stored.pack->name == flags.source)
            return pull_faces(options, stored, store.own_directory());
    }
    HONE_TRY(const Manifest manifest, fetch_model(options, flags, store));
    return print_added(options, manifest);
}

Result<> use_model(const GlobalOptions& options, const ModelsFlags& flags) {
    HONE_TRY(const fs::path directory, library_of(options));
    HONE_TRY(const Manifest manifest, open_store(directory).find(flags.source));
    std::optional<Precision> precision;
    if (!flags.precision.empty()) {
        HONE_TRY(precision, parse_precision(flags.precision));
    }
    std::string former;  // the model that searches while this one embeds the photos
    const auto server = server_of(directory);
    if (server) {
        json body{{"name", manifest.name}};
        if (precision) body["precision"] = flags.precision;
        HONE_TRY(const json answer, post_to_server(*server, "/api/v1/models/use", body));
        if (answer.contains("next")) former = answer.value("used", "");
    } else {
        HONE_TRY(const auto library, open_for_writing(directory, "models"));
        HONE_CHECK(choose_model(*library, manifest, precision));
        HONE_TRY(const ModelChoice models, open_models(*library, {}));
        if (models.next) former = models.in_use->manifest().name;
    }
    if (options.quiet) return {};
    if (former.empty())
        fmt::print("{} is now in use\n", manifest.name);
    else
        fmt::print("{} embeds the photos {}; until it has all of them, searches use {}\n", manifest.name,
                   server ? "in the background" : "with the next `hone index` or `hone serve`", former);
    return {};
}

// Sees to it that the library has a model when it is served for the first time (script/server).
Result<> set_up_model(const GlobalOptions& options, ModelsFlags flags) {
    constexpr std::chrono::milliseconds kPatience(3000);
    HONE_TRY(const fs::path directory, library_of(options));
    const ModelStore store = open_store(directory);
    if (flags.source.empty()) {
        std::optional<std::string> setting;
        if (const auto library = Library::open(directory, Access::kRead)) {
            HONE_TRY(setting, (*library)->catalog().setting(kModelSetting));
        }
        if (store.find(setting)) return {};
        const RecommendedModel recommended = recommended_model(has_card());
        flags.source = recommended.name;
        flags.precision = precision_name(recommended.precision);
        HONE_TRY(const HubRequest request, parse_repository(flags.source));
        if (!hub_answers(request, kPatience))
            return fail(ErrorKind::kUnavailable, "no hub for models answers at {}", request.endpoint);
        if (!options.quiet)
            fmt::print(stderr, "fetching {}, the model that is recommended for this machine\n", flags.source);
    }
    HONE_CHECK(make_directories(store.own_directory()));
    if (flags.source == "default") {
        HONE_TRY(const Manifest pack, store.find(std::nullopt));
        flags.source = pack.name;
    } else if (const std::string name = model_name_of(flags.source); store.find(name)) {
        flags.source = name;
    } else {
        HONE_TRY(const Manifest manifest, fetch_model(options, flags, store));
        flags.source = manifest.name;
    }
    return use_model(options, flags);
}

Result<> verify_models(const GlobalOptions& options, const ModelsFlags& flags) {
    HONE_TRY(const fs::path directory, library_of(options));
    bool found = false;
    for (const StoredModel& model : open_store(directory).list()) {
        const std::string name = model.manifest ? model.manifest->name : model.directory.filename().string();
        if (!flags.source.empty() && flags.source != name) continue;
        found = true;
        if (!model.manifest) return std::unexpected(model.manifest.error());
        HONE_CHECK(verify_files(*model.manifest));
        if (!options.quiet) fmt::print("{}: all files match the manifest\n", name);
    }
    for (const StoredFacePack& stored : list_face_packs(model_directories(directory))) {
        const std::string name = stored.pack ? stored.pack->name : stored.directory.filename().string();
        const bool asked = flags.source == name;
        if (!flags.source.empty() && !asked) continue;
        if (!stored.pack) return std::unexpected(stored.pack.error());
        if (!stored.is_usable && !asked) continue;  // only a recipe
        found = true;
        HONE_CHECK(verify_files(*stored.pack));
        if (!options.quiet) fmt::print("{}: all files match the manifest\n", name);
    }
    if (!found) return fail(ErrorKind::kNotFound, "no model is named '{}'", flags.source);
    return {};
}

Result<> list_devices(const GlobalOptions& options) {
    const std::vector<DeviceReport> reports = probe_devices();
    if (options.json) {
        fmt::print("{}\n", dump(devices_json(reports), 2));
        return {};
    }
    for (const DeviceReport& report : reports)
        fmt::print("{:7} {}  {}\n", device_name(report.device), report.usable ? "usable    " : "not usable",
                   report.reason);
    return {};
}

}  // namespace

void add_models(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    auto flags = std::make_shared<ModelsFlags>();
    CLI::App* command = app.add_subcommand("models", "list, fetch and choose the networks");
    command->require_subcommand(0, 1);
    CLI::App* list = command->add_subcommand("list", "list the models; * marks the one in use");
    std::string shortcuts =
        "OWNER/NAME[@REVISION], a face model that `hone models list` shows as not fetched, or "
        "one of:";
    for (const HubShortcut& shortcut : hub_shortcuts())
        shortcuts += fmt::format(" {} ({});", shortcut.name, shortcut.note);
    CLI::App* pull = command->add_subcommand("pull", "fetch a model from a hub (HF_ENDPOINT, HF_TOKEN)");
    pull->add_option("REPOSITORY", flags->source, shortcuts)->required();
    pull->add_option("--precision", flags->precision, "f32, fp16 or int8 files");
    pull->add_option("--name", flags->name, "name for the model in this library");
    CLI::App* add = command->add_subcommand("add", "add a model from a folder");
    add->add_option("FOLDER", flags->source,
                    "in the layout of Xenova, Immich, one combined model.onnx, or with a manifest.json")
        ->required();
    add->add_option("--name", flags->name, "name for the model in this library");
    CLI::App* use = command->add_subcommand("use", "choose the model for this library");
    use->add_option("NAME", flags->source)->required();
    use->add_option("--precision", flags->precision, "f32, fp16 or int8");
    CLI::App* setup = command->add_subcommand(
        "setup", "see to it that the library has a model: without a name, ask a hub for the recommended one");
    setup->add_option("NAME", flags->source, "a model as for pull and use, or: default");
    CLI::App* verify = command->add_subcommand("verify", "compare the files of models with their SHA-256");
    verify->add_option("NAME", flags->source, "one model; default: all");
    CLI::App* devices = command->add_subcommand(
        "devices", "list the devices that can run networks here, and why others cannot");
    command->callback([&options, &chosen, flags, pull, add, use, setup, verify, devices, list] {
        chosen = [&options, flags, pull, add, use, setup, verify, devices] {
            return run_command([&] {
                return *pull      ? pull_any(options, *flags)
                       : *add     ? add_model_folder(options, *flags)
                       : *use     ? use_model(options, *flags)
                       : *setup   ? set_up_model(options, *flags)
                       : *verify  ? verify_models(options, *flags)
                       : *devices ? list_devices(options)
                                  : list_models(options);
            });
        };
        (void)list;
    });
}

}  // namespace hone
