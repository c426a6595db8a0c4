// SPDX-License-Identifier: GPL-3.0-or-later
// Runs the detector, the embedder and the age network on one photo.
#include "analyze/faces.hpp"

#include <algorithm>
#include <cmath>

#include "analyze/face_chip.hpp"
#include "base/config.hpp"
#include "base/log.hpp"
#include "model/image_text_model.hpp"

namespace hone {

namespace {

constexpr std::size_t kBatch = 16;  // faces per run
// Side of the cropped square, as a multiple of the box, when there are no landmarks.
constexpr double kWithoutPoints = 1.1;

float smaller_side(const Box& box) {
    return std::min(box.width, box.height);
}

TensorView view_of(const PixelInput& input, std::span<const float> values, std::size_t count, int size) {
    const auto n = static_cast<std::int64_t>(count);
    return input.interleaved ? TensorView{input.name, {n, size, size, 3}, values}
                             : TensorView{input.name, {n, 3, size, size}, values};
}

// Prefixes an error with the name of its network.
template <typename T>
Result<T> of(const ModelFile& file, Result<T> result) {
    if (!result) result.error().message = fmt::format("{}: {}", file.path, result.error().message);
    return result;
}

}  // namespace

FaceAnalyzer::FaceAnalyzer(FacePack pack, FaceOptions options)
    : pack_(std::move(pack)),
      options_(options),
      fingerprint_(fmt::format("{}{}{}", pack_.fingerprint(), options.age_gender ? "" : "-noage",
                               options.side > 0 ? fmt::format("-{}", options.side) : "")),
      detector_(pack_.detector, pack_.directory, options.side) {}

std::shared_ptr<Session> FaceAnalyzer::open(Network& network, const ModelFile& file, const char* what) {
    const std::lock_guard lock(mutex_);
    if (network.session || network.broken) return network.session;
    auto opened = open_session(pack_.directory / file.path, {});
    if (opened) return network.session = std::move(*opened);
    network.broken = true;
    log::write(log::Level::kWarning,
               fmt::format("faces are indexed without {}: {}", what, opened.error().message));
    return nullptr;
}

Image FaceAnalyzer::chip_of(const Image& image, const DetectedFace& face) const {
    const EmbedderManifest& embedder = *pack_.embedder;
    return warp(image,
                face.has_points ? fit_similarity(face.points, embedder.in_chip)
                                : square_on(face.box, kWithoutPoints, embedder.size),
                embedder.size);
}

Result<> FaceAnalyzer::embed(const Image& image, std::vector<FoundFace>& faces,
                             const std::vector<DetectedFace>& found) {
    if (!pack_.embedder) return {};
    const EmbedderManifest& embedder = *pack_.embedder;
    std::vector<std::size_t> wanted;
    for (std::size_t at = 0; at < found.size(); ++at) {
        if (smaller_side(found[at].box) >= kLeastEmbedded) wanted.push_back(at);
    }
    const auto session = wanted.empty() ? nullptr : open(embedder_, embedder.file, "telling people apart");
    if (!session) return {};
    const auto dimension = static_cast<std::size_t>(embedder.dimension);
    for (std::size_t start = 0; start < wanted.size(); start += kBatch) {
        const std::size_t count = std::min(kBatch, wanted.size() - start);
        std::vector<float> values;
        for (std::size_t at = 0; at < count; ++at) {
            const auto one = to_input(chip_of(image, found[wanted[start + at]]), embedder.input);
            values.insert(values.end(), one.begin(), one.end());
        }
        const TensorView input = view_of(embedder.input, values, count, embedder.size);
        HONE_TRY(const Tensor output, of(embedder.file, session->run(std::span(&input, 1), embedder.output)));
        if (output.values.size() != count * dimension)
            return fail("the face network's output {} has the shape {}, not {}x{}", embedder.output,
                        fmt::join(output.shape, "x"), count, dimension);
        for (std::size_t at = 0; at < count; ++at) {
            auto& vector = faces[wanted[start + at]].vector;
            vector.assign(output.values.begin() + static_cast<std::ptrdiff_t>(at * dimension),
                          output.values.begin() + static_cast<std::ptrdiff_t>((at + 1) * dimension));
            const bool finite = std::ranges::all_of(vector, [](float value) { return std::isfinite(value); });
            if (!finite || (embedder.cosine && !normalize(vector))) vector.clear();
        }
    }
    return {};
}

Result<> FaceAnalyzer::estimate(const Image& image, std::vector<FoundFace>& faces,
                                const std::vector<DetectedFace>& found) {
    if (!pack_.age_gender || !options_.age_gender) return {};
    const AgeGenderManifest& network = *pack_.age_gender;
    std::vector<std::size_t> wanted;
    for (std::size_t at = 0; at < found.size(); ++at) {
        const Box& box = found[at].box;
        const bool cut = box.x < 0 || box.y < 0 || box.x + box.width > static_cast<float>(image.width) ||
                         box.y + box.height > static_cast<float>(image.height);
        // Measured in the photo itself: the reduced image may come from a large enough face.
        if (!cut && smaller_side(faces[at].box) >= kLeastEstimated) wanted.push_back(at);
    }
    const auto session = wanted.empty() ? nullptr : open(age_gender_, network.file, "age and gender");
    if (!session) return {};
    const std::vector<std::string> names{network.age, network.gender};
    for (std::size_t start = 0; start < wanted.size(); start += kBatch) {
        const std::size_t count = std::min(kBatch, wanted.size() - start);
        std::vector<float> values;
        for (std::size_t at = 0; at < count; ++at) {
            const Similarity square = square_on(found[wanted[start + at]].box, network.crop, network.size);
            const auto one = to_input(warp(image, square, network.size), network.input);
            values.insert(values.end(), one.begin(), one.end());
        }
        const TensorView input = view_of(network.input, values, count, network.size);
        const bool one = names[0] == names[1];
        HONE_TRY(const std::vector<Tensor> outputs,
                 of(network.file, session->run(std::span(&input, 1), std::span(names).first(one ? 1 : 2))));
        const std::size_t wants[] = {network.age_index, network.gender_index};
        for (std::size_t which = 0; which < 2; ++which) {
            const Tensor& output = outputs[one ? 0 : which];
            if (output.values.size() % count != 0 || output.values.size() / count <= wants[which])
                return fail("the age network's output {} has the shape {}, with no number {} for each face",
                            names[which], fmt::join(output.shape, "x"), wants[which]);
        }
        const auto number = [&](std::size_t which, std::size_t face) {
            const Tensor& output = outputs[one ? 0 : which];
            return output.values[face * (output.values.size() / count) + wants[which]];
        };
        for (std::size_t at = 0; at < count; ++at) {
            const float age = number(0, at), sure = std::clamp(number(1, at), 0.0F, 1.0F);
            if (!std::isfinite(age) || !std::isfinite(sure)) continue;
            faces[wanted[start + at]].estimate = {age, network.gender_is_male ? sure : 1 - sure,
                                                  age_range(network, age)};
        }
    }
    return {};
}

Result<FoundFaces> FaceAnalyzer::find(const Image& image, int full_width) {
    HONE_TRY(std::vector<DetectedFace> found, detector_.detect(image));
    if (found.size() > kMostFaces) found.resize(kMostFaces);
    const float scale =
        image.width > 0 ? static_cast<float>(full_width) / static_cast<float>(image.width) : 1;
    std::vector<FoundFace> faces;
    for (const DetectedFace& one : found) {
        FoundFace& face = faces.emplace_back();
        face.box = {one.box.x * scale, one.box.y * scale, one.box.width * scale, one.box.height * scale};
        for (std::size_t at = 0; at < one.points.size(); ++at)
            face.points[at] = {one.points[at].x * scale, one.points[at].y * scale};
        face.has_points = one.has_points;
        face.score = one.score;
    }
    HONE_CHECK(embed(image, faces, found));
    HONE_CHECK(estimate(image, faces, found));
    return faces;
}

// A device has nothing to do with it: faces are found on the processor.
Result<AnalyzerRuns> FaceAnalyzer::open() {
    return AnalyzerRuns{1, processor_count()};
}

std::vector<Result<AnalysisResult>> FaceAnalyzer::run(std::span<const AnalyzerInput* const> photos) {
    std::vector<Result<AnalysisResult>> results;
    for (const AnalyzerInput* photo : photos)
        results.emplace_back(find(photo->prepared.faces, photo->prepared.width));
    return results;
}

}  // namespace hone
