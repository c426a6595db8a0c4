// SPDX-License-Identifier: GPL-3.0-or-later
// The faces analyzer: finds faces, computes the vector that distinguishes people, and estimates age and
// gender.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "analyze/analyzer.hpp"
#include "model/face_detector.hpp"

namespace hone {

struct FaceOptions {
    bool age_gender = true;
    int side = 0;  // pixels of the detector's longer side; 0: as in the manifest
};

// Safe from any thread. Networks load on first use. A missing or broken network disables its own part only
// and is logged once.
class FaceAnalyzer final : public Analyzer {
  public:
    static constexpr std::string_view kName = "faces";
    static constexpr int kVersion = 1;         // raise it when faces of the same networks change
    static constexpr int kPictureSide = 1280;  // pixels that suffice on the longer side
    static constexpr float kLeastEmbedded = 20, kLeastEstimated = 24;  // pixels, the shorter side of the box
    static constexpr std::size_t kMostFaces = 500;                     // per photo, the best ones

    FaceAnalyzer(FacePack pack, FaceOptions options);

    [[nodiscard]] const FacePack& pack() const { return pack_; }
    // Identifies networks and options. Faces with another fingerprint are detected again.
    [[nodiscard]] const std::string& fingerprint() const { return fingerprint_; }

    // image: upright. full_width: pixels of the photo that `image` was reduced from. Returns the faces, best
    // first. kFailed when the detector cannot run.
    Result<FoundFaces> find(const Image& image, int full_width);

    [[nodiscard]] std::string_view name() const override { return kName; }
    [[nodiscard]] std::vector<AnalyzerKey> keys() const override { return {key()}; }
    [[nodiscard]] AnalyzerKey key() const { return {std::string(kName), kVersion, fingerprint_}; }
    void request(PhotoWork& work) const override { work.faces_side = kPictureSide; }
    // Opens nothing: each network opens for the first photo that needs it.
    Result<AnalyzerRuns> open() override;
    std::vector<Result<AnalysisResult>> run(std::span<const AnalyzerInput* const> photos) override;

  private:
    struct Network {
        std::shared_ptr<Session> session;
        bool broken = false;
    };
    std::shared_ptr<Session> open(Network& network, const ModelFile& file, const char* what);
    Result<> embed(const Image& image, std::vector<FoundFace>& faces, const std::vector<DetectedFace>& found);
    Result<> estimate(const Image& image, std::vector<FoundFace>& faces,
                      const std::vector<DetectedFace>& found);
    [[nodiscard]] Image chip_of(const Image& image, const DetectedFace& face) const;

    const FacePack pack_;
    const FaceOptions options_;
    const std::string fingerprint_;
    FaceDetector detector_;
    std::mutex mutex_;
    Network embedder_, age_gender_;
};

}  // namespace hone
