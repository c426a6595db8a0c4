// SPDX-License-Identifier: GPL-3.0-or-later
// Finds faces: runs a detector network on an image and decodes its outputs.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "model/face_pack.hpp"
#include "photo/image.hpp"

namespace hone {

// A face in pixels of the image it was found in.
struct DetectedFace {
    float score = 0;  // 0..1
    Box box;
    Landmarks points{};
    bool has_points = false;
};

// Converts one image to the network's input: 3 * height * width values in the layout of `input`. Pure
// function.
std::vector<float> to_input(const Image& image, const PixelInput& input);

// Pure functions that decode the outputs of one kind of network. They return faces of at least `score` (0..1)
// in pixels of the network's input, best first, overlapping ones included. width, height: of that input.
// kFailed when an output has the wrong shape; the message names the output.
//
// CenterFace (Xu et al. 2019): heatmap 1x1xhxw, scale 1x2xhxw, offset 1x2xhxw, landmarks 1x10xhxw; a cell is
// 4 x 4 pixels.
Result<std::vector<DetectedFace>> decode_center_face(std::span<const Tensor> outputs, float score);
// YuNet (Wu et al. 2023): for strides 8, 16, 32: cls 1xNx1, obj 1xNx1, bbox 1xNx4, kps 1xNx10, ordered cls_8
// cls_16 cls_32 obj_8 ... kps_32.
Result<std::vector<DetectedFace>> decode_yunet(std::span<const Tensor> outputs, int width, int height,
                                               float score);
// YOLO v8/v11 with one class: 1 x 5 x N; centre x, centre y, width, height, score. No landmarks.
Result<std::vector<DetectedFace>> decode_yolo(std::span<const Tensor> outputs, float score);

// Non-maximum suppression. Returns the faces best first; of faces that overlap by more than `iou` (0..1),
// only the best remains. Pure function.
std::vector<DetectedFace> suppress(std::vector<DetectedFace> faces, double iou);

// Safe from any thread. The network is loaded on first use.
class FaceDetector {
  public:
    // directory: contains the manifest's files. side: longer side of the network's image in pixels; 0: as in
    // the manifest.
    FaceDetector(DetectorManifest manifest, fs::path directory, int side = 0);
    // Returns the faces of the image, best first, in its pixels. Omits faces of fewer than kLeastPixels in
    // the network's input. Splits panoramas (longer than kPanorama times their height) into tiles. kFailed
    // when the network cannot be loaded or run.
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
