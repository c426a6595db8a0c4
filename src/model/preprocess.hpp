// SPDX-License-Identifier: GPL-3.0-or-later
// Converts pixels to the image tower's input, with the same result as the Python reference with Pillow. Pure
// functions.
#pragma once

#include <span>
#include <vector>

#include "model/manifest.hpp"
#include "photo/image.hpp"

namespace hone {

// Writes the 3 x height x width values of the tower (R, G, B planes), (value / 255 - mean) / std, into
// `tensor` of tensor_size() values. Source of the sizes: Hugging Face CLIPImageProcessor (shortest edge: the
// long side is truncated, not rounded, to whole pixels; centre crop at floor((size - crop) / 2)); open_clip
// for longest edge (padding around the centre).
void preprocess(const Image& image, const ImageTower& tower, std::span<float> tensor);

inline std::size_t tensor_size(const ImageTower& tower) {
    return std::size_t{3} * tower.width * tower.height;
}

}  // namespace hone
