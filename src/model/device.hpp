// Where networks run: execution providers of ONNX Runtime, found at run time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace hone {

enum class Device { kAuto, kCpu, kWebgpu, kCuda };

std::string_view device_name(Device device);  // "auto", "cpu", "webgpu", "cuda"
Result<Device> parse_device(std::string_view name);

struct DeviceReport {
    Device device;
    bool usable = false;
    std::string reason;  // why it is not usable; for a usable one what was seen
};

// Tries every provider with a network of one addition. Takes up to some seconds where a graphics driver
// starts.
std::vector<DeviceReport> probe_devices();

}  // namespace hone
