// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a manifest.json: reading, writing and reading again gives the same result.
#include "model/manifest.hpp"

#include <nlohmann/json.hpp>

#include "tests/support/temporary_folder.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const hone::test::TemporaryFolder folder;
    folder.write("manifest.json", {reinterpret_cast<const char*>(data), size});
    const auto manifest = hone::read_manifest(folder.path());
    if (!manifest) return 0;
    if (!hone::write_manifest(*manifest)) __builtin_trap();
    const auto again = hone::read_manifest(folder.path());
    if (!again || hone::to_json(*again) != hone::to_json(*manifest)) __builtin_trap();
    return 0;
}
