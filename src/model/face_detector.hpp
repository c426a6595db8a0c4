// Where faces are: runs a detector network on a picture and reads its outputs.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "model/face_pack.hpp"
#include "photo/image.hpp"

namespace hone {

struct DetectedFace {
    float score = 0;  // 0..1
    Box box;
    Landmarks points{};
    bool has_points = false;
};

// Pixels as the network wants them; one picture.
std::vector<float> to_input(const Image& image, const PixelInput& input);

// The outputs of each kind of network -> faces of at least `score`, in pixels of the network's input, best
// first, overlapping ones still in. kFailed naming the output whose shape is wrong. width, height: of the
// input.
// CenterFace (Xu et al. 2019): heatmap 1x1xhxw, scale 1x2xhxw, offset 1x2xhxw, landmarks 1x10xhxw, a cell 4
// pixels.
Result<std::vector<DetectedFace>> decode_center_face(std::span<const Tensor> outputs, float score);
// YuNet (Wu et al. 2023): for strides 8, 16, 32: cls 1xNx1, obj 1xNx1, bbox 1xNx4, kps 1xNx10, in this order:
// cls_8 cls_16 cls_32 obj_8 ... kps_32.
Result<std::vector<DetectedFace>> decode_yunet(std::span<const Tensor> outputs, int width, int height,
                                               float score);
// YOLO v8/v11 with one class: 1 x 5 x N, middle x, middle y, width, height, score. No landmarks.
Result<std::vector<DetectedFace>> decode_yolo(std::span<const Tensor> outputs, float score);

// Best first; of faces that overlap by more than `iou` the best stays.
std::vector<DetectedFace> suppress(std::vector<DetectedFace> faces, double iou);

// Safe from any thread. The network is loaded at its first use.
class FaceDetector {
  public:
    FaceDetector(DetectorManifest manifest, fs::path directory, int side = 0);
    // Faces of the picture, best first, in its pixels. Faces of fewer than kLeastPixels in the network's
    // picture are left out. Panoramas (longer than kPanorama times their height) are looked at in tiles.
    Result<std::vector<DetectedFace>> detect(const Image& image);

    static constexpr float kLeastPixels = 6;
    static constexpr double kPanorama = 2.5;

  private:
    Result<std::shared_ptr<Session>> session();
    Result<std::vector<DetectedFace>> detect_tile(const Image& image);

    const DetectorManifest manifest_;
    const fs::path directory_;
    const int side_;
    std::mutex mutex_;
    std::shared_ptr<Session> session_;
};

}  // namespace hone
