// SPDX-License-Identifier: GPL-3.0-or-later
// The networks of the face pack and the geometry around them, compared with the reference pipeline's golden
// numbers on inputs that are exact in any language.
#include <cmath>
#include <nlohmann/json.hpp>

#include "analyze/face_chip.hpp"
#include "tests/contract/needs.hpp"

namespace hone {
namespace {

using nlohmann::json;

// Element i: the upper 8 bits of i x 2654435761 mod 2^32.
std::vector<float> synthetic(std::size_t count) {
    std::vector<float> values(count);
    for (std::size_t at = 0; at < count; ++at)
        values[at] = static_cast<float>(static_cast<std::uint32_t>(at * 2654435761U) >> 24);
    return values;
}

Image synthetic_image(int height, int width) {
    const std::vector<float> planes = synthetic(std::size_t{3} * height * width);
    Image image{width, height, std::vector<std::uint8_t>(planes.size())};
    for (std::size_t pixel = 0; pixel < planes.size() / 3; ++pixel) {
        for (std::size_t channel = 0; channel < 3; ++channel)
            image.rgb[3 * pixel + channel] =
                static_cast<std::uint8_t>(planes[channel * (planes.size() / 3) + pixel]);
    }
    return image;
}

class FaceGolden : public testing::Test {
  protected:
    void SetUp() override {
        HONE_NEEDS(kGolden);
        HONE_NEEDS(kPack / "face_detection.onnx");
        golden = json::parse(*read_text(kGolden));
        const auto read = read_face_pack(kPack);
        ASSERT_TRUE(read) << read.error().message;
        pack = *read;
    }
    const fs::path kGolden = test::source_directory() / "deps/golden/faces/faces.json";
    const fs::path kPack = test::source_directory() / "models/faces";
    json golden;
    FacePack pack;
};

TEST_F(FaceGolden, NetworksGiveTheSameNumbers) {
    for (const ModelFile* file : {&pack.detector.file, &pack.embedder->file, &pack.age_gender->file}) {
        const json& expected = golden.at(file->path);
        const auto session = open_session(kPack / file->path, {});
        ASSERT_TRUE(session) << session.error().message;
        const auto shape = expected["input"].get<std::vector<std::int64_t>>();
        const std::vector<float> values = synthetic(std::size_t(shape[1] * shape[2] * shape[3]));
        const TensorView input{"input", shape, std::span(values)};
        for (const auto& [name, output] : expected["outputs"].items()) {
            const auto tensor = (*session)->run(std::span(&input, 1), name);
            ASSERT_TRUE(tensor) << tensor.error().message;
            EXPECT_EQ(tensor->shape, output["shape"].get<std::vector<std::int64_t>>()) << name;
            const auto first = output["first"].get<std::vector<double>>();
            for (std::size_t at = 0; at < first.size(); ++at)
                EXPECT_NEAR(tensor->values[at], first[at], 1e-3 * (1 + std::abs(first[at]))) << name << at;
            double sum = 0;
            for (const float value : tensor->values) sum += value;
            const double expected_sum = output["sum"];
            EXPECT_NEAR(sum, expected_sum, 1e-3 * (1 + std::abs(expected_sum))) << name;
        }
    }
}

TEST_F(FaceGolden, ChipsAreCutAlike) {
    Landmarks points{};
    const auto given = golden["similarity"]["points"].get<std::vector<std::array<float, 2>>>();
    for (std::size_t at = 0; at < points.size(); ++at) points[at] = {given[at][0], given[at][1]};
    const Similarity found = fit_similarity(points, pack.embedder->in_chip);
    const auto expected = golden["similarity"]["a_b_tx_ty"].get<std::array<double, 4>>();
    EXPECT_NEAR(found.a, expected[0], 1e-5);
    EXPECT_NEAR(found.b, expected[1], 1e-5);
    EXPECT_NEAR(found.tx, expected[2], 1e-3);
    EXPECT_NEAR(found.ty, expected[3], 1e-3);

    const json& warped = golden["warp"];
    const Image image = synthetic_image(warped["image"][0], warped["image"][1]);
    const auto expect_alike = [](const Image& chip, std::size_t row, std::size_t column, const json& pixels,
                                 double sum) {
        std::size_t at = 3 * (row * static_cast<std::size_t>(chip.width) + column);
        for (const json& pixel : pixels) {
            for (const json& value : pixel) EXPECT_NEAR(chip.rgb[at++], value.get<double>(), 2);
        }
        double total = 0;
        for (const std::uint8_t value : chip.rgb) total += value;
        EXPECT_NEAR(total, sum, 1e-3 * sum);
    };
    expect_alike(warp(image, found, pack.embedder->size), 75, 70, warped["chip_row_75"], warped["chip_sum"]);
    const auto box = warped["square_box"].get<std::array<float, 4>>();
    const AgeGenderManifest& network = *pack.age_gender;
    expect_alike(
        warp(image, square_on({box[0], box[1], box[2], box[3]}, network.crop, network.size), network.size),
        56, 50, warped["square_row_56"], warped["square_sum"]);
}

}  // namespace
}  // namespace hone
