// SPDX-License-Identifier: GPL-3.0-or-later
// Vectors from file to unit length compared with the Python reference (Pillow and the same engine):
// tests/reference/preprocess_golden.py.
#include <algorithm>
#include <cmath>
#include <fstream>

#include "model/image_text_model.hpp"
#include "photo/decode.hpp"
#include "tests/contract/needs.hpp"

namespace hone {
namespace {

struct Golden {
    const char* name;
    fs::path model, photos;
};

class PreprocessGolden : public testing::TestWithParam<Golden> {};

TEST_P(PreprocessGolden, VectorsAgree) {
    std::string folder = GetParam().name;
    std::ranges::replace(folder, '_', '-');
    const fs::path golden = test::source_directory() / "deps/golden" / folder;
    HONE_NEEDS(golden / "vectors.f32");
    HONE_NEEDS(GetParam().photos);
    ImageTextModel model(*read_manifest(GetParam().model), {Device::kCpu, std::nullopt, {}});
    const auto dimension = static_cast<std::size_t>(model.dimension());
    const auto expected = *read_file(golden / "vectors.f32");
    std::ifstream names(golden / "photos.txt");
    double sum = 0, worst = 1;
    std::size_t photos = 0;
    for (std::string name; std::getline(names, name); ++photos) {
        const auto bytes = read_file(GetParam().photos / name);
        ASSERT_TRUE(bytes) << bytes.error().message;
        const auto decoded = decode_photo(*bytes, model.wanted_side());
        ASSERT_TRUE(decoded) << name << ": " << decoded.error().message;
        const auto vector = model.embed_image(decoded->image);
        ASSERT_TRUE(vector) << vector.error().message;
        const auto* reference = reinterpret_cast<const float*>(expected.data()) + photos * dimension;
        double dot = 0, length = 0;
        for (std::size_t at = 0; at < dimension; ++at) {
            dot += static_cast<double>((*vector)[at]) * reference[at];
            length += static_cast<double>(reference[at]) * reference[at];
        }
        const double cosine = dot / std::sqrt(length);
        sum += cosine;
        if (cosine < worst) worst = cosine;
        EXPECT_GE(cosine, 0.995) << name;
    }
    ASSERT_GT(photos, 0U);
    ASSERT_EQ(expected.size(), photos * dimension * sizeof(float));
    EXPECT_GE(sum / static_cast<double>(photos), 0.999);
    fmt::print("{}: {} photos, cosine mean {:.6f}, worst {:.6f}\n", GetParam().name, photos,
               sum / static_cast<double>(photos), worst);
}

const fs::path kSource = test::source_directory(), kShared = test::shared_directory();

// Without those whose model or photos are in ../shared on other machines only.
std::vector<Golden> available(std::vector<Golden> all) {
    std::erase_if(all, [](const Golden& golden) {
        const bool shared =
            golden.photos.string().starts_with(kShared.string()) || golden.model.filename() == "conse-h";
        return shared && !(test::exists(golden.photos) && test::exists(kShared / "models/conse-h"));
    });
    return all;
}

INSTANTIATE_TEST_SUITE_P(
    All, PreprocessGolden,
    testing::ValuesIn(available(
        {Golden{"default_coco", kSource / "models/default", kShared / "photos/coco-captions/images"},
         Golden{"default_samples", kSource / "models/default", kSource / "deps/samples"},
         Golden{"default_orientation", kSource / "models/default", kSource / "deps/golden/orientation"},
         Golden{"conse_h_coco", kSource / "deps/testmodels/conse-h", kShared / "photos/coco-captions/images"},
         Golden{"clip_manifest_samples", kSource / "deps/testmodels/clip-manifest",
                kSource / "deps/samples"}})),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace hone
