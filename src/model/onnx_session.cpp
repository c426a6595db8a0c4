// SPDX-License-Identifier: GPL-3.0-or-later
// Implements model/session.hpp with ONNX Runtime.
#include <onnxruntime_cxx_api.h>

#include <atomic>
#include <chrono>
#include <cstdlib>

#include <algorithm>
#include <map>

#include "base/log.hpp"
#include "model/session.hpp"

namespace hone {

namespace {

// The engine's builds contain a telemetry client that starts with the environment, so
// DisableTelemetryEvents() would be too late. Runs before main(): no other thread reads the variables yet.
[[maybe_unused]] const bool silenced = ::setenv("ORT_DISABLE_TELEMETRY", "1", 1) == 0;

std::atomic<std::int64_t> running_ns{0};  // for network_seconds()

Ort::Env& environment() {
    // The engine's log repeats its exceptions or describes its own graph rewriting; neither helps a user.
    static Ort::Env env(ORT_LOGGING_LEVEL_FATAL, "hone");
    return env;
}

std::string one_line(std::string text) {
    // The engine puts its own source file and check before the reason.
    if (const auto check = text.find(" was false. "); check != std::string::npos)
        text = text.substr(check + 12);
    std::ranges::replace(text, '\n', ' ');
    constexpr std::size_t kLongest = 300;
    if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
    return text;
}

class OnnxSession final : public Session {
  public:
    OnnxSession(Ort::Session session, Device device) : session_(std::move(session)), device_(device) {
        const Ort::AllocatorWithDefaultOptions allocator;
        for (std::size_t at = 0; at < session_.GetInputCount(); ++at) {
            const auto type = session_.GetInputTypeInfo(at);
            if (type.GetONNXType() != ONNX_TYPE_TENSOR) continue;  // sequences and maps have no shape
            inputs_.push_back({session_.GetInputNameAllocated(at, allocator).get(),
                               type.GetTensorTypeAndShapeInfo().GetShape()});
            types_[inputs_.back().name] = type.GetTensorTypeAndShapeInfo().GetElementType();
        }
        for (std::size_t at = 0; at < session_.GetOutputCount(); ++at) {
            const auto type = session_.GetOutputTypeInfo(at);
            if (type.GetONNXType() != ONNX_TYPE_TENSOR) continue;
            outputs_.push_back({session_.GetOutputNameAllocated(at, allocator).get(),
                                type.GetTensorTypeAndShapeInfo().GetShape()});
        }
    }

    using Session::run;
    Result<std::vector<Tensor>> run(std::span<const TensorView> inputs,
                                    std::span<const std::string> outputs) override {
        try {
            std::vector<const char*> names, wanted;
            std::vector<Ort::Value> values;
            Buffers buffers;
            for (const TensorView& input : inputs) {
                names.push_back(input.name.c_str());
                values.push_back(to_value(input, buffers));
            }
            for (const std::string& output : outputs) wanted.push_back(output.c_str());
            const auto started = std::chrono::steady_clock::now();
            const auto results = session_.Run(Ort::RunOptions{nullptr}, names.data(), values.data(),
                                              values.size(), wanted.data(), wanted.size());
            running_ns += std::chrono::duration_cast<std::chrono::nanoseconds>(
                              std::chrono::steady_clock::now() - started)
                              .count();
            std::vector<Tensor> tensors;
            for (const Ort::Value& result : results) tensors.push_back(to_tensor(result));
            return tensors;
        } catch (const Ort::Exception& error) {
            return fail("the network cannot run on {}: {}", device_name(device_), one_line(error.what()));
        }
    }

    [[nodiscard]] const std::vector<Port>& inputs() const override { return inputs_; }
    [[nodiscard]] const std::vector<Port>& outputs() const override { return outputs_; }
    [[nodiscard]] Device device() const override { return device_; }

  private:
    // Converted inputs, which must live until the run ends.
    struct Buffers {
        std::vector<std::vector<std::int32_t>> int32;
        std::vector<std::vector<Ort::Float16_t>> float16;
    };

