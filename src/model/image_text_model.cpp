// SPDX-License-Identifier: GPL-3.0-or-later
// Loads the two towers, chooses the image tower's device, and computes vectors.
#include "model/image_text_model.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/config.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "model/preprocess.hpp"

namespace hone {

namespace {

// Images per run. On a CPU, one image per run and one run per core is fastest for convolutions and costs
// transformers little; a graphics device needs larger batches (bench/embed prints both).
constexpr std::size_t kCpuBatch = 1, kDeviceBatch = 8;
constexpr double kSelfTestAgreement = 0.99;  // minimum cosine with the CPU's vectors
constexpr int kSelfTestPictures = 4;

// Smooth colour patterns with some texture: realistic enough for a network, and identical on every machine.
std::vector<float> self_test_pictures(const ImageTower& tower) {
    std::vector<float> tensors;
    for (int picture = 0; picture < kSelfTestPictures; ++picture) {
        Image image{tower.width, tower.height, std::vector<std::uint8_t>(tensor_size(tower))};
        for (int y = 0; y < image.height; ++y) {
            for (int x = 0; x < image.width; ++x) {
                for (int band = 0; band < 3; ++band) {
                    const double wave = std::sin(x * (0.02 + 0.03 * picture) + band) +
                                        std::cos(y * (0.05 - 0.01 * picture) * (band + 1));
                    image.row(y)[3 * x + band] = static_cast<std::uint8_t>(128 + 60 * wave);
                }
            }
        }
        tensors.resize(tensors.size() + tensor_size(tower));
        preprocess(image, tower, std::span(tensors).last(tensor_size(tower)));
    }
    return tensors;
}

bool has_input(const Session& session, const std::string& name) {
    return std::ranges::any_of(session.inputs(), [&](const Port& port) { return port.name == name; });
}

// Separate towers may use one name for their inputs; a combined network cannot.
bool names_differ(const Manifest& manifest) {
    return manifest.image.input != manifest.text.input_ids;
}

}  // namespace

bool normalize(std::span<float> vector) {
    double sum = 0;
    for (const float value : vector) sum += static_cast<double>(value) * value;
    const double length = std::sqrt(sum);
    if (!(length > 1e-12) || !std::isfinite(length)) return false;
    for (float& value : vector) value = static_cast<float>(value / length);
    return true;
}

ImageTextModel::ImageTextModel(Manifest manifest, ModelOptions options)
    : manifest_(std::move(manifest)),
      options_(std::move(options)),
      image_precision_(manifest_.best_precision(manifest_.image.files, options_.precision)),
      text_precision_(manifest_.best_precision(manifest_.text.files, options_.precision)),
      fingerprint_(manifest_.fingerprint(image_precision_)),
      device_(options_.device) {}

ImageTextModel::~ImageTextModel() = default;

Device ImageTextModel::image_device() const {
    return device_;
}
int ImageTextModel::wanted_side() const {
    return 2 * std::max(manifest_.image.width, manifest_.image.height);
}
std::size_t ImageTextModel::input_size() const {
    return tensor_size(manifest_.image);
}

Result<std::shared_ptr<Session>> ImageTextModel::open_tower(const ModelFile& file, Device device,
                                                            unsigned threads) {
    HONE_TRY(auto session, open_session(manifest_.directory / file.path, {device, threads}));
    return std::shared_ptr<Session>(std::move(session));
}

Result<> ImageTextModel::load_text() {
    const std::lock_guard lock(loading_);
    if (text_) return {};
    if (!tokenizer_) {
        HONE_TRY(tokenizer_, load_tokenizer(manifest_.text, manifest_.directory));
    }
    const ModelFile& file = manifest_.text.files.at(text_precision_);
    // A combined network is loaded only once.
    if (image_ && image_->device() == Device::kCpu &&
        file.path == manifest_.image.files.at(image_precision_).path) {
        text_ = image_;
        return {};
    }
    HONE_TRY(text_, open_tower(file, Device::kCpu, processor_count()));
    return {};
}

Result<ImageTextModel::ImageRuns> ImageTextModel::load_image() {
    HONE_TRY(const auto session, image_session());
    // A session on the processor uses one thread per run, a device all of itself.
    if (session->device() == Device::kCpu) return ImageRuns{kCpuBatch, processor_count()};
    return ImageRuns{kLargestBatch, 1};
}

Result<std::shared_ptr<Session>> ImageTextModel::image_session() {
    {
        // Not under loading_: a search must not wait for the self-test.
        const std::lock_guard lock(choosing_);
        if (device_ == Device::kAuto) {
            HONE_TRY(device_, choose_device());
        }
    }
    const std::lock_guard lock(loading_);
    if (image_) return image_;
    const ModelFile& file = manifest_.image.files.at(image_precision_);
    if (device_ != Device::kCpu) {
        auto session = open_tower(file, device_, 1);
        if (session) return image_ = std::move(*session);
        log::warning("{}; using cpu", session.error().message);
        device_ = Device::kCpu;
    }
    HONE_TRY(image_, open_tower(file, Device::kCpu, 1));
    return image_;
}

Result<Device> ImageTextModel::choose_device() {
    using nlohmann::json;
    json remembered = json::object();
    const std::string key = fmt::format("{} {}", fingerprint_, engine_version());
    if (!options_.tuning_file.empty()) {
        if (const auto text = read_text(options_.tuning_file))
            remembered = json::parse(*text, nullptr, false);
        if (!remembered.is_object()) remembered = json::object();
        if (remembered.contains(key) && remembered[key].is_string()) {
            if (const auto device = parse_device(remembered[key].get<std::string>())) return *device;
        }
    }
    const ModelFile& file = manifest_.image.files.at(image_precision_);
    Device best = Device::kCpu;
    const auto reports = probe_devices();
    if (std::ranges::any_of(reports, [](const DeviceReport& report) {
            return report.usable && report.device != Device::kCpu;
        })) {
        const std::vector<float> pictures = self_test_pictures(manifest_.image);
        HONE_TRY(const auto cpu, open_tower(file, Device::kCpu, processor_count()));
        HONE_CHECK(run_images(*cpu, std::span(pictures).first(input_size()), 1));
        const Stopwatch cpu_watch;
        HONE_TRY(const auto expected, run_images(*cpu, pictures, kSelfTestPictures));
        double best_seconds = cpu_watch.seconds();
        for (const DeviceReport& report : reports) {
            if (!report.usable || report.device == Device::kCpu) continue;
            const auto session = open_tower(file, report.device, 1);
            if (!session || !run_images(**session, pictures, kSelfTestPictures))
                continue;  // the first run compiles shaders
            const Stopwatch watch;
            const auto vectors = run_images(**session, pictures, kSelfTestPictures);
            const double seconds = watch.seconds();
            double worst = vectors ? 1 : 0;
            for (int picture = 0; vectors && picture < kSelfTestPictures; ++picture) {
                double cosine = 0;
                for (int at = 0; at < dimension(); ++at)
                    cosine +=
                        double{(*vectors)[picture * dimension() + at]} * expected[picture * dimension() + at];
                worst = std::min(worst, cosine);
            }
            log::info("self-test of {}: cosine with cpu {:.4f}, {:.2f} s against {:.2f} s",
                      device_name(report.device), worst, seconds, best_seconds);
            if (worst >= kSelfTestAgreement && seconds < best_seconds) {
                best = report.device;
                best_seconds = seconds;
            }
        }
    }
    remembered[key] = device_name(best);
    if (!options_.tuning_file.empty()) {
        // Losing this note costs one more self-test.
        if (const auto written = write_file_atomically(options_.tuning_file, remembered.dump(2)); !written)
            log::debug("{}", written.error().message);
    }
    return best;
}

Result<> ImageTextModel::fall_back_to_cpu(const std::string& reason) {
    const std::lock_guard lock(loading_);
    if (device_ == Device::kCpu) return {};
    log::warning("{}; using cpu", reason);
    device_ = Device::kCpu;
    HONE_TRY(image_, open_tower(manifest_.image.files.at(image_precision_), Device::kCpu, 1));
    return {};
}

Result<std::vector<float>> ImageTextModel::run_images(Session& session, std::span<const float> tensors,
                                                      std::size_t count) const {
    const ImageTower& tower = manifest_.image;
    std::vector<TensorView> inputs{
        {tower.input, {static_cast<std::int64_t>(count), 3, tower.height, tower.width}, tensors}};
    // A combined network needs a text too; use the shortest.
    const std::vector<std::int64_t> one_token(manifest_.text.pad_to_context ? manifest_.text.context : 1, 1);
    const std::vector<std::int64_t> shape{1, static_cast<std::int64_t>(one_token.size())};
    if (names_differ(manifest_) && has_input(session, manifest_.text.input_ids)) {
        inputs.push_back({manifest_.text.input_ids, shape, std::span(one_token)});
        if (manifest_.text.attention_mask)
            inputs.push_back({*manifest_.text.attention_mask, shape, std::span(one_token)});
    }
    HONE_TRY(Tensor output, session.run(inputs, tower.output));
    if (output.values.size() != count * static_cast<std::size_t>(dimension())) {
        return fail(
            "the image tower of {} gives {} numbers per image, its manifest says {}; correct the manifest or "
            "add the model again",
            manifest_.name, output.values.size() / std::max<std::size_t>(1, count), dimension());
    }
    for (std::size_t picture = 0; picture < count; ++picture) {
        if (!normalize(std::span(output.values).subspan(picture * dimension(), dimension()))) {
            return fail("the image tower of {} gives a vector without direction", manifest_.name);
        }
    }
    return std::move(output.values);
}

Result<std::vector<float>> ImageTextModel::embed_images(std::span<const float> tensors, std::size_t count) {
    HONE_TRY(auto session, image_session());
    auto vectors = run_images(*session, tensors, count);
    if (vectors || session->device() == Device::kCpu) return vectors;
    HONE_CHECK(fall_back_to_cpu(vectors.error().message));
    HONE_TRY(session, image_session());
    return run_images(*session, tensors, count);
}

Result<std::vector<float>> ImageTextModel::embed_image(const Image& image) {
    std::vector<float> tensor(input_size());
    preprocess(image, manifest_.image, tensor);
    return embed_images(tensor, 1);
}

Result<std::vector<float>> ImageTextModel::embed_text(std::string_view text) {
    const std::string key(text);
    {
        const std::lock_guard lock(cache_mutex_);
        if (const auto found = cached_.find(key); found != cached_.end()) {
            recent_.splice(recent_.begin(), recent_, found->second);
            return recent_.front().second;
        }
    }
    HONE_CHECK(load_text());
    HONE_TRY(std::vector<float> vector, run_text(text));
    const std::lock_guard lock(cache_mutex_);
    if (!cached_.contains(key)) {
        recent_.emplace_front(key, vector);
        cached_[key] = recent_.begin();
        if (recent_.size() > kCachedTexts) {
            cached_.erase(recent_.back().first);
            recent_.pop_back();
        }
    }
    return vector;
}

Result<std::vector<float>> ImageTextModel::run_text(std::string_view text) {
    const TextTower& tower = manifest_.text;
    std::vector<std::int64_t> ids;
    if (tower.lowercase) {
        std::string lower(text);
        std::ranges::transform(lower, lower.begin(), [](unsigned char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
        });
        ids = tokenizer_->encode(lower);
    } else {
        ids = tokenizer_->encode(text);
    }
    cut_to_context(ids, tower.context);
    std::vector<std::int64_t> mask(ids.size(), 1);
    if (tower.pad_to_context) {
        ids.resize(tower.context, tower.pad_id);
        mask.resize(tower.context, 0);
    }
    const std::vector<std::int64_t> shape{1, static_cast<std::int64_t>(ids.size())};
    std::vector<TensorView> inputs{{tower.input_ids, shape, std::span<const std::int64_t>(ids)}};
    if (tower.attention_mask)
        inputs.push_back({*tower.attention_mask, shape, std::span<const std::int64_t>(mask)});
    std::vector<float> no_picture;
    if (names_differ(manifest_) && has_input(*text_, manifest_.image.input)) {
        no_picture.resize(input_size());
        inputs.push_back({manifest_.image.input,
                          {1, 3, manifest_.image.height, manifest_.image.width},
                          std::span<const float>(no_picture)});
    }
    HONE_TRY(Tensor output, text_->run(inputs, tower.output));
    if (output.values.size() != static_cast<std::size_t>(dimension()) || !normalize(output.values)) {
        return fail(
            "the text tower of {} gives {} numbers, its manifest says {}; correct the manifest or add the "
            "model again",
            manifest_.name, output.values.size(), dimension());
    }
    return std::move(output.values);
}

}  // namespace hone
