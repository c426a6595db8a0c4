// SPDX-License-Identifier: GPL-3.0-or-later
// Cuts a face out of an image, upright and at a fixed size. Pure functions.
#pragma once

#include <span>

#include "model/face_pack.hpp"
#include "photo/image.hpp"

namespace hone {

// The map x' = a x - b y + tx, y' = b x + a y + ty, in pixels.
struct Similarity {
    double a = 1, b = 0, tx = 0, ty = 0;
};

// Returns the least-squares similarity without reflection (Umeyama 1991) that maps `from` to `to`.
Similarity fit_similarity(const Landmarks& from, const Landmarks& to);
// Returns the map from the upright square around the box's centre, side = ratio x its longer side, to size x
// size pixels.
Similarity square_on(const Box& box, double ratio, int size);

// Returns size x size pixels: bilinear, black outside the image. When it shrinks by k, it averages k x k
// samples (1..8) per pixel. to_chip: maps image to result.
Image warp(const Image& image, const Similarity& to_chip, int size);

}  // namespace hone
