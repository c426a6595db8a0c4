// SPDX-License-Identifier: GPL-3.0-or-later
// How near two photos were taken in time and place. Pure functions, safe from any thread.
#pragma once

#include <span>

#include "library/snapshot.hpp"

namespace hone {

// Returns 0..1: the mean over time and place, as far as both captures have them, of how much they share: the
// same hour, day and month; the same place (0.1 km), town (5 km) and region (100 km). NaN when they share
// neither a known time nor a known position. Distances are great circles on a sphere.
double nearness(const CapturePoint& a, const CapturePoint& b);

struct WeightedCapture {
    CapturePoint point;
    float weight = 1;
};

// For each photo i: adds the sum of weight x nearness to weighted[i], and the sum of the weights to
// weights[i], over the marks whose nearness to the photo is known. Within 2e-3 x weight of nearness() for
// each mark, because it computes in float; the same on every processor. The three spans of photos are equally
// long.
void add_nearness(std::span<const CapturePoint> photos, std::span<const WeightedCapture> marks,
                  std::span<float> weighted, std::span<float> weights);

}  // namespace hone
