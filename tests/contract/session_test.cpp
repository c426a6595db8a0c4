// SPDX-License-Identifier: GPL-3.0-or-later
// Networks on their execution providers, and the usual layouts of models.
#include <gmock/gmock.h>

#include <cmath>

#include "model/image_text_model.hpp"
#include "model/import.hpp"
#include "model/session.hpp"
#include "tests/contract/needs.hpp"
#include "tests/support/temporary_folder.hpp"

namespace hone {
namespace {

using testing::HasSubstr;

const fs::path kModels = test::source_directory() / "deps/testmodels";

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
    double sum = 0;
    for (std::size_t at = 0; at < a.size(); ++at) sum += static_cast<double>(a[at]) * b[at];
    return sum;
}

Image pattern() {
    Image image{97, 61, std::vector<std::uint8_t>(97 * 61 * 3)};
    for (std::size_t at = 0; at < image.rgb.size(); ++at)
        image.rgb[at] = static_cast<std::uint8_t>(at * 7919 % 251);
    return image;
}

std::vector<float> image_vector(const fs::path& model,
                                ModelOptions options = {Device::kCpu, std::nullopt, {}}) {
    const auto manifest = describe_model(model, "test");
    EXPECT_TRUE(manifest) << manifest.error().message;
    const auto vector = ImageTextModel(*manifest, options).embed_image(pattern());
    EXPECT_TRUE(vector) << vector.error().message;
    return vector.value_or(std::vector<float>{});
}

std::vector<float> text_vector(const fs::path& model, std::string_view text) {
    const auto vector =
        ImageTextModel(*describe_model(model, "test"), {Device::kCpu, std::nullopt, {}}).embed_text(text);
    EXPECT_TRUE(vector) << vector.error().message;
    return vector.value_or(std::vector<float>{});
}

TEST(Layouts, GiveTheSameVectors) {
    HONE_NEEDS(kModels);
    const auto reference = image_vector(kModels / "clip-random");
    const auto words = text_vector(kModels / "clip-random", "a dog in the snow");
    EXPECT_NEAR(cosine(reference, reference), 1, 1e-5) << "unit length";
    for (const char* layout : {"clip-immich", "clip-combined", "clip-manifest"}) {
        EXPECT_NEAR(cosine(image_vector(kModels / layout), reference), 1, 1e-4) << layout;
        EXPECT_NEAR(cosine(text_vector(kModels / layout, "a dog in the snow"), words), 1, 1e-4) << layout;
    }
}

TEST(Layouts, PrecisionsAreToldApart) {
    HONE_NEEDS(kModels);
    const auto manifest = describe_model(kModels / "clip-random", "test");
    ASSERT_TRUE(manifest) << manifest.error().message;
    EXPECT_EQ(manifest->image.files.size(), 3U) << "f32, fp16, int8";
    const auto reference = image_vector(kModels / "clip-random");
    for (const Precision precision : {Precision::kFp16, Precision::kInt8}) {
        const auto vector = image_vector(kModels / "clip-random", {Device::kCpu, precision, {}});
        EXPECT_GT(cosine(vector, reference), precision == Precision::kFp16 ? 0.999 : 0.9)
            << precision_name(precision);
        EXPECT_NE(vector, reference) << "another file was used";
    }
    EXPECT_NE(manifest->fingerprint(Precision::kF32), manifest->fingerprint(Precision::kInt8));
}

TEST(Layouts, QueriesAreNotPaddedWhereTheNetworkIsDynamic) {
    HONE_NEEDS(kModels);
    EXPECT_FALSE(describe_model(kModels / "clip-random", "x")->text.pad_to_context);
    EXPECT_TRUE(describe_model(kModels / "clip-immich", "x")->text.pad_to_context) << "its axis is fixed";
}

TEST(Layouts, SigLipWorks) {
    HONE_NEEDS(kModels / "siglip-random");
    const auto manifest = describe_model(kModels / "siglip-random", "x");
    ASSERT_TRUE(manifest) << manifest.error().message;
    EXPECT_EQ(manifest->text.tokenizer, TokenizerKind::kSentencePiece);
    EXPECT_NE(text_vector(kModels / "siglip-random", "a dog"),
              text_vector(kModels / "siglip-random", "a cat"));
}

TEST(Texts, LongAndEmptyOnesAreEmbedded) {
    HONE_NEEDS(kModels);
    std::string longest;
    for (int word = 0; word < 2000; ++word) longest += "dog ";
    EXPECT_NEAR(
        cosine(text_vector(kModels / "clip-random", longest), text_vector(kModels / "clip-random", longest)),
        1, 1e-6);
    text_vector(kModels / "clip-random", "");
}

TEST(Batches, DoNotChangeAPicturesVector) {
    HONE_NEEDS(kModels);
    ImageTextModel model(*describe_model(kModels / "clip-random", "test"), {Device::kCpu, std::nullopt, {}});
    std::vector<float> tensors(4 * model.input_size());
    for (std::size_t at = 0; at < tensors.size(); ++at)
        tensors[at] = std::sin(static_cast<float>(at % 10'007));
    const auto together = *model.embed_images(tensors, 4);
    const auto dimension = static_cast<std::size_t>(model.dimension());
    for (std::size_t picture = 0; picture < 4; ++picture) {
        const auto alone = *model.embed_images(
            std::span(tensors).subspan(picture * model.input_size(), model.input_size()), 1);
        const std::vector<float> row(
            together.begin() + static_cast<std::ptrdiff_t>(picture * dimension),
            together.begin() + static_cast<std::ptrdiff_t>((picture + 1) * dimension));
        EXPECT_NEAR(cosine(alone, row), 1, 1e-6);
    }
}

TEST(BrokenModels, SayWhatIsWrongInOneLine) {
    HONE_NEEDS(kModels / "broken");
    int cases = 0;
    for (const auto& entry : fs::directory_iterator(kModels / "broken")) {
        const auto manifest = describe_model(entry.path(), "x");
        Result<std::vector<float>> used =
            manifest ? ImageTextModel(*manifest, {Device::kCpu, std::nullopt, {}}).embed_image(pattern())
                     : std::unexpected(manifest.error());
        EXPECT_FALSE(used) << entry.path();
        if (used) continue;
        EXPECT_EQ(used.error().message.find('\n'), std::string::npos) << used.error().message;
        ++cases;
    }
    EXPECT_GE(cases, 3) << "all that were refused";
}

TEST(Sessions, NameMissingAndTruncatedFiles) {
    const test::TemporaryFolder folder;
    EXPECT_THAT(open_session(folder.path() / "none.onnx", {}).error().message, HasSubstr("missing"));
    EXPECT_THAT(open_session(folder.write("cut.onnx", "\x08\x07\x12"), {}).error().message,
                HasSubstr("cut.onnx"));
}

TEST(Devices, TheCpuIsAlwaysThere) {
    const auto reports = probe_devices();
    ASSERT_FALSE(reports.empty());
    EXPECT_EQ(reports[0].device, Device::kCpu);
    EXPECT_TRUE(reports[0].usable) << reports[0].reason;
    for (const DeviceReport& report : reports)
        EXPECT_FALSE(report.reason.empty()) << device_name(report.device);
}

TEST(Devices, AProviderThatFailsFallsBackToTheCpu) {
    HONE_NEEDS(kModels);
    ImageTextModel model(*describe_model(kModels / "clip-random", "test"), {Device::kCuda, std::nullopt, {}});
    if (probe_devices()[2].usable) GTEST_SKIP() << "hardware: CUDA works here";
    const auto vector = model.embed_image(pattern());
    ASSERT_TRUE(vector) << vector.error().message;
    EXPECT_EQ(model.image_device(), Device::kCpu);
    EXPECT_EQ(*vector, image_vector(kModels / "clip-random"));
}

TEST(Devices, AutoRemembersItsChoice) {
    HONE_NEEDS(kModels);
    const test::TemporaryFolder folder;
    const fs::path note = folder.path() / "devices.json";
    ImageTextModel model(*describe_model(kModels / "clip-random", "test"),
                         {Device::kAuto, std::nullopt, note});
    ASSERT_TRUE(model.embed_image(pattern()));
    EXPECT_NE(model.image_device(), Device::kAuto);
    EXPECT_THAT(*read_text(note), HasSubstr(std::string(device_name(model.image_device()))));
}

// The process's first use of the engine: no network was opened on the CPU before.
TEST(Devices, WebgpuNeedsNoCpuSessionBefore) {
    HONE_NEEDS(kModels / "clip-manifest");
    const fs::path driver = "/usr/lib/chromium/vk_swiftshader_icd.json";
    HONE_NEEDS(driver);
    ::setenv("VK_ICD_FILENAMES", driver.c_str(), 0);
    ImageTextModel model(*read_manifest(kModels / "clip-manifest"), {Device::kWebgpu, std::nullopt, {}});
    const auto vector = model.embed_image(pattern());
    ASSERT_TRUE(vector) << vector.error().message;
    EXPECT_EQ(model.image_device(), Device::kWebgpu) << "it fell back";
}

// SwiftShader, the software graphics card in Debian's Chromium, replaces a real one.
TEST(Devices, WebgpuAgreesWithTheCpu) {
    HONE_NEEDS(kModels);
    const fs::path driver = "/usr/lib/chromium/vk_swiftshader_icd.json";
    HONE_NEEDS(driver);
    ::setenv("VK_ICD_FILENAMES", driver.c_str(), 0);
    const auto report = probe_devices()[1];
    ASSERT_EQ(report.device, Device::kWebgpu);
    ASSERT_TRUE(report.usable) << report.reason;
    ImageTextModel model(*describe_model(kModels / "clip-random", "test"),
                         {Device::kWebgpu, std::nullopt, {}});
    const auto vector = model.embed_image(pattern());
    ASSERT_TRUE(vector) << vector.error().message;
    EXPECT_EQ(model.image_device(), Device::kWebgpu) << "it fell back";
    EXPECT_GT(cosine(*vector, image_vector(kModels / "clip-random")), 0.999);
}

}  // namespace
}  // namespace hone
