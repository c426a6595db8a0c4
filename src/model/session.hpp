// SPDX-License-Identifier: GPL-3.0-or-later
// A network ready to run: the only interface to the inference engine. Code above it does not depend on ONNX
// Runtime.
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

// A tensor that the caller owns for the duration of the call. Row-major.
struct TensorView {
    std::string name;
    std::vector<std::int64_t> shape;
    std::variant<std::span<const float>, std::span<const std::int64_t>> values;
};

// A result tensor. Row-major.
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
    // Runs one forward pass. Safe from any thread, also concurrently. Converts integer and 16-bit inputs to
    // the network's types. Returns f32 tensors in the order of `outputs`. kFailed when names or shapes do not
    // fit the network or the engine fails.
    virtual Result<std::vector<Tensor>> run(std::span<const TensorView> inputs,
                                            std::span<const std::string> outputs) = 0;
    Result<Tensor> run(std::span<const TensorView> inputs, const std::string& output) {
        auto tensors = run(inputs, std::span(&output, 1));
        if (!tensors) return std::unexpected(std::move(tensors).error());
        return std::move(tensors->front());
    }
    // Constant for the life of the session.
    [[nodiscard]] virtual const std::vector<Port>& inputs() const = 0;
    [[nodiscard]] virtual const std::vector<Port>& outputs() const = 0;
    [[nodiscard]] virtual Device device() const = 0;
};

struct SessionOptions {
    Device device = Device::kCpu;  // the caller resolves kAuto first (image_text_model.hpp)
    unsigned threads = 1;          // of one run
};

// kFailed, with one line, when the file is missing, truncated or not a network, or the provider is not
// usable. Safe from any thread.
Result<std::unique_ptr<Session>> open_session(const fs::path& network, const SessionOptions& options);
Result<std::unique_ptr<Session>> open_session(std::span<const std::uint8_t> network,
                                              const SessionOptions& options);

std::string engine_version();  // "ONNX Runtime 1.30.0"
// Seconds that this process's networks have run so far, summed over all threads: the lower limit of a
// pipeline's work. Safe from any thread.
double network_seconds();

}  // namespace hone
