// Pixels -> the image tower's input, equal to the Python reference with Pillow.
#pragma once

#include <span>
#include <vector>

#include "model/manifest.hpp"
#include "photo/image.hpp"

namespace hone {

// Writes 3 * height * width numbers, channels first (R, G, B planes), (value / 255 - mean) / std, into
// `tensor`. Source of the sizes: Hugging Face CLIPImageProcessor (shortest edge: the long side is cut, not
// rounded, to whole pixels; centre crop at floor((size - crop) / 2)); open_clip for longest-edge (pad around
// the centre).
void preprocess(const Image& image, const ImageTower& tower, std::span<float> tensor);

inline std::size_t tensor_size(const ImageTower& tower) {
    return std::size_t{3} * tower.width * tower.height;
}

}  // namespace hone
