// A pair of networks that puts pictures and words into one space: text or pixels in, unit vectors out.
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
    Device device = Device::kAuto;       // of the image tower; words always run on the cpu
    std::optional<Precision> precision;  // wanted; a tower without it takes what it has
    fs::path tuning_file;                // remembers the self-tests of --device auto; empty: forgets
};

// Safe from any thread. Towers load at their first use, so opening costs nothing and a question needs only
// the text tower.
class ImageTextModel {
  public:
    ImageTextModel(Manifest manifest, ModelOptions options);
    virtual ~ImageTextModel();

    [[nodiscard]] const Manifest& manifest() const { return manifest_; }
    [[nodiscard]] int dimension() const { return manifest_.dimension; }
    [[nodiscard]] const std::string& fingerprint() const { return fingerprint_; }
    [[nodiscard]] Precision image_precision() const { return image_precision_; }
    // Where the image tower runs; before it is loaded, where it is asked to.
    [[nodiscard]] Device image_device() const;

    Result<> load_text();
    Result<> load_image();

    // dimension numbers of length 1. The last kCachedTexts texts are remembered. (Virtual, so that tests of
    // what is done with the numbers need no network.)
    virtual Result<std::vector<float>> embed_text(std::string_view text);

    // Pixels on the shorter side that are enough for the image tower: decoding may shrink to it.
    [[nodiscard]] int wanted_side() const;
    // Numbers of one prepared picture (model/preprocess.hpp).
    [[nodiscard]] std::size_t input_size() const;
    // tensors: count prepared pictures behind each other. Gives count x dimension numbers, each row of
    // length 1. A picture's row does not depend on the others of its batch.
    Result<std::vector<float>> embed_images(std::span<const float> tensors, std::size_t count);
    Result<std::vector<float>> embed_image(const Image& image);
    // Pictures a run that use the device best, and runs at the same time.
    [[nodiscard]] std::size_t batch_size() const;
    [[nodiscard]] unsigned parallel_runs() const;

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

    std::mutex loading_;  // guards the sessions and the tokenizer while they come into being
    std::shared_ptr<Session> image_, text_;
    std::unique_ptr<Tokenizer> tokenizer_;
    std::atomic<Device> device_;

    std::mutex cache_mutex_;
    std::list<std::pair<std::string, std::vector<float>>> recent_;  // newest first
    std::unordered_map<std::string, decltype(recent_)::iterator> cached_;
};

// Divides by the Euclidean length. False for a vector without a direction (zero, not finite).
bool normalize(std::span<float> vector);

}  // namespace hone
