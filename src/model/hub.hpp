// SPDX-License-Identifier: GPL-3.0-or-later
// Fetches models from a hub with Hugging Face's protocol (HF_ENDPOINT), with libcurl. Each call blocks; calls
// for different directories are safe from any thread.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
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
    std::stop_token stop;  // ends the download soon; its files so far are kept
};

struct HubShortcut {
    std::string_view name, repository, note, languages;
    // Mean of R@1, R@5 and R@10 in percent on Crossmodal-3600 in English, from Immich's documentation; 0: not
    // in it.
    double recall = 0;
};
// The models that can be fetched by a short name.
std::vector<HubShortcut> hub_shortcuts();

// The model that set-up takes by itself where a hub can be reached, and its precision. On a processor alone
// the small one in int8 (153 MB), with a card the original's (docs/models.md has the figures).
struct RecommendedModel {
    std::string_view name;  // of a shortcut
    Precision precision;
};
RecommendedModel recommended_model(bool has_card);

// Returns the name that a repository's model has in a library unless another is asked for: that of its
// shortcut, else the repository's own, as model_name_from() makes it. Pure function.
std::string model_name_of(std::string_view repository);

// Asks the hub once for the repository's description. False when it does not answer with success within
// `patience`.
bool hub_answers(const HubRequest& request, std::chrono::milliseconds patience);

// Parses REPO[@REVISION] and resolves shortcuts. kUsage for other texts.
Result<HubRequest> parse_repository(std::string_view text);

// Lists the repository, all pages of it, fetches the files of an image-text model and checks each: by SHA-256
// (large files), by git's SHA-1 (small ones), and by size where the hub gives neither. Continues a partial
// file; deletes one with wrong bytes. Returns the folder. kFailed names the file or the network error.
Result<fs::path> fetch_repository(const HubRequest& request);

// The same for one file of the repository. kNotFound when the repository has no such path.
Result<> fetch_one(const HubRequest& request, const std::string& path);

}  // namespace hone