    Ort::Value to_value(const TensorView& input, Buffers& buffers) const {
        const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
        const auto known = types_.find(input.name);
        const auto type = known == types_.end() ? ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED : known->second;
        const auto make = [&]<typename Number>(std::span<Number> numbers) {
            return Ort::Value::CreateTensor<Number>(memory, numbers.data(), numbers.size(),
                                                    input.shape.data(), input.shape.size());
        };
        if (const auto* whole = std::get_if<std::span<const std::int64_t>>(&input.values)) {
            if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32) {
                buffers.int32.emplace_back(whole->begin(), whole->end());
                return make(std::span(buffers.int32.back()));
            }
            return make(std::span(const_cast<std::int64_t*>(whole->data()), whole->size()));
        }
        const auto floats = std::get<std::span<const float>>(input.values);
        if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16) {
            auto& halves = buffers.float16.emplace_back();
            halves.reserve(floats.size());
            for (const float value : floats) halves.emplace_back(value);
            return make(std::span(halves));
        }
        return make(std::span(const_cast<float*>(floats.data()), floats.size()));
    }

    static Tensor to_tensor(const Ort::Value& value) {
        const auto info = value.GetTensorTypeAndShapeInfo();
        Tensor tensor{info.GetShape(), std::vector<float>(info.GetElementCount())};
        switch (info.GetElementType()) {
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT:
                std::copy_n(value.GetTensorData<float>(), tensor.values.size(), tensor.values.begin());
                break;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16:
                std::transform(value.GetTensorData<Ort::Float16_t>(),
                               value.GetTensorData<Ort::Float16_t>() + tensor.values.size(),
                               tensor.values.begin(), [](Ort::Float16_t half) { return half.ToFloat(); });
                break;
            default:
                throw Ort::Exception("the output is neither f32 nor f16", ORT_INVALID_ARGUMENT);
        }
        return tensor;
    }

    Ort::Session session_;
    Device device_;
    std::vector<Port> inputs_, outputs_;
    std::map<std::string, ONNXTensorElementDataType> types_;
};

Ort::SessionOptions engine_options(const SessionOptions& options) {
    environment();  // first, because providers log while they are appended
    Ort::SessionOptions engine;
    engine.SetIntraOpNumThreads(static_cast<int>(options.threads));
    engine.SetInterOpNumThreads(1);
    engine.SetGraphOptimizationLevel(GraphOptimizationLevel::ORT_ENABLE_ALL);
    // Waiting threads must not occupy the cores that decode the next photos.
    engine.AddConfigEntry("session.intra_op.allow_spinning", "0");
    switch (options.device) {
        case Device::kWebgpu:
            engine.AppendExecutionProvider("WebGPU", {});
            break;
        case Device::kCuda:
            engine.AppendExecutionProvider_CUDA(OrtCUDAProviderOptions{});
            break;
        case Device::kAuto:
        case Device::kCpu:
            break;
    }
    return engine;
}

template <typename Open>
Result<std::unique_ptr<Session>> open_with(const std::string& what, const SessionOptions& options,
                                           Open open) {
    try {
        return std::make_unique<OnnxSession>(open(engine_options(options)), options.device);
    } catch (const Ort::Exception& error) {
        return fail("cannot load {} on {}: {}", what, device_name(options.device), one_line(error.what()));
    }
}

}  // namespace

Result<std::unique_ptr<Session>> open_session(const fs::path& network, const SessionOptions& options) {
    std::error_code error;
    if (!fs::is_regular_file(network, error))
        return fail("the network {} is missing; add or pull the model again", printable(network));
    return open_with("the network " + printable(network), options, [&](const Ort::SessionOptions& engine) {
        return Ort::Session(environment(), network.c_str(), engine);
    });
}

Result<std::unique_ptr<Session>> open_session(std::span<const std::uint8_t> network,
                                              const SessionOptions& options) {
    return open_with("a network", options, [&](const Ort::SessionOptions& engine) {
        return Ort::Session(environment(), network.data(), network.size(), engine);
    });
}

double network_seconds() {
    return static_cast<double>(running_ns) * 1e-9;
}

std::string engine_version() {
    return "ONNX Runtime " + Ort::GetVersionString();
}

}  // namespace hone
