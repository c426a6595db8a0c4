// A face cut out of its picture, turned upright and brought to a size.
#pragma once

#include <span>

#include "model/face_pack.hpp"
#include "photo/image.hpp"

namespace hone {

// x' = a x - b y + tx, y' = b x + a y + ty.
struct Similarity {
    double a = 1, b = 0, tx = 0, ty = 0;
};

// Least squares without reflection (Umeyama 1991), from -> to.
Similarity fit_similarity(const Landmarks& from, const Landmarks& to);
// Takes the upright square on the middle of the box, side = ratio x its longer side, to size x size pixels.
Similarity square_on(const Box& box, double ratio, int size);

// size x size pixels: bilinear, black outside; when shrinking by k, k x k samples (1..8) a pixel are
// averaged.
Image warp(const Image& image, const Similarity& to_chip, int size);

}  // namespace hone
