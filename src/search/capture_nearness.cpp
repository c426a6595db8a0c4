// SPDX-License-Identifier: GPL-3.0-or-later
// Nearness in time and place, once in double for one pair, once in float for many at a time.
#include "search/capture_nearness.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace hone {

namespace {

constexpr double kEarthKm = 6371.0;
constexpr double kRadians = 3.14159265358979323846 / 180;
constexpr std::array kSeconds{3600.0, 86'400.0, 30 * 86'400.0};  // an hour, a day, a month
constexpr std::array kKilometres{0.1, 5.0, 100.0};               // a place, a town, a region

// A point on the unit sphere.
struct Direction {
    double x = 0, y = 0, z = 0;
};

Direction direction_of(const CapturePoint& point) {
    const double latitude = point.latitude * kRadians, longitude = point.longitude * kRadians;
    return {std::cos(latitude) * std::cos(longitude), std::cos(latitude) * std::sin(longitude),
            std::sin(latitude)};
}

// Returns e^x for x <= 0, with a relative error below 3e-7; e^-80 below -80, so that no result is subnormal,
// because those are slow. Compilers make vector instructions of it, which they cannot of std::exp.
inline float exp_of_negative(float x) {
    x = std::max(x, -80.0F);
    const auto power = static_cast<std::int32_t>(x * 1.44269504F - 0.5F);  // rounds, because x <= 0
    const auto whole = static_cast<float>(power);
    // ln 2 in two parts, so that the difference is exact (W. J. Cody and W. Waite, 1980).
    const float rest = (x - whole * 0.693145752F) - whole * 1.42860677e-6F;
    // Taylor's series: |rest| <= ln 2 / 2, so the next term is below 1.3e-7.
    float sum = 1.0F / 720;
    sum = sum * rest + 1.0F / 120;
    sum = sum * rest + 1.0F / 24;
    sum = sum * rest + 1.0F / 6;
    sum = sum * rest + 0.5F;
    sum = sum * rest + 1;
    sum = sum * rest + 1;
    return sum * std::bit_cast<float>((power + 127) << 23);
}

inline float mean_decay(float apart, const std::array<double, 3>& reaches) {
    float sum = 0;
    for (const double reach : reaches) sum += exp_of_negative(apart * static_cast<float>(-1 / reach));
    return sum / 3;
}

constexpr std::size_t kBlock = 256;  // photos at a time: their columns stay in the first cache

// The captures of a block, by column. Unknown values are 0 and have the flag 0.
struct Columns {
    std::array<double, kBlock> seconds;
    std::array<float, kBlock> x, y, z, has_time, has_place;
};

void fill(Columns& columns, std::span<const CapturePoint> photos) {
    for (std::size_t at = 0; at < photos.size(); ++at) {
        const CapturePoint& point = photos[at];
        const bool has_time = !std::isnan(point.seconds), has_place = !std::isnan(point.latitude);
        const Direction direction = has_place ? direction_of(point) : Direction{};
        columns.seconds[at] = has_time ? point.seconds : 0;
        columns.x[at] = static_cast<float>(direction.x);
        columns.y[at] = static_cast<float>(direction.y);
        columns.z[at] = static_cast<float>(direction.z);
        columns.has_time[at] = has_time ? 1 : 0;
        columns.has_place[at] = has_place ? 1 : 0;
    }
}

// Adds to near[i] how near the photos were taken to the mark, where both times are known, and to parts[i]
// how many such parts there are.
void add_time(const Columns& columns, std::size_t count, double seconds, float* near, float* parts) {
    for (std::size_t at = 0; at < count; ++at) {
        const auto apart = static_cast<float>(std::abs(columns.seconds[at] - seconds));
        near[at] += columns.has_time[at] * mean_decay(apart, kSeconds);
        parts[at] += columns.has_time[at];
    }
}

void add_place(const Columns& columns, std::size_t count, const Direction& mark, float* near, float* parts) {
    const auto x = static_cast<float>(mark.x), y = static_cast<float>(mark.y), z = static_cast<float>(mark.z);
    for (std::size_t at = 0; at < count; ++at) {
        const float dx = columns.x[at] - x, dy = columns.y[at] - y, dz = columns.z[at] - z;
        // Half of the chord is the sine of half of the angle; the first terms of the arcsine's series are
        // within 1e-5 of it up to 4,000 km, and e^-40 is nothing.
        const float half = std::sqrt(dx * dx + dy * dy + dz * dz) / 2, square = half * half;
        const float angle = 2 * half * (1 + square * (1.0F / 6 + square * (3.0F / 40)));
        near[at] += columns.has_place[at] * mean_decay(angle * static_cast<float>(kEarthKm), kKilometres);
        parts[at] += columns.has_place[at];
    }
}

}  // namespace

double nearness(const CapturePoint& a, const CapturePoint& b) {
    double sum = 0, parts = 0;
    if (!std::isnan(a.seconds) && !std::isnan(b.seconds)) {
        for (const double reach : kSeconds) sum += std::exp(-std::abs(a.seconds - b.seconds) / reach) / 3;
        ++parts;
    }
    if (!std::isnan(a.latitude) && !std::isnan(b.latitude)) {
        const Direction from = direction_of(a), to = direction_of(b);
        const double chord = std::hypot(from.x - to.x, from.y - to.y, from.z - to.z);
        const double apart = 2 * kEarthKm * std::asin(std::min(1.0, chord / 2));
        for (const double reach : kKilometres) sum += std::exp(-apart / reach) / 3;
        ++parts;
    }
    return parts > 0 ? sum / parts : std::numeric_limits<double>::quiet_NaN();
}

void add_nearness(std::span<const CapturePoint> photos, std::span<const WeightedCapture> marks,
                  std::span<float> weighted, std::span<float> weights) {
    Columns columns;
    for (std::size_t first = 0; first < photos.size(); first += kBlock) {
        const std::size_t count = std::min(kBlock, photos.size() - first);
        fill(columns, photos.subspan(first, count));
        for (const WeightedCapture& mark : marks) {
            std::array<float, kBlock> near{}, parts{};
            if (!std::isnan(mark.point.seconds))
                add_time(columns, count, mark.point.seconds, near.data(), parts.data());
            if (!std::isnan(mark.point.latitude))
                add_place(columns, count, direction_of(mark.point), near.data(), parts.data());
            for (std::size_t at = 0; at < count; ++at) {
                // near is 0 without a part.
                weighted[first + at] += mark.weight * near[at] / std::max(1.0F, parts[at]);
                weights[first + at] += parts[at] > 0 ? mark.weight : 0;
            }
        }
    }
}

}  // namespace hone
