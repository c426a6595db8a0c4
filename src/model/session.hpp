// A network ready to run: the one interface to the engine. Nothing above it knows ONNX Runtime.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/file.hpp"
#include "model/device.hpp"

namespace hone {

// A tensor that the caller owns for the length of the call. Row-major.
struct TensorView {
    std::string name;
    std::vector<std::int64_t> shape;
    std::variant<std::span<const float>, std::span<const std::int64_t>> values;
};

struct Tensor {
    std::vector<std::int64_t> shape;
    std::vector<float> values;
};

// An input or output of a network. Unknown extents are -1.
struct Port {
    std::string name;
    std::vector<std::int64_t> shape;
};

class Session {
  public:
    virtual ~Session() = default;
    // One forward pass. Safe from any thread, also at the same time. Integer and 16-bit inputs are converted
    // to what the network declares; outputs come as f32, in the order of their names.
    virtual Result<std::vector<Tensor>> run(std::span<const TensorView> inputs,
                                            std::span<const std::string> outputs) = 0;
    Result<Tensor> run(std::span<const TensorView> inputs, const std::string& output) {
        auto tensors = run(inputs, std::span(&output, 1));
        if (!tensors) return std::unexpected(std::move(tensors).error());
        return std::move(tensors->front());
    }
    [[nodiscard]] virtual const std::vector<Port>& inputs() const = 0;
    [[nodiscard]] virtual const std::vector<Port>& outputs() const = 0;
    [[nodiscard]] virtual Device device() const = 0;
};

struct SessionOptions {
    Device device = Device::kCpu;  // kAuto is decided above this (image_text_model.hpp)
    unsigned threads = 1;          // inside one run
};

// Fails with one line when the file is missing, truncated, no network, or the provider cannot be used.
Result<std::unique_ptr<Session>> open_session(const fs::path& network, const SessionOptions& options);
Result<std::unique_ptr<Session>> open_session(std::span<const std::uint8_t> network,
                                              const SessionOptions& options);

std::string engine_version();  // "ONNX Runtime 1.30.0"
// Seconds that the networks of this process have been running so far, all threads together: what a pipeline
// cannot save.
double network_seconds();

}  // namespace hone
