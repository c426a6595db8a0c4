// SPDX-License-Identifier: GPL-3.0-or-later
// Fits similarity transforms and warps faces.
#include "analyze/face_chip.hpp"

#include <algorithm>
#include <cmath>

namespace hone {

Similarity fit_similarity(const Landmarks& from, const Landmarks& to) {
    const auto middle = [](const Landmarks& points) {
        double x = 0, y = 0;
        for (const Point& point : points) {
            x += point.x;
            y += point.y;
        }
        return std::pair(x / static_cast<double>(points.size()), y / static_cast<double>(points.size()));
    };
    const auto [from_x, from_y] = middle(from);
    const auto [to_x, to_y] = middle(to);
    double spread = 0, along = 0, across = 0;
    for (std::size_t at = 0; at < from.size(); ++at) {
        const double x = from[at].x - from_x, y = from[at].y - from_y, u = to[at].x - to_x,
                     v = to[at].y - to_y;
        spread += x * x + y * y;
        along += x * u + y * v;
        across += x * v - y * u;
    }
    if (!(spread > 1e-12)) return {};
    const double a = along / spread, b = across / spread;
    return {a, b, to_x - (a * from_x - b * from_y), to_y - (b * from_x + a * from_y)};
}

Similarity square_on(const Box& box, double ratio, int size) {
    const double k = size / (ratio * std::max(1e-6, static_cast<double>(std::max(box.width, box.height))));
    return {k, 0, size / 2.0 - k * (box.x + box.width / 2), size / 2.0 - k * (box.y + box.height / 2)};
}

Image warp(const Image& image, const Similarity& to_chip, int size) {
    constexpr double kMostSamples = 8;
    Image chip{size, size, std::vector<std::uint8_t>(std::size_t{3} * size * size)};
    const double determinant = to_chip.a * to_chip.a + to_chip.b * to_chip.b;
    if (!(determinant > 1e-12)) return chip;
    const int samples =
        static_cast<int>(std::clamp(std::floor(1 / std::sqrt(determinant) + 0.5), 1.0, kMostSamples));
    const double cos = to_chip.a / determinant, sin = to_chip.b / determinant;
    for (int row = 0; row < size; ++row) {
        for (int column = 0; column < size; ++column) {
            double sums[3] = {0, 0, 0};
            for (int sample = 0; sample < samples * samples; ++sample) {
                const double x = column + (sample % samples + 0.5) / samples - 0.5 - to_chip.tx,
                             y = row + (sample / samples + 0.5) / samples - 0.5 - to_chip.ty;
                const double from_x = cos * x + sin * y, from_y = cos * y - sin * x;
                const double left = std::floor(from_x), top = std::floor(from_y);
                if (!(left >= -1 && top >= -1 && left < image.width && top < image.height)) continue;
                const double fx = from_x - left, fy = from_y - top;
                const int x0 = static_cast<int>(left), y0 = static_cast<int>(top);
                for (int corner = 0; corner < 4; ++corner) {
                    const int cx = x0 + (corner & 1), cy = y0 + (corner >> 1);
                    if (cx < 0 || cy < 0 || cx >= image.width || cy >= image.height) continue;
                    const double weight =
                        ((corner & 1) != 0 ? fx : 1 - fx) * ((corner >> 1) != 0 ? fy : 1 - fy);
                    const std::uint8_t* pixel = image.row(cy) + std::size_t{3} * cx;
                    for (int channel = 0; channel < 3; ++channel) sums[channel] += weight * pixel[channel];
                }
            }
            std::uint8_t* out = chip.row(row) + std::size_t{3} * column;
            for (int channel = 0; channel < 3; ++channel)
                out[channel] = static_cast<std::uint8_t>(
                    std::clamp(std::floor(sums[channel] / (samples * samples) + 0.5), 0.0, 255.0));
        }
    }
    return chip;
}

}  // namespace hone
