// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as an image: an error or pixels.
#include "photo/decode.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // One megapixel: the fuzzer's time should go into the decoders, not into filling memory.
    constexpr std::uint64_t kPixels = 1 << 20;
    for (const int wanted_side : {0, 16}) {
        const auto photo = hone::decode_photo({data, size}, wanted_side, hone::Colors::kSrgb, kPixels);
        if (!photo) continue;
        const hone::Image& image = photo->image;
        if (image.width < 1 || image.height < 1 ||
            image.rgb.size() != std::size_t{3} * image.width * image.height)
            __builtin_trap();
    }
    return 0;
}
