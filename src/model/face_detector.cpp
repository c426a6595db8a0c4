// SPDX-License-Identifier: GPL-3.0-or-later
// Decodes the outputs of CenterFace, YuNet and YOLO, and splits panoramas into tiles.
#include "model/face_detector.hpp"

#include <algorithm>
#include <cmath>

#include "photo/resample.hpp"

namespace hone {

namespace {

constexpr std::array kYuNetStrides{8, 16, 32};
constexpr std::uint8_t kBlack[3] = {0, 0, 0};

std::vector<std::string> roles_of(DetectorKind kind) {
    switch (kind) {
        case DetectorKind::kCenterFace:
            return {"heatmap", "scale", "offset", "landmarks"};
        case DetectorKind::kYolo:
            return {"faces"};
        case DetectorKind::kYuNet:
            break;
    }
    std::vector<std::string> roles;
    for (const char* what : {"cls", "obj", "bbox", "kps"}) {
        for (const int stride : kYuNetStrides) roles.push_back(fmt::format("{}_{}", what, stride));
    }
    return roles;
}

Result<> check_shape(const Tensor& tensor, const std::string& name, const std::vector<std::int64_t>& wanted) {
    if (tensor.shape == wanted) return {};
    return fail("the face detector's output {} has the shape {}, not {}", name, fmt::join(tensor.shape, "x"),
                fmt::join(wanted, "x"));
}

void best_first(std::vector<DetectedFace>& faces) {
    std::ranges::sort(faces, [](const DetectedFace& a, const DetectedFace& b) {
        return std::tuple(-a.score, a.box.y, a.box.x) < std::tuple(-b.score, b.box.y, b.box.x);
    });
}

}  // namespace

std::vector<float> to_input(const Image& image, const PixelInput& input) {
    const std::size_t pixels = std::size_t(image.width) * image.height;
    std::vector<float> values(3 * pixels);
    for (std::size_t channel = 0; channel < 3; ++channel) {
        const std::size_t from = input.blue_first ? 2 - channel : channel;
        const float mean = input.mean[channel], scale = 1 / input.std[channel];
        for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
            const float value = (static_cast<float>(image.rgb[3 * pixel + from]) - mean) * scale;
            values[input.interleaved ? 3 * pixel + channel : channel * pixels + pixel] = value;
        }
    }
    return values;
}

Result<std::vector<DetectedFace>> decode_center_face(std::span<const Tensor> outputs, float score) {
    constexpr float kCell = 4;
    const Tensor &heatmap = outputs[0], &scale = outputs[1], &offset = outputs[2], &landmarks = outputs[3];
    if (heatmap.shape.size() != 4)
        return fail("the face detector's output heatmap has {} dimensions, not 4", heatmap.shape.size());
    const std::int64_t rows = heatmap.shape[2], columns = heatmap.shape[3];
    HONE_CHECK(check_shape(heatmap, "heatmap", {1, 1, rows, columns}));
    HONE_CHECK(check_shape(scale, "scale", {1, 2, rows, columns}));
    HONE_CHECK(check_shape(offset, "offset", {1, 2, rows, columns}));
    HONE_CHECK(check_shape(landmarks, "landmarks", {1, 10, rows, columns}));
    const auto plane = static_cast<std::size_t>(rows * columns);
    std::vector<DetectedFace> faces;
    for (std::size_t cell = 0; cell < plane; ++cell) {
        if (!(heatmap.values[cell] >= score)) continue;
        const auto row = static_cast<float>(cell / static_cast<std::size_t>(columns)),
                   column = static_cast<float>(cell % static_cast<std::size_t>(columns));
        DetectedFace face;
        face.score = heatmap.values[cell];
        face.box.height = kCell * std::exp(scale.values[cell]);
        face.box.width = kCell * std::exp(scale.values[plane + cell]);
        face.box.x = kCell * (column + offset.values[plane + cell] + 0.5F) - face.box.width / 2;
        face.box.y = kCell * (row + offset.values[cell] + 0.5F) - face.box.height / 2;
        for (std::size_t point = 0; point < face.points.size(); ++point) {
            face.points[point] = {
                face.box.x + face.box.width * landmarks.values[(2 * point + 1) * plane + cell],
                face.box.y + face.box.height * landmarks.values[2 * point * plane + cell]};
        }
        face.has_points = true;
        faces.push_back(face);
    }
    best_first(faces);
    return faces;
}

