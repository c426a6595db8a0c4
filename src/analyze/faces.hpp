// The faces analyzer: where faces are, the vector that tells people apart, an estimate of age and gender.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "model/face_detector.hpp"

namespace hone {

struct AgeGender {
    float age = 0;   // years, as the network says
    float male = 0;  // probability
    AgeRange range;  // what is shown: the network alone is not to be believed (models/faces/README.md)
};

struct FoundFace {
    Box box;  // pixels of the whole photo, upright
    Landmarks points{};
    bool has_points = false;
    float score = 0;
    std::vector<float> vector;          // empty for a face of fewer than kLeastEmbedded pixels
    std::optional<AgeGender> estimate;  // not for small faces and such that the photo's border cuts
};

struct FaceOptions {
    bool age_gender = true;
    int side = 0;  // of the detector's picture; 0: as the manifest says
};

// Safe from any thread. Networks are loaded at their first use; one that is missing or broken costs its own
// part, and is told of once.
class FaceAnalyzer {
  public:
    static constexpr std::string_view kName = "faces";
    static constexpr int kVersion = 1;         // raise when faces of the same networks would change
    static constexpr int kPictureSide = 1280;  // pixels on the longer side that are enough
    static constexpr float kLeastEmbedded = 20, kLeastEstimated = 24;  // pixels, the shorter side of the box
    static constexpr std::size_t kMostFaces = 500;                     // of one photo, the best ones

    FaceAnalyzer(FacePack pack, FaceOptions options);

    [[nodiscard]] const FacePack& pack() const { return pack_; }
    // Of networks and options: faces of another one are found anew.
    [[nodiscard]] const std::string& fingerprint() const { return fingerprint_; }

    // image: upright; full_width: of the photo that it was reduced from. Fails when the detector cannot run.
    Result<std::vector<FoundFace>> find(const Image& image, int full_width);

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
