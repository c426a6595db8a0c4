// SPDX-License-Identifier: GPL-3.0-or-later
// The devices on which networks run: execution providers of ONNX Runtime, found at run time. Safe from any
// thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace hone {

enum class Device { kAuto, kCpu, kWebgpu, kCuda };

std::string_view device_name(Device device);  // "auto", "cpu", "webgpu", "cuda"
// kUsage for an unknown name; the message lists the known ones.
Result<Device> parse_device(std::string_view name);

struct DeviceReport {
    Device device;
    bool usable = false;
    std::string reason;  // why it is not usable; for a usable one, a description of the hardware
};

// Tries every provider with a network of one addition. Takes up to some seconds when a graphics driver has to
// start.
std::vector<DeviceReport> probe_devices();
// Returns whether one of them is usable that is not the processor. Takes as long.
bool has_card();

}  // namespace hone