Result<std::vector<DetectedFace>> decode_yunet(std::span<const Tensor> outputs, int width, int height,
                                               float score) {
    std::vector<DetectedFace> faces;
    const std::vector<std::string> names = roles_of(DetectorKind::kYuNet);
    for (std::size_t level = 0; level < kYuNetStrides.size(); ++level) {
        const int stride = kYuNetStrides[level], columns = width / stride;
        const std::int64_t cells = std::int64_t{columns} * (height / stride);
        const auto output = [&](std::size_t kind) -> const Tensor& { return outputs[3 * kind + level]; };
        constexpr std::int64_t kNumbers[] = {1, 1, 4, 10};
        for (std::size_t kind = 0; kind < 4; ++kind)
            HONE_CHECK(check_shape(output(kind), names[3 * kind + level], {1, cells, kNumbers[kind]}));
        const auto pixels = static_cast<float>(stride);
        for (std::size_t cell = 0; cell < static_cast<std::size_t>(cells); ++cell) {
            const float sure = std::sqrt(std::clamp(output(0).values[cell], 0.0F, 1.0F) *
                                         std::clamp(output(1).values[cell], 0.0F, 1.0F));
            if (!(sure >= score)) continue;
            const auto column = static_cast<float>(cell % static_cast<std::size_t>(columns)),
                       row = static_cast<float>(cell / static_cast<std::size_t>(columns));
            const float* box = output(2).values.data() + 4 * cell;
            const float* points = output(3).values.data() + 10 * cell;
            DetectedFace face;
            face.score = sure;
            face.box.width = std::exp(box[2]) * pixels;
            face.box.height = std::exp(box[3]) * pixels;
            face.box.x = (column + box[0]) * pixels - face.box.width / 2;
            face.box.y = (row + box[1]) * pixels - face.box.height / 2;
            for (std::size_t point = 0; point < face.points.size(); ++point)
                face.points[point] = {(column + points[2 * point]) * pixels,
                                      (row + points[2 * point + 1]) * pixels};
            face.has_points = true;
            faces.push_back(face);
        }
    }
    best_first(faces);
    return faces;
}

Result<std::vector<DetectedFace>> decode_yolo(std::span<const Tensor> outputs, float score) {
    const Tensor& output = outputs[0];
    if (output.shape.size() != 3 || output.shape[0] != 1 || output.shape[1] != 5)
        return fail("the face detector's output faces has the shape {}, not 1x5xN",
                    fmt::join(output.shape, "x"));
    const auto count = static_cast<std::size_t>(output.shape[2]);
    std::vector<DetectedFace> faces;
    for (std::size_t at = 0; at < count; ++at) {
        const auto number = [&](std::size_t row) { return output.values[row * count + at]; };
        if (!(number(4) >= score)) continue;
        DetectedFace face;
        face.score = number(4);
        face.box = {number(0) - number(2) / 2, number(1) - number(3) / 2, number(2), number(3)};
        faces.push_back(face);
    }
    best_first(faces);
    return faces;
}

std::vector<DetectedFace> suppress(std::vector<DetectedFace> faces, double iou) {
    best_first(faces);
    std::vector<DetectedFace> kept;
    for (const DetectedFace& face : faces) {
        if (std::ranges::all_of(
                kept, [&](const DetectedFace& other) { return overlap(face.box, other.box) <= iou; }))
            kept.push_back(face);
    }
    return kept;
}

FaceDetector::FaceDetector(DetectorManifest manifest, fs::path directory, int side)
    : manifest_(std::move(manifest)),
      directory_(std::move(directory)),
      side_(side > 0 && !manifest_.fixed ? side : manifest_.side) {}

