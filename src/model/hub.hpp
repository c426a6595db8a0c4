// SPDX-License-Identifier: GPL-3.0-or-later
// Fetches models from a hub with Hugging Face's protocol (HF_ENDPOINT), with libcurl. Each call blocks; calls
// for different directories are safe from any thread.
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
    std::optional<Precision> precision;  // f32 unless set
    fs::path directory;                  // keeps partial downloads, which are continued
    // Called on the thread of the call.
    std::function<void(const HubProgress&)> progress;
};

struct HubShortcut {
    std::string_view name, repository, note;
};
// The models that can be fetched by a short name.
std::vector<HubShortcut> hub_shortcuts();

// Parses REPO[@REVISION] and resolves shortcuts. kUsage for other texts.
Result<HubRequest> parse_repository(std::string_view text);

// Lists the repository, fetches the files of an image-text model and checks each: by SHA-256 where the hub
// gives one (large files), else by size. Continues a partial file; deletes one with wrong bytes. Returns the
// folder. kFailed names the file or the network error.
Result<fs::path> fetch_repository(const HubRequest& request);

// The same for one file of the repository. kNotFound when the repository has no such path.
Result<> fetch_one(const HubRequest& request, const std::string& path);

}  // namespace hone
