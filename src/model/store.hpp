// SPDX-License-Identifier: GPL-3.0-or-later
// The models on this machine: every folder with a manifest.json below the model folders (base/config.hpp).
// Safe from any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/manifest.hpp"

namespace hone {

// Returns the folders with a manifest.json of any role, in the order of the directories, then by name.
std::vector<fs::path> model_folders(std::span<const fs::path> directories);

struct StoredModel {
    Result<Manifest> manifest;  // or the reason why it is not usable
    fs::path directory;
};

class ModelStore {
  public:
    // directories: at least one; the first receives new models.
    explicit ModelStore(std::vector<fs::path> directories) : directories_(std::move(directories)) {}

    // In the order of the folders, then by name. A name that occurs twice is listed once: the first wins.
    [[nodiscard]] std::vector<StoredModel> list() const;
    // Returns the model of that name; without a name, the only model, else the default pack, which also takes
    // the place of its first edition (hone-default-390) where that is not installed. kNotFound for an unknown
    // name; kUnavailable, with instructions, when there is no model to choose.
    [[nodiscard]] Result<Manifest> find(const std::optional<std::string>& name) const;
    // The folder for new models: the library's own.
    [[nodiscard]] const fs::path& own_directory() const { return directories_.front(); }

  private:
    std::vector<fs::path> directories_;
};

}  // namespace hone
