// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as an image's metadata: every value is in its promised range and survives JSON.
#include <nlohmann/json.hpp>

#include "photo/metadata.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view all(reinterpret_cast<const char*>(data), size);
    constexpr std::string_view kBorder = "%sidecar%";
    const std::size_t border = all.find(kBorder);
    std::vector<std::string> sidecars;
    if (border != std::string_view::npos) sidecars.emplace_back(all.substr(border + kBorder.size()));
    const std::span<const std::uint8_t> picture{data, std::min(border, size)};
    std::vector<std::string> warnings;
    const hone::PhotoMetadata photo =
        hone::read_metadata(picture, hone::detect_format(picture), sidecars, &warnings);
    // dump() throws for invalid UTF-8.
    const nlohmann::json document = nlohmann::json::parse(hone::to_json(photo).dump());
    const auto again = hone::parse_metadata(document);
    if (!again || !(*again == photo)) __builtin_trap();
    return 0;
}
