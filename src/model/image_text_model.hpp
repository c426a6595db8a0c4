// SPDX-License-Identifier: GPL-3.0-or-later
// A pair of networks that maps images and texts into one space: pixels or text in, unit vectors out.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "model/manifest.hpp"
#include "model/session.hpp"
#include "model/tokenizer.hpp"
#include "photo/image.hpp"

namespace hone {

struct ModelOptions {
    Device device = Device::kAuto;       // of the image tower; the text tower always runs on the CPU
    std::optional<Precision> precision;  // preferred; a tower without it uses another
    fs::path tuning_file;                // stores the self-tests of --device auto; empty: stores none
};

// Safe from any thread. A tower loads on first use, so construction is cheap and a query loads only the text
// tower.
class ImageTextModel {
  public:
    ImageTextModel(Manifest manifest, ModelOptions options);
    virtual ~ImageTextModel();

    [[nodiscard]] const Manifest& manifest() const { return manifest_; }
    [[nodiscard]] int dimension() const { return manifest_.dimension; }
    [[nodiscard]] const std::string& fingerprint() const { return fingerprint_; }
    [[nodiscard]] Precision image_precision() const { return image_precision_; }
    // Returns the device of the image tower; before it is loaded, the requested one.
    [[nodiscard]] Device image_device() const;

    // Loads the tower unless it is loaded already. kFailed when a file is missing or broken.
    Result<> load_text();
    // How the opened image tower is used best.
    struct ImageRuns {
        std::size_t batch = 1;  // images per run
        unsigned parallel = 1;  // concurrent runs
    };
    // Resolves Device::kAuto and opens the image tower, unless that is done. kFailed when a file is missing
    // or broken.
    Result<ImageRuns> load_image();
    // No device profits from more images per run.
    static constexpr std::size_t kLargestBatch = 8;

    // Returns a vector of dimension() values and length 1. Caches the last kCachedTexts texts. kFailed when
    // the tower cannot be loaded or run. (Virtual, so that tests can do without the network.)
    virtual Result<std::vector<float>> embed_text(std::string_view text);

    // Pixels on the shorter side that suffice for the image tower; decoding may reduce the photo to that.
    [[nodiscard]] int wanted_side() const;
    // Number of values of one prepared image (model/preprocess.hpp).
    [[nodiscard]] std::size_t input_size() const;
    // images: `count` prepared images in a row, count x input_size() values. Returns count x dimension()
    // values, each row of length 1. A row does not depend on the rest of its batch. kFailed when the tower
    // cannot be loaded or run.
    Result<std::vector<float>> embed_images(std::span<const float> tensors, std::size_t count);
    // Prepares and embeds one image of any size.
    Result<std::vector<float>> embed_image(const Image& image);

  private:
    static constexpr std::size_t kCachedTexts = 256;

    Result<std::shared_ptr<Session>> image_session();
    Result<std::shared_ptr<Session>> open_tower(const ModelFile& file, Device device, unsigned threads);
    Result<std::vector<float>> run_images(Session& session, std::span<const float> tensors,
                                          std::size_t count) const;
    Result<std::vector<float>> run_text(std::string_view text);
    Result<Device> choose_device();
    Result<> fall_back_to_cpu(const std::string& reason);

    const Manifest manifest_;
    const ModelOptions options_;
    const Precision image_precision_, text_precision_;
    const std::string fingerprint_;

    std::mutex choosing_;  // held during the self-test of Device::kAuto, which takes seconds on a card
    std::mutex loading_;   // guards the sessions and the tokenizer while they are created
    std::shared_ptr<Session> image_, text_;
    std::unique_ptr<Tokenizer> tokenizer_;
    std::atomic<Device> device_;

    std::mutex cache_mutex_;
    std::list<std::pair<std::string, std::vector<float>>> recent_;  // newest first
    std::unordered_map<std::string, decltype(recent_)::iterator> cached_;
};

// Divides by the Euclidean length. Returns false for a vector without a direction (zero or not finite). Pure
// function.
bool normalize(std::span<float> vector);

}  // namespace hone
