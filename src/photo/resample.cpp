// SPDX-License-Identifier: GPL-3.0-or-later
// Pillow's two-pass resampling in fixed point.
#include "photo/resample.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hone {

namespace {

constexpr int kWeightBits = 32 - 8 - 2;  // 8 bits for the pixel, 2 for filters that overshoot

double filter_support(Filter filter) {
    return filter == Filter::kBilinear ? 1.0 : filter == Filter::kBicubic ? 2.0 : 3.0;
}

double sinc(double x) {
    return x == 0 ? 1.0 : std::sin(x * std::numbers::pi) / (x * std::numbers::pi);
}

double filter_weight(Filter filter, double x) {
    x = std::abs(x);
    switch (filter) {
        case Filter::kBilinear:
            return x < 1 ? 1 - x : 0;
        case Filter::kBicubic: {
            constexpr double kA = -0.5;
            if (x < 1) return ((kA + 2) * x - (kA + 3)) * x * x + 1;
            if (x < 2) return (((x - 5) * x + 8) * x - 4) * kA;
            return 0;
        }
        case Filter::kLanczos:
            return x < 3 ? sinc(x) * sinc(x / 3) : 0;
    }
    return 0;
}

// The source pixels of one target pixel, and their weights.
struct Taps {
    int first = 0, count = 0;
    const std::int32_t* weights = nullptr;
};

class TapTable {
  public:
    TapTable(int source, int target, Filter filter) : width_(0) {
        const double scale = static_cast<double>(source) / target;
        const double stretch = std::max(scale, 1.0);
        const double support = filter_support(filter) * stretch;
        width_ = static_cast<int>(std::ceil(support)) * 2 + 1;
        weights_.assign(static_cast<std::size_t>(width_) * target, 0);
        taps_.resize(target);
        std::vector<double> exact(width_);
        for (int position = 0; position < target; ++position) {
            const double center = (position + 0.5) * scale;
            // NOLINTBEGIN(bugprone-incorrect-roundings): the rounding is Pillow's
            const int first = std::max(0, static_cast<int>(center - support + 0.5));
            const int count = std::min(source, static_cast<int>(center + support + 0.5)) - first;
            // NOLINTEND(bugprone-incorrect-roundings)
            double sum = 0;
            for (int tap = 0; tap < count; ++tap) {
                exact[tap] = filter_weight(filter, (tap + first - center + 0.5) * (1.0 / stretch));
                sum += exact[tap];
            }
            std::int32_t* weights = weights_.data() + static_cast<std::size_t>(width_) * position;
            for (int tap = 0; tap < count; ++tap) {
                const double weight = (sum != 0 ? exact[tap] / sum : exact[tap]) * (1 << kWeightBits);
                weights[tap] = static_cast<std::int32_t>(weight < 0 ? weight - 0.5 : weight + 0.5);
            }
            taps_[position] = {first, count, weights};
        }
    }
    const Taps& operator[](int position) const { return taps_[position]; }

  private:
    int width_;
    std::vector<std::int32_t> weights_;
    std::vector<Taps> taps_;
};

std::uint8_t to_byte(std::int32_t sum) {
    return static_cast<std::uint8_t>(std::clamp(sum >> kWeightBits, 0, 255));
}

constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);

Image resample_horizontally(const Image& source, int width, Filter filter) {
    const TapTable table(source.width, width, filter);
    Image target{width, source.height, std::vector<std::uint8_t>(std::size_t{3} * width * source.height)};
    for (int y = 0; y < source.height; ++y) {
        const std::uint8_t* in = source.row(y);
        std::uint8_t* out = target.row(y);
        for (int x = 0; x < width; ++x, out += 3) {
            const Taps& taps = table[x];
            const std::uint8_t* pixel = in + std::size_t{3} * taps.first;
            std::int32_t red = kHalf, green = kHalf, blue = kHalf;
            for (int tap = 0; tap < taps.count; ++tap, pixel += 3) {
                red += pixel[0] * taps.weights[tap];
                green += pixel[1] * taps.weights[tap];
                blue += pixel[2] * taps.weights[tap];
            }
            out[0] = to_byte(red);
            out[1] = to_byte(green);
            out[2] = to_byte(blue);
        }
    }
    return target;
}

Image resample_vertically(const Image& source, int height, Filter filter) {
    const TapTable table(source.height, height, filter);
    Image target{source.width, height, std::vector<std::uint8_t>(std::size_t{3} * source.width * height)};
    const std::size_t bytes = std::size_t{3} * source.width;
    std::vector<std::int32_t> sums(bytes);
    for (int y = 0; y < height; ++y) {
        const Taps& taps = table[y];
        std::ranges::fill(sums, kHalf);
        for (int tap = 0; tap < taps.count; ++tap) {
            const std::uint8_t* in = source.row(taps.first + tap);
            const std::int32_t weight = taps.weights[tap];
            for (std::size_t at = 0; at < bytes; ++at) sums[at] += in[at] * weight;
        }
        std::ranges::transform(sums, target.row(y), to_byte);
    }
    return target;
}

}  // namespace

Image resample(const Image& source, int width, int height, Filter filter) {
    const bool across = width != source.width;
    const bool down = height != source.height;
    if (across && down)
        return resample_vertically(resample_horizontally(source, width, filter), height, filter);
    if (across) return resample_horizontally(source, width, filter);
    if (down) return resample_vertically(source, height, filter);
    return source;
}

Image crop(const Image& source, int left, int top, int width, int height, const std::uint8_t (&fill)[3]) {
    Image target{width, height, std::vector<std::uint8_t>(std::size_t{3} * width * height)};
    const int x_first = std::max(0, -left), x_end = std::min(width, source.width - left);
    for (int y = 0; y < height; ++y) {
        std::uint8_t* out = target.row(y);
        const bool inside = y + top >= 0 && y + top < source.height && x_first < x_end;
        for (int x = 0; x < width; ++x) {
            if (!inside || x < x_first || x >= x_end) std::copy_n(fill, 3, out + std::size_t{3} * x);
        }
        if (inside) {
            std::copy_n(source.row(y + top) + std::size_t{3} * (x_first + left),
                        std::size_t{3} * (x_end - x_first), out + std::size_t{3} * x_first);
        }
    }
    return target;
}

}  // namespace hone
