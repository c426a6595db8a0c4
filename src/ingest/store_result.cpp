// SPDX-License-Identifier: GPL-3.0-or-later
// Converts results of analyzers to what the catalogue keeps.
#include "ingest/store_result.hpp"

#include <algorithm>
#include <iterator>

namespace hone {

namespace {

void store(FileOutcome::Photo& photo, const AnalyzerKey& /*key*/, PhotoDescription description) {
    AnalysisResults& found = photo.analysis_results.emplace();
    found.metadata = std::move(description.metadata);
    found.taken = description.taken;
    found.style.assign(description.style.begin(), description.style.end());
    const PhotoHashes& hashes = description.hashes;
    found.hashes.assign(hashes.turned.begin(), hashes.turned.end());
    found.hashes.insert(found.hashes.end(), hashes.crops.begin(), hashes.crops.end());
}

void store(FileOutcome::Photo& photo, const AnalyzerKey& key, SpaceVector vector) {
    photo.vectors.push_back({{key.analyzer, key.model}, std::move(vector.values)});
}

void store(FileOutcome::Photo& photo, const AnalyzerKey& key, const FoundFaces& found) {
    auto& faces = photo.faces.emplace();
    for (const FoundFace& face : found) faces.push_back(to_facts(face));
    photo.face_model = key.model;
}

}  // namespace

void store_result(FileOutcome::Photo& photo, const Analyzer& analyzer, AnalysisResult result) {
    std::vector<AnalyzerKey> keys = analyzer.keys();
    std::visit([&](auto&& found) { store(photo, keys.front(), std::move(found)); }, std::move(result));
    std::ranges::move(keys, std::back_inserter(photo.done));
}

FaceFacts to_facts(const FoundFace& one) {
    FaceFacts face;
    face.box = one.box;
    face.score = one.score;
    face.vector = one.vector;
    if (one.has_points) {
        auto& points = face.landmarks.emplace();
        for (std::size_t at = 0; at < one.points.size(); ++at) {
            points[2 * at] = one.points[at].x;
            points[2 * at + 1] = one.points[at].y;
        }
    }
    if (one.estimate)
        face.estimate = {one.estimate->age, one.estimate->male, one.estimate->range.low,
                         one.estimate->range.high};
    return face;
}

}  // namespace hone
