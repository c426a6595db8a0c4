// SPDX-License-Identifier: GPL-3.0-or-later
// Finds the models below the model folders.
#include "model/store.hpp"

#include <algorithm>
#include <set>

namespace hone {

namespace {

constexpr std::string_view kDefaultPack = "hone-default";  // prefix of the packs that are built at set-up
constexpr std::string_view kFirstEdition = "hone-default-390";

}  // namespace

std::vector<fs::path> model_folders(std::span<const fs::path> directories) {
    std::vector<fs::path> all;
    for (const fs::path& parent : directories) {
        std::vector<fs::path> folders;
        std::error_code error;
        for (fs::directory_iterator it(parent, error), end; !error && it != end; it.increment(error)) {
            std::error_code ignored;
            if (fs::is_regular_file(it->path() / "manifest.json", ignored)) folders.push_back(it->path());
        }
        std::ranges::sort(folders);
        all.insert(all.end(), folders.begin(), folders.end());
    }
    return all;
}

std::vector<StoredModel> ModelStore::list() const {
    std::vector<StoredModel> models;
    std::set<std::string> names;
    for (const fs::path& folder : model_folders(directories_)) {
        if (manifest_role(folder) == "faces") continue;  // model/face_pack.hpp
        auto manifest = read_manifest(folder);
        if (manifest && !names.insert(manifest->name).second) continue;
        models.push_back({std::move(manifest), folder});
    }
    return models;
}

Result<Manifest> ModelStore::find(const std::optional<std::string>& name) const {
    std::vector<StoredModel> models = list();
    const auto usable = [](const StoredModel& model) { return model.manifest.has_value(); };
    const auto is_pack = [&](const StoredModel& model) {
        return usable(model) && model.manifest->name.starts_with(kDefaultPack);
    };
    auto best = std::ranges::find_if(models, is_pack);
    if (best == models.end()) best = std::ranges::find_if(models, usable);
    if (name) {
        for (StoredModel& model : models) {
            if (model.manifest ? model.manifest->name == *name : model.directory.filename() == *name)
                return std::move(model.manifest);
        }
        if (*name == kFirstEdition && best != models.end() && is_pack(*best))
            return std::move(best->manifest);
        std::string known;
        for (const StoredModel& model : models) {
            if (model.manifest) known += (known.empty() ? "" : ", ") + model.manifest->name;
        }
        if (known.empty())
            return fail(ErrorKind::kNotFound,
                        "no model is named '{}' and none is installed; see `hone models pull --help`", *name);
        return fail(ErrorKind::kNotFound, "no model is named '{}'; the models are: {}", *name, known);
    }
    if (best != models.end()) return std::move(best->manifest);
    for (StoredModel& model : models) return std::move(model.manifest);  // a broken model: report the reason
    return fail(ErrorKind::kUnavailable,
                "no model is installed yet: run script/bootstrap for the default pack, or `hone models pull "
                "clip-vit-base-patch32`");
}

}  // namespace hone
