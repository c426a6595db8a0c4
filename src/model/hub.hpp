// Fetches models from a hub that speaks Hugging Face's protocol (HF_ENDPOINT), by libcurl.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/manifest.hpp"

namespace hone {

struct HubProgress {
    std::string file;
    std::uint64_t done = 0, total = 0;  // bytes of all files together
};

struct HubRequest {
    std::string repository;  // "Xenova/clip-vit-base-patch32", or a shortcut of hub_shortcuts()
    std::string revision = "main";
    std::string endpoint;                // "https://huggingface.co"; HF_ENDPOINT when empty
    std::optional<Precision> precision;  // f32 unless said otherwise
    fs::path directory;                  // partial downloads stay here and are continued
    std::function<void(const HubProgress&)> progress;
};

struct HubShortcut {
    std::string_view name, repository, note;
};
std::vector<HubShortcut> hub_shortcuts();

// Splits REPO[@REVISION] and resolves shortcuts.
Result<HubRequest> parse_repository(std::string_view text);

// Lists the repository, fetches the files of an image-text model and checks each: SHA-256 where the hub gives
// one (large files), else the size. A partial file is continued; one with wrong bytes is deleted and named.
// Gives the folder.
Result<fs::path> fetch_repository(const HubRequest& request);

// The same for one file of the repository. kNotFound when it has none of that path.
Result<> fetch_one(const HubRequest& request, const std::string& path);

}  // namespace hone
