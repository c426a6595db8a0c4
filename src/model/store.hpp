// The models on this machine: every folder with a manifest.json below the model folders (base/config.hpp).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/manifest.hpp"

namespace hone {

// Folders with a manifest.json, of whatever role, in the order of the directories, then by name.
std::vector<fs::path> model_folders(std::span<const fs::path> directories);

struct StoredModel {
    Result<Manifest> manifest;  // or why it cannot be used
    fs::path directory;
};

class ModelStore {
  public:
    explicit ModelStore(std::vector<fs::path> directories) : directories_(std::move(directories)) {}

    // In the order of the folders, then by name; a name that is there twice is listed once, the first wins.
    [[nodiscard]] std::vector<StoredModel> list() const;
    // The model of that name; without a name the only one, else the default pack. Fails with what to do.
    [[nodiscard]] Result<Manifest> find(const std::optional<std::string>& name) const;
    // Where new models go: the library's own folder.
    [[nodiscard]] const fs::path& own_directory() const { return directories_.front(); }

  private:
    std::vector<fs::path> directories_;
};

}  // namespace hone
