// SPDX-License-Identifier: GPL-3.0-or-later
// Probes the execution providers of ONNX Runtime and their drivers.
#include "model/device.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/config.hpp"
#include "model/session.hpp"

namespace hone {

namespace {

constexpr std::pair<std::string_view, Device> kDevices[] = {
    {"auto", Device::kAuto}, {"cpu", Device::kCpu}, {"webgpu", Device::kWebgpu}, {"cuda", Device::kCuda}};

// Returns an ONNX file with the single node y = x + x (f32 [4]), opset 13: the fields of ModelProto,
// GraphProto and NodeProto in protocol buffer encoding (onnx.proto).
std::vector<std::uint8_t> addition_network() {
    using namespace std::string_view_literals;
    const auto field = [](int number, std::string_view bytes) {
        std::string text;
        text += static_cast<char>(number << 3 | 2);
        text += static_cast<char>(bytes.size());
        return text.append(bytes);
    };
    const auto varint = [](int number, int value) {
        return std::string{static_cast<char>(number << 3), static_cast<char>(value)};
    };
    const auto port = [&](int number, std::string_view name) {
        const std::string shape = field(2, field(1, varint(1, 4)));
        return field(number, field(1, name) + field(2, field(1, varint(1, 1) + shape)));
    };
    const std::string node =
        field(1, field(1, "x"sv) + field(1, "x"sv) + field(2, "y"sv) + field(4, "Add"sv));
    const std::string graph = field(7, node + field(2, "addition"sv) + port(11, "x"sv) + port(12, "y"sv));
    const std::string model = varint(1, 7) + graph + field(8, varint(2, 13));
    return {model.begin(), model.end()};
}

// Returns the reason why a provider cannot work here, without starting it: one without its driver would print
// warnings.
std::optional<std::string> missing_part(Device device) {
    std::error_code error;
    if (device == Device::kWebgpu) {
        // Where the Vulkan loader searches for drivers (Khronos, "Vulkan Loader Interface", driver discovery
        // on Linux).
        for (const char* name : {"VK_DRIVER_FILES", "VK_ICD_FILENAMES", "VK_ADD_DRIVER_FILES"}) {
            if (environment(name)) return std::nullopt;
        }
        const fs::path home = environment("HOME").value_or("");
        for (const fs::path& folder :
             {fs::path("/etc/vulkan/icd.d"), fs::path("/usr/share/vulkan/icd.d"),
              fs::path("/usr/local/share/vulkan/icd.d"), home / ".local/share/vulkan/icd.d"}) {
            for (const auto& entry : fs::directory_iterator(folder, error)) {
                if (entry.path().extension() == ".json") return std::nullopt;
            }
        }
        return "no Vulkan driver is installed (Debian: mesa-vulkan-drivers, or the card maker's)";
    }
    if (device == Device::kCuda) {
        if (void* library = ::dlopen("libonnxruntime_providers_cuda.so", RTLD_LAZY | RTLD_LOCAL)) {
            ::dlclose(library);
            return std::nullopt;
        }
        return "libonnxruntime_providers_cuda.so is not installed beside ONNX Runtime, or its CUDA libraries "
               "are missing";
    }
    return std::nullopt;
}

}  // namespace

std::string_view device_name(Device device) {
    for (const auto& [name, known] : kDevices) {
        if (known == device) return name;
    }
    return "";
}

Result<Device> parse_device(std::string_view name) {
    for (const auto& [known, device] : kDevices) {
        if (known == name) return device;
    }
    return fail(ErrorKind::kUsage, "unknown device '{}'; the devices are auto, cpu, webgpu and cuda", name);
}

bool has_card() {
    return std::ranges::any_of(probe_devices(), [](const DeviceReport& report) {
        return report.usable && report.device != Device::kCpu;
    });
}

std::vector<DeviceReport> probe_devices() {
    const std::vector<std::uint8_t> network = addition_network();
    std::vector<DeviceReport> reports;
    for (const Device device : {Device::kCpu, Device::kWebgpu, Device::kCuda}) {
        DeviceReport report{device, false, ""};
        if (const auto missing = missing_part(device)) {
            reports.push_back({device, false, *missing});
            continue;
        }
        auto session = open_session(network, {device, 1});
        if (!session) {
            report.reason = session.error().message;
        } else {
            const std::array<float, 4> x{1, 2, 3, 4};
            const TensorView input{"x", {4}, std::span<const float>(x)};
            const auto sum = (*session)->run(std::span(&input, 1), "y");
            if (!sum)
                report.reason = sum.error().message;
            else if (sum->values != std::vector<float>{2, 4, 6, 8})
                report.reason = "computes wrong sums";
            else
                report = {device, true, engine_version()};
        }
        reports.push_back(std::move(report));
    }
    return reports;
}

}  // namespace hone
