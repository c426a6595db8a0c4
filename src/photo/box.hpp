// SPDX-License-Identifier: GPL-3.0-or-later
// An upright rectangle in an image, and the overlap of two. Pure functions.
#pragma once

#include <algorithm>

namespace hone {

struct Box {
    float x = 0, y = 0, width = 0, height = 0;  // x, y: the upper left corner; all in pixels
};

// Returns the intersection over union, 0..1. 0 when both boxes are empty.
inline double overlap(const Box& a, const Box& b) {
    const double width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x),
                 height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
    const double both = std::max(0.0, width) * std::max(0.0, height);
    const double all = double{a.width} * a.height + double{b.width} * b.height - both;
    return all > 0 ? both / all : 0;
}

}  // namespace hone
