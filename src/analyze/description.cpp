// SPDX-License-Identifier: GPL-3.0-or-later
// Describes a photo by its file and its pixels.
#include "analyze/description.hpp"

#include <nlohmann/json.hpp>

#include "base/config.hpp"

namespace hone {

namespace {

PhotoDescription describe(const AnalyzerInput& photo) {
    PhotoDescription description;
    const auto document = nlohmann::json::parse(photo.prepared.metadata, nullptr, false);
    if (auto metadata = parse_metadata(document)) description.metadata = std::move(*metadata);
    description.taken = resolve_taken(description.metadata, photo.file.path.filename().native(),
                                      photo.file.modified_ns / 1'000'000'000);
    const Image image = style_image(photo.prepared.small);
    description.style = describe_style(image);
    description.hashes = describe_hashes(image);
    return description;
}

}  // namespace

std::vector<AnalyzerKey> DescriptionAnalyzer::keys() const {
    return {{"metadata", kMetadataVersion, ""}, {"hashes", kHashesVersion, ""}, {"look", kStyleVersion, ""}};
}

void DescriptionAnalyzer::request(PhotoWork& work) const {
    work.metadata = true;
    work.thumbnails = true;  // with them comes PreparedPhoto::small
}

Result<AnalyzerRuns> DescriptionAnalyzer::open() {
    return AnalyzerRuns{1, processor_count()};
}

std::vector<Result<AnalysisResult>> DescriptionAnalyzer::run(std::span<const AnalyzerInput* const> photos) {
    std::vector<Result<AnalysisResult>> results;
    for (const AnalyzerInput* photo : photos) results.emplace_back(describe(*photo));
    return results;
}

}  // namespace hone