Result<std::shared_ptr<Session>> FaceDetector::session() {
    const std::lock_guard lock(mutex_);
    if (!session_) {
        HONE_TRY(session_, open_session(directory_ / manifest_.file.path, {}));
    }
    return session_;
}

Result<std::vector<DetectedFace>> FaceDetector::detect_tile(const Image& image) {
    HONE_TRY(const auto network, session());
    const double ratio = std::min(1.0, static_cast<double>(side_) / std::max(image.width, image.height));
    const int width = std::max(1, static_cast<int>(std::nearbyint(image.width * ratio))),
              height = std::max(1, static_cast<int>(std::nearbyint(image.height * ratio)));
    const bool same = width == image.width && height == image.height;
    const Image small = same ? Image{} : resample(image, width, height, Filter::kBilinear);
    const auto padded = [&](int length) {
        return manifest_.fixed ? side_
                               : (length + manifest_.multiple - 1) / manifest_.multiple * manifest_.multiple;
    };
    const Image canvas = crop(same ? image : small, 0, 0, padded(width), padded(height), kBlack);
    const std::vector<float> values = to_input(canvas, manifest_.input);
    TensorView input{manifest_.input.name, {1, 3, canvas.height, canvas.width}, std::span(values)};
    if (manifest_.input.interleaved) input.shape = {1, canvas.height, canvas.width, 3};
    std::vector<std::string> names = roles_of(manifest_.kind);
    for (std::string& name : names) {
        if (const auto other = manifest_.outputs.find(name); other != manifest_.outputs.end())
            name = other->second;
    }
    HONE_TRY(const std::vector<Tensor> outputs, network->run(std::span(&input, 1), names));
    Result<std::vector<DetectedFace>> found;
    switch (manifest_.kind) {
        case DetectorKind::kCenterFace:
            found = decode_center_face(outputs, manifest_.score);
            break;
        case DetectorKind::kYuNet:
            found = decode_yunet(outputs, canvas.width, canvas.height, manifest_.score);
            break;
        case DetectorKind::kYolo:
            found = decode_yolo(outputs, manifest_.score);
            break;
    }
    if (!found) return found;
    std::vector<DetectedFace> faces = suppress(std::move(*found), manifest_.iou);
    std::erase_if(faces, [](const DetectedFace& face) {
        return !(std::min(face.box.width, face.box.height) >= kLeastPixels);
    });
    const auto back = static_cast<float>(1 / ratio);
    for (DetectedFace& face : faces) {
        face.box = {face.box.x * back, face.box.y * back, face.box.width * back, face.box.height * back};
        for (Point& point : face.points) point = {point.x * back, point.y * back};
    }
    return faces;
}

Result<std::vector<DetectedFace>> FaceDetector::detect(const Image& image) {
    if (image.width <= 0 || image.height <= 0) return std::vector<DetectedFace>{};
    const int longer = std::max(image.width, image.height), shorter = std::min(image.width, image.height);
    if (longer <= side_ || longer < kPanorama * shorter) return detect_tile(image);
    // Tiles of two heights, each overlapping the next by one height: every face no wider than the image is
    // high is complete in one of them.
    std::vector<DetectedFace> faces;
    const bool wide = image.width >= image.height;
    for (int start = 0; start == 0 || start + shorter < longer; start += shorter) {
        const int from = std::min(start, std::max(0, longer - 2 * shorter)),
                  length = std::min(2 * shorter, longer - from);
        const Image tile = wide ? crop(image, from, 0, length, image.height, kBlack)
                                : crop(image, 0, from, image.width, length, kBlack);
        HONE_TRY(std::vector<DetectedFace> found, detect_tile(tile));
        for (DetectedFace& face : found) {
            const auto shift = static_cast<float>(from);
            (wide ? face.box.x : face.box.y) += shift;
            for (Point& point : face.points) (wide ? point.x : point.y) += shift;
            faces.push_back(face);
        }
    }
    return suppress(std::move(faces), manifest_.iou);
}

}  // namespace hone
