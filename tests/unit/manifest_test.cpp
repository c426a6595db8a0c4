// SPDX-License-Identifier: GPL-3.0-or-later
// Reading, writing and verifying model manifests.
#include "model/manifest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "model/hub.hpp"
#include "model/import.hpp"
#include "model/store.hpp"
#include "tests/support/temporary_folder.hpp"

namespace hone {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json good() {
    const json file = {{"path", "net.onnx"}, {"sha256", ""}, {"bytes", 3}};
    return {{"format", 1},
            {"name", "small"},
            {"dimension", 3},
            {"image",
             {{"input", "pixels"},
              {"output", "vector"},
              {"width", 32},
              {"height", 16},
              {"resize", "squash"},
              {"mean", {0, 0, 0}},
              {"std", {1, 1, 1}},
              {"files", {{"f32", file}}}}},
            {"text",
             {{"input_ids", "ids"},
              {"output", "vector"},
              {"tokenizer", {{"kind", "bpe"}, {"path", "tokenizer.json"}}},
              {"context", 77},
              {"files", {{"f32", file}, {"int8", file}}}}}};
}

Result<Manifest> read(const json& object) {
    const test::TemporaryFolder folder;
    folder.write("manifest.json", object.dump());
    return read_manifest(folder.path());
}

TEST(Manifest, IsReadAndWrittenTheSame) {
    const test::TemporaryFolder folder;
    folder.write("manifest.json", good().dump());
    auto manifest = read_manifest(folder.path());
    ASSERT_TRUE(manifest) << manifest.error().message;
    EXPECT_EQ(manifest->image.height, 16);
    EXPECT_EQ(manifest->text.attention_mask, std::nullopt);
    for (const std::optional<double> sure : {std::optional<double>(), std::optional<double>(0.25)}) {
        manifest->calibration = ScoreCalibration{0.2, 9, sure};
        ASSERT_TRUE(write_manifest(*manifest));
        const auto again = read_manifest(folder.path());
        ASSERT_TRUE(again) << again.error().message;
        EXPECT_EQ(to_json(*again), to_json(*manifest));
        EXPECT_EQ(again->calibration->sure, sure);
    }
}

TEST(Manifest, NamesTheFieldThatIsWrong) {
    struct Case {
        const char* pointer;
        json value;
        const char* expected;
    };
    for (const Case& wrong :
         {Case{"/format", 2, "newer Hone"},
          {"/calibration", {{"likely", 0.3}, {"slope", 9}, {"sure", 0.2}}, "sure is less"},
          {"/format", 1.5, "1.5 is not a whole number"},
          {"/format", 1e30, "1e+30 is not a whole number"},
          {"/image/pad", {0, 300, 0}, "300 is not a whole number"},
          {"/image/files/f32/bytes", -1, "-1 is not a whole number"},
          {"/text/tokenizer/id_offset", 1e18, "1e+18 is not a whole number"},
          {"/text/pad_id", json::parse("18446744073709551615"), "is not a whole number"},
          {"/name", "Bad Name", "the name"},
          {"/role", "toaster", "toaster"},
          {"/dimension", 0, "dimension"},
          {"/dimension", "many", "dimension"},
          {"/image/width", 100'000, "width"},
          {"/image/resize", "bend", "image.resize"},
          {"/image/resample", "magic", "image.resample"},
          {"/image/std", {0, 1, 1}, "image.std"},
          {"/image/files", json::object(), "files is empty"},
          {"/image/files/f64", {{"path", "x"}}, "f64"},
          {"/image/files/f32/path", "../../etc/passwd", "outside"},
          {"/text/files/f32/path", "/etc/passwd", "outside"},
          {"/text/tokenizer/kind", "spells", "text.tokenizer.kind"}}) {
        json object = good();
        object[json::json_pointer(wrong.pointer)] = wrong.value;
        const auto manifest = read(object);
        ASSERT_FALSE(manifest) << wrong.pointer;
        EXPECT_THAT(manifest.error().message, HasSubstr(wrong.expected)) << wrong.pointer;
        EXPECT_THAT(manifest.error().message, HasSubstr("manifest.json")) << "says where";
        EXPECT_EQ(manifest.error().message.find('\n'), std::string::npos) << "one line";
    }
    for (const char* field : {"name", "dimension", "image", "text"}) {
        json object = good();
        object.erase(field);
        EXPECT_THAT(read(object).error().message, HasSubstr(field));
    }
}

TEST(Manifest, BrokenJsonIsAnError) {
    const test::TemporaryFolder folder;
    folder.write("manifest.json", "{\"format\": 1,");
    EXPECT_THAT(read_manifest(folder.path()).error().message, HasSubstr("broken manifest"));
}

TEST(Manifest, PrecisionIsChosenAmongWhatIsThere) {
    const auto manifest = *read(good());
    EXPECT_EQ(manifest.best_precision(manifest.text.files, Precision::kInt8), Precision::kInt8);
    EXPECT_EQ(manifest.best_precision(manifest.image.files, Precision::kInt8), Precision::kF32);
    EXPECT_EQ(manifest.best_precision(manifest.image.files, std::nullopt), Precision::kF32);
}

TEST(Manifest, FingerprintFollowsWhatMovesVectors) {
    auto manifest = *read(good());
    const std::string before = manifest.fingerprint(Precision::kF32);
    manifest.title = "another title";
    EXPECT_EQ(manifest.fingerprint(Precision::kF32), before);
    manifest.image.mean[0] = 0.5F;
    EXPECT_NE(manifest.fingerprint(Precision::kF32), before);
}

TEST(VerifyFiles, FindsTheDamagedOne) {
    const test::TemporaryFolder folder;
    json object = good();
    object["image"]["files"]["f32"]["sha256"] =
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";  // "abc"
    folder.write("manifest.json", object.dump());
    folder.write("tokenizer.json", "{}");
    folder.write("net.onnx", "abc");
    const auto manifest = *read_manifest(folder.path());
    EXPECT_TRUE(verify_files(manifest));
    folder.write("net.onnx", "abd");
    EXPECT_THAT(verify_files(manifest).error().message, HasSubstr("is damaged"));
}

TEST(ModelStore, PrefersTheLibrarysModelsAndListsBrokenOnes) {
    const test::TemporaryFolder folder;
    json second = good();
    second["name"] = "hone-default-x";
    folder.write("own/small/manifest.json", good().dump());
    folder.write("shared/small/manifest.json", good().dump());
    folder.write("shared/pack/manifest.json", second.dump());
    second["name"] = "hone-default-x-plain";
    folder.write("shared/pack-plain/manifest.json", second.dump());
    folder.write("shared/broken/manifest.json", "{}");
    const ModelStore store({folder.path() / "own", folder.path() / "shared", folder.path() / "none"});
    EXPECT_EQ(store.list().size(), 4U);
    EXPECT_EQ(store.find("small")->directory, folder.path() / "own/small");
    EXPECT_EQ(store.find(std::nullopt)->name, "hone-default-x");
    EXPECT_EQ(store.find("hone-default-x-plain")->name, "hone-default-x-plain");
    EXPECT_EQ(store.find("hone-default-390")->name, "hone-default-x") << "the first edition, not installed";
    EXPECT_THAT(store.find("other").error().message, HasSubstr("small, hone-default-x"));
    EXPECT_THAT(store.find("broken").error().message, HasSubstr("broken manifest"));
    EXPECT_EQ(ModelStore({folder.path() / "none"}).find(std::nullopt).error().kind, ErrorKind::kUnavailable);
}

TEST(Hub, UnderstandsRepositoriesAndShortcuts) {
    ::setenv("HF_ENDPOINT", "http://127.0.0.1:1/", 1);
    EXPECT_EQ(parse_repository("clip-vit-large-patch14")->repository, "Xenova/clip-vit-large-patch14");
    EXPECT_EQ(parse_repository("a/b@v2")->revision, "v2");
    EXPECT_EQ(parse_repository("a/b")->revision, "main");
    EXPECT_EQ(parse_repository("a/b")->endpoint, "http://127.0.0.1:1");
    ::unsetenv("HF_ENDPOINT");
    for (const char* bad : {"", "nothing", "a/b/c", "a/", "/b", "a/../b", "a/b@", "a b/c"})
        EXPECT_FALSE(parse_repository(bad)) << bad;
}

TEST(ModelName, IsMadeFromAnything) {
    EXPECT_EQ(model_name_from("ViT-B-32-SigLIP2__webli"), "vit-b-32-siglip2__webli");
    EXPECT_EQ(model_name_from("  Größe!"), "gr-e");
    EXPECT_EQ(model_name_from("???"), "model");
    EXPECT_TRUE(is_model_name(model_name_from("A.B_C-D")));
    EXPECT_FALSE(is_model_name("../x"));
}

}  // namespace
}  // namespace hone
