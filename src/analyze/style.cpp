// SPDX-License-Identifier: GPL-3.0-or-later
// Computes the style numbers defined in docs/style.md. The order of the scalars and every border rule matter,
// because the constants are statistics of exactly these numbers. Sources: Oklab: B. Ottosson 2020. Square
// roots of histograms: Arandjelovic, Zisserman 2012. Colourfulness: Hasler, Suesstrunk 2003. LBP: Ojala,
// Pietikainen, Maenpaa 2002. Laplacian pyramid: Burt, Adelson 1983. Spectral residual: Hou, Zhang 2007. Noise
// mask: Immerkaer 1996.
#include "analyze/style.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <mutex>
#include <numbers>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <span>
#include <string>

#include "analyze/opencv_start.hpp"
#include "analyze/style_constants.hpp"

namespace hone {

void start_opencv() {
    static std::once_flag once;
    std::call_once(once, [] { cv::setNumThreads(1); });
}

namespace {

constexpr int kLevels = 6, kHues = 16, kHueLevels = 3, kChromas = 2;  // bins of the colour block
constexpr float kFloor = 1e-3F;                                       // added before every logarithm
constexpr int kColourSide = 96;                                       // pixels

struct Block {
    std::size_t size;
    float weight;
    bool histogram;
};
constexpr Block kBlocks[] = {{102, 1, true},   {35, 1, false},   {30, 1, false},
                             {14, .5F, false}, {24, .5F, false}, {24, .5F, false}};

// OpenCV does not write through a source matrix, so the const_cast is safe.
cv::Mat as_matrix(const Image& image) {
    return {image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.rgb.data())};
}

Image to_image(const cv::Mat& matrix) {
    return {matrix.cols, matrix.rows, {matrix.data, matrix.data + matrix.total() * 3}};
}

cv::Mat area(const cv::Mat& source, int width, int height) {
    cv::Mat out;
    cv::resize(source, out, {width, height}, 0, 0, cv::INTER_AREA);
    return out;
}

cv::Size style_size(const Image& image) {
    const double factor = static_cast<double>(kStyleSide) / std::max(image.width, image.height);
    const auto side = [&](int pixels) {
        return std::max(kStyleShortestSide, static_cast<int>(std::lround(pixels * factor)));
    };
    return {side(image.width), side(image.height)};
}

// Returns the contiguous pixels of a plane.
std::span<const float> pixels_of(const cv::Mat& plane) {
    return {plane.ptr<float>(), plane.total()};
}

struct Moments {
    double mean = 0, sd = 0;
};

Moments moments(std::span<const float> values) {
    double sum = 0, squares = 0;
    for (const float value : values) {
        sum += value;
        squares += double{value} * value;
    }
    const double mean = sum / values.size();
    return {mean, std::sqrt(std::max(0.0, squares / values.size() - mean * mean))};
}

// Interpolates between the two nearest sorted values, like numpy.percentile. percents: 0..100.
template <std::size_t kCount>
std::array<float, kCount> percentiles(std::span<const float> values,
                                      const std::array<double, kCount>& percents) {
    constexpr int kBins = 4096;
    const auto [least, most] = std::ranges::minmax(values);
    std::array<float, kCount> out;
    out.fill(least);
    if (!(most > least)) return out;
    const float scale = (kBins - 1) / (most - least);
    const auto bin_of = [&, low = least](float value) { return static_cast<int>((value - low) * scale); };
    std::array<std::uint32_t, kBins> counts{};
    for (const float value : values) ++counts[bin_of(value)];

    // Only the values of bins with a wanted rank are sorted.
    std::array<std::uint32_t, kBins + 1> starts{};
    for (int bin = 0; bin < kBins; ++bin) starts[bin + 1] = starts[bin] + counts[bin];
    const auto bin_of_rank = [&](std::size_t rank) {
        return static_cast<int>(std::ranges::upper_bound(starts, rank) - starts.begin()) - 1;
    };
    std::array<bool, kBins> wanted{};
    for (const double percent : percents) {
        const double position = percent / 100 * (values.size() - 1);
        const auto rank = static_cast<std::size_t>(position);
        wanted[bin_of_rank(rank)] = wanted[bin_of_rank(std::min(rank + 1, values.size() - 1))] = true;
    }
    std::array<std::uint32_t, kBins> gathered_start{};
    std::uint32_t total = 0;
    for (int bin = 0; bin < kBins; ++bin) {
        gathered_start[bin] = total;
        if (wanted[bin]) total += counts[bin];
    }
    std::vector<float> gathered(total);
    auto next = gathered_start;
    for (const float value : values) {
        if (const int bin = bin_of(value); wanted[bin]) gathered[next[bin]++] = value;
    }
    for (int bin = 0; bin < kBins; ++bin) {
        if (wanted[bin])
            std::sort(gathered.begin() + gathered_start[bin],
                      gathered.begin() + gathered_start[bin] + counts[bin]);
    }
    const auto value_of_rank = [&](std::size_t rank) {
        const int bin = bin_of_rank(rank);
        return gathered[gathered_start[bin] + (rank - starts[bin])];
    };
    for (std::size_t at = 0; at < kCount; ++at) {
        const double position = percents[at] / 100 * (values.size() - 1);
        const auto rank = static_cast<std::size_t>(position);
        const float below = value_of_rank(rank), above = value_of_rank(std::min(rank + 1, values.size() - 1));
        out[at] = static_cast<float>(below + (above - below) * (position - rank));
    }
    return out;
}

// A vectorizable cube root (std::cbrt is a call): a guess from the exponent (4 % off), then two Halley
// iterations, each of which triples the digits. x >= 0.
inline float cube_root(float x) {
    const auto exponent = static_cast<float>(std::bit_cast<std::int32_t>(x)) * (1.0F / 3);
    float y = std::bit_cast<float>(static_cast<std::int32_t>(exponent) + 709'921'077);
    for (int round = 0; round < 2; ++round) {
        const float cube = y * y * y;
        y *= (cube + 2 * x) / (2 * cube + x + 1e-30F);  // 1e-30 keeps black at 0
    }
    return y;
}

// Returns the undirected angle of (x, y) in units of 180 degrees: 0..1. Abramowitz, Stegun 4.4.49 (2e-8).
inline float direction(float x, float y) {
    const float across = std::abs(x), along = std::abs(y);
    const bool steep = along > across;
    const float t = (steep ? across : along) / ((steep ? along : across) + 1e-30F), s = t * t;
    float angle = 0.0028662257F;
    angle = angle * s - 0.0161657367F;
    angle = angle * s + 0.0429096138F;
    angle = angle * s - 0.0752896400F;
    angle = angle * s + 0.1065626393F;
    angle = angle * s - 0.1420889944F;
    angle = angle * s + 0.1999355085F;
    angle = angle * s - 0.3333314528F;
    angle = (angle * s + 1) * t * std::numbers::inv_pi_v<float>;
    angle = steep ? 0.5F - angle : angle;
    return x * y < 0 ? 1 - angle : angle;
}

const std::array<float, 256>& linear_of_srgb() {
    static const std::array<float, 256> table = [] {
        std::array<float, 256> values;
        for (int at = 0; at < 256; ++at) {
            const double v = at / 255.0;
            values[at] = static_cast<float>(v <= .04045 ? v / 12.92 : std::pow((v + .055) / 1.055, 2.4));
        }
        return values;
    }();
    return table;
}

struct Oklab {
    cv::Mat l, a, b;  // CV_32F, continuous
};

// rgb: contiguous.
Oklab to_oklab(const cv::Mat& rgb) {
    const auto& linear = linear_of_srgb();
    Oklab out{{rgb.size(), CV_32F}, {rgb.size(), CV_32F}, {rgb.size(), CV_32F}};
    const int width = rgb.cols;
    std::vector<float> red(width), green(width), blue(width);
    for (int row = 0; row < rgb.rows; ++row) {
        const auto* from = rgb.ptr<std::uint8_t>(row);
        for (int x = 0; x < width; ++x) {
            red[x] = linear[from[3 * x]];
            green[x] = linear[from[3 * x + 1]];
            blue[x] = linear[from[3 * x + 2]];
        }
        float *to_l = out.l.ptr<float>(row), *to_a = out.a.ptr<float>(row), *to_b = out.b.ptr<float>(row);
        const float *r = red.data(), *g = green.data(), *b = blue.data();
#pragma GCC ivdep
        for (int x = 0; x < width; ++x) {
            const float l = cube_root(.4122214708F * r[x] + .5363325363F * g[x] + .0514459929F * b[x]);
            const float m = cube_root(.2119034982F * r[x] + .6806995451F * g[x] + .1073969566F * b[x]);
            const float s = cube_root(.0883024619F * r[x] + .2817188376F * g[x] + .6299787005F * b[x]);
            to_l[x] = .2104542553F * l + .7936177850F * m - .0040720468F * s;
            to_a[x] = 1.9779984951F * l - 2.4285922050F * m + .4505937099F * s;
            to_b[x] = .0259040371F * l + .7827717662F * m - .8086757660F * s;
        }
    }
    return out;
}

struct SoftBin {
    int bin;
    float share;  // weight of bin + 1
};

// x: 0..1 over the centres of `count` bins; values outside are clamped.
SoftBin soft_bin(float x, int count) {
    const float position = std::clamp(x, 0.0F, 1.0F) * (count - 1);
    const int bin = std::min(static_cast<int>(position), count - 2);
    return {bin, position - bin};
}

void add_colour(const cv::Mat& rgb, float*& out) {
    const double factor = static_cast<double>(kColourSide) / std::max(rgb.cols, rgb.rows);
    const auto side = [&](int pixels) {
        return std::max(2, static_cast<int>(std::nearbyint(pixels * factor)));
    };
    const Oklab lab = to_oklab(area(rgb, side(rgb.cols), side(rgb.rows)));
    std::array<double, kLevels + kHues * kHueLevels * kChromas> bins{};
    const float *l = lab.l.ptr<float>(), *a = lab.a.ptr<float>(), *b = lab.b.ptr<float>();
    for (std::size_t at = 0; at < lab.l.total(); ++at) {
        const float chroma = std::sqrt(a[at] * a[at] + b[at] * b[at]);
        const float coloured = std::clamp((chroma - .02F) / .04F, 0.0F, 1.0F);
        const SoftBin level = soft_bin(l[at], kLevels);
        bins[level.bin] += (1 - coloured) * (1 - level.share);
        bins[level.bin + 1] += (1 - coloured) * level.share;
        if (coloured == 0) continue;
        float position = std::atan2(b[at], a[at]) * (kHues / 2 * std::numbers::inv_pi_v<float>);
        if (position < 0) position += kHues;
        const int hue = static_cast<int>(position);
        const float hue_share = position - hue;
        const SoftBin hue_level = soft_bin((l[at] - .2F) / .7F, kHueLevels);
        const SoftBin strength = soft_bin((chroma - .06F) / .10F, kChromas);
        for (int dh = 0; dh < 2; ++dh) {
            for (int dl = 0; dl < 2; ++dl) {
                const float weight = coloured * (dh ? hue_share : 1 - hue_share) *
                                     (dl ? hue_level.share : 1 - hue_level.share);
                double* pair =
                    &bins[kLevels + ((hue + dh) % kHues * kHueLevels + hue_level.bin + dl) * kChromas];
                pair[0] += weight * (1 - strength.share);
                pair[1] += weight * strength.share;
            }
        }
    }
    double sum = 0;
    for (const double bin : bins) sum += bin;
    for (const double bin : bins) *out++ = static_cast<float>(std::sqrt(bin / sum));
}

struct Cells {
    std::array<double, 64> mean, sd;
};

// 8 x 8 cells; the first rows and columns are one pixel larger when the size is not a multiple of 8.
Cells cells_of(const cv::Mat& plane) {
    const auto edge = [](int pixels, int cell) { return cell * (pixels / 8) + std::min(cell, pixels % 8); };
    Cells out;
    for (int cell = 0; cell < 64; ++cell) {
        const int top = edge(plane.rows, cell / 8), bottom = edge(plane.rows, cell / 8 + 1);
        const int left = edge(plane.cols, cell % 8), right = edge(plane.cols, cell % 8 + 1);
        double sum = 0, squares = 0;
        for (int y = top; y < bottom; ++y) {
            const auto* row = plane.ptr<float>(y);
            for (int x = left; x < right; ++x) {
                sum += row[x];
                squares += double{row[x]} * row[x];
            }
        }
        const double count = double(bottom - top) * (right - left);
        out.mean[cell] = sum / count;
        out.sd[cell] = std::sqrt(std::max(0.0, squares / count - out.mean[cell] * out.mean[cell]));
    }
    return out;
}

struct Saliency {
    double x = 0, y = 0, spread = 0;  // centre and standard deviation of attention, as fractions of the sides
};

Saliency spectral_residual(const cv::Mat& l) {
    constexpr int kSide = 64;
    cv::Mat spectrum;
    cv::dft(area(l, kSide, kSide), spectrum, cv::DFT_COMPLEX_OUTPUT);
    cv::Mat log_amplitude(kSide, kSide, CV_32F), mean;
    for (int y = 0; y < kSide; ++y) {
        const auto* from = spectrum.ptr<cv::Vec2f>(y);
        auto* to = log_amplitude.ptr<float>(y);
        for (int x = 0; x < kSide; ++x) to[x] = std::log(std::hypot(from[x][0], from[x][1]) + 1e-6F);
    }
    cv::blur(log_amplitude, mean, {3, 3});
    for (int y = 0; y < kSide; ++y) {
        auto* value = spectrum.ptr<cv::Vec2f>(y);
        const float *own = log_amplitude.ptr<float>(y), *around = mean.ptr<float>(y);
        for (int x = 0; x < kSide; ++x) {
            const float size = std::hypot(value[x][0], value[x][1]);
            const float residual = std::exp(own[x] - around[x]);
            value[x] = size > 0 ? value[x] * (residual / size) : cv::Vec2f(residual, 0);
        }
    }
    cv::dft(spectrum, spectrum, cv::DFT_INVERSE | cv::DFT_SCALE);
    cv::Mat map(kSide, kSide, CV_32F);
    for (int y = 0; y < kSide; ++y) {
        const auto* from = spectrum.ptr<cv::Vec2f>(y);
        auto* to = map.ptr<float>(y);
        for (int x = 0; x < kSide; ++x) to[x] = from[x].dot(from[x]);
    }
    cv::GaussianBlur(map, map, {0, 0}, 3);
    double sum = 0, sum_x = 0, sum_y = 0, squares = 0;
    for (int y = 0; y < kSide; ++y) {
        for (int x = 0; x < kSide; ++x) {
            const double weight = map.at<float>(y, x), px = x / 63.0, py = y / 63.0;
            sum += weight;
            sum_x += weight * px;
            sum_y += weight * py;
            squares += weight * (px * px + py * py);
        }
    }
    if (!(sum > 0)) return {.5, .5, 0};  // no contrast at all
    const double x = sum_x / sum, y = sum_y / sum;
    return {x, y, std::sqrt(std::max(0.0, squares / sum - x * x - y * y))};
}

double colourfulness(const cv::Mat& rgb) {
    std::int64_t sum_rg = 0, sum_yb = 0, squares_rg = 0, squares_yb = 0;  // yb: twice its value
    for (int y = 0; y < rgb.rows; ++y) {
        const auto* row = rgb.ptr<std::uint8_t>(y);
        std::int32_t row_rg = 0, row_yb = 0, row_squares_rg = 0, row_squares_yb = 0;  // 256 x 510^2 < 2^31
        for (int x = 0; x < rgb.cols; ++x) {
            const int rg = row[3 * x] - row[3 * x + 1], yb = row[3 * x] + row[3 * x + 1] - 2 * row[3 * x + 2];
            row_rg += rg;
            row_yb += yb;
            row_squares_rg += rg * rg;
            row_squares_yb += yb * yb;
        }
        sum_rg += row_rg;
        sum_yb += row_yb;
        squares_rg += row_squares_rg;
        squares_yb += row_squares_yb;
    }
    const double count = static_cast<double>(rgb.total());
    const double rg = sum_rg / count, yb = sum_yb / count / 2;
    const double variance = squares_rg / count - rg * rg + squares_yb / count / 4 - yb * yb;
    return (std::sqrt(std::max(0.0, variance)) + .3 * std::hypot(rg, yb)) / 100;
}

void add_scalars(const cv::Mat& rgb, const Oklab& lab, float*& out) {
    const auto add = [&](double value) { *out++ = static_cast<float>(value); };
    const std::size_t count = lab.l.total();
    const float *l = lab.l.ptr<float>(), *a = lab.a.ptr<float>(), *b = lab.b.ptr<float>();

    const auto p = percentiles<9>(pixels_of(lab.l), {1, 5, 25, 50, 75, 95, 99, 30, 70});
    const float p30 = p[7], p70 = p[8];
    cv::Mat chroma(lab.l.size(), CV_32F);
    auto* c = chroma.ptr<float>();
    for (std::size_t at = 0; at < count; ++at) c[at] = std::sqrt(a[at] * a[at] + b[at] * b[at]);
    const Moments l_moments = moments(pixels_of(lab.l)), a_moments = moments(pixels_of(lab.a)),
                  b_moments = moments(pixels_of(lab.b)), c_moments = moments(pixels_of(chroma));
    double high_a = 0, high_b = 0, low_a = 0, low_b = 0;
    std::size_t high = 0, low = 0, neutral = 0;
    for (std::size_t at = 0; at < count; ++at) {
        neutral += c[at] < .02F;
        if (l[at] >= p70) {
            high_a += a[at];
            high_b += b[at];
            ++high;
        }
        if (l[at] <= p30) {
            low_a += a[at];
            low_b += b[at];
            ++low;
        }
    }
    // Rounding between two ranks can put the percentile just beyond the largest or smallest value.
    high = std::max<std::size_t>(high, 1);
    low = std::max<std::size_t>(low, 1);

    for (int at = 0; at < 7; ++at) add(p[at]);
    add(l_moments.mean);
    add(l_moments.sd);
    add(c_moments.mean);
    add(c_moments.sd);
    add(percentiles<1>(pixels_of(chroma), {95})[0]);
    add(colourfulness(rgb));
    add(a_moments.mean);
    add(b_moments.mean);
    add(a_moments.sd);
    add(b_moments.sd);
    add(high_a / high);
    add(high_b / high);
    add(low_a / low);
    add(low_b / low);
    add(static_cast<double>(neutral) / count);

    constexpr int kSmall = 32;
    const cv::Mat small = area(lab.l, kSmall, kSmall);
    const double small_mean = moments(pixels_of(small)).mean;
    double energy = kFloor, left_right = 0, top_bottom = 0, rim = 0, middle = 0;
    int rim_count = 0, middle_count = 0;
    for (int y = 0; y < kSmall; ++y) {
        for (int x = 0; x < kSmall; ++x) {
            const double z = small.at<float>(y, x) - small_mean;
            energy += z * z;
            left_right += z * (small.at<float>(y, kSmall - 1 - x) - small_mean);
            top_bottom += z * (small.at<float>(kSmall - 1 - y, x) - small_mean);
            const double radius = std::hypot(y - 15.5, x - 15.5) / 22;
            if (radius > .8) {
                rim += z;
                ++rim_count;
            } else if (radius < .4) {
                middle += z;
                ++middle_count;
            }
        }
    }
    add(left_right / energy);
    add(top_bottom / energy);

    cv::Mat detail;
    cv::Laplacian(lab.l, detail, CV_32F);
    auto sharpness = cells_of(detail).sd;
    std::ranges::sort(sharpness);
    for (const int rank : {6, 32, 58}) add(std::log(sharpness[rank] + kFloor));
    add(std::ranges::count_if(cells_of(lab.l).sd, [](double sd) { return sd < .02; }) / 64.0);
    add(rim / rim_count - middle / middle_count);

    const Saliency attention = spectral_residual(lab.l);
    add(std::abs(attention.x - .5));
    add(attention.y);
    add(attention.spread);

    cv::Mat noise;
    cv::filter2D(lab.l, noise, -1, cv::Matx33f(1, -2, 1, -2, 4, -2, 1, -2, 1));
    noise = cv::abs(noise);
    auto grain = cells_of(noise).mean;
    std::ranges::sort(grain);
    const double position = .15 * 63;
    const auto rank = static_cast<std::size_t>(position);
    add(std::log(grain[rank] + (grain[rank + 1] - grain[rank]) * (position - rank) + kFloor));
    add(.4 * a_moments.mean + .8 * b_moments.mean);
    add(std::log(static_cast<double>(rgb.cols) / rgb.rows));
}

// For each pattern of 8 neighbours in a circle: the number of brighter ones if they are adjacent, else 9.
constexpr std::array<std::uint8_t, 256> kPatternBin = [] {
    std::array<std::uint8_t, 256> bins{};
    for (int code = 0; code < 256; ++code) {
        const auto pattern = static_cast<std::uint8_t>(code);
        const int changes = std::popcount(static_cast<std::uint8_t>(pattern ^ std::rotl(pattern, 1)));
        bins[code] = changes <= 2 ? static_cast<std::uint8_t>(std::popcount(pattern)) : 9;
    }
    return bins;
}();

void add_lbp(const cv::Mat& plane, float*& out) {
    std::array<std::uint32_t, 256> patterns{};
    std::vector<std::int32_t> codes(plane.cols);
    const int width = plane.cols;
    for (int y = 1; y + 1 < plane.rows; ++y) {
        const float *up = plane.ptr<float>(y - 1), *row = plane.ptr<float>(y),
                    *down = plane.ptr<float>(y + 1);
        auto* code = codes.data();
#pragma GCC ivdep
        for (int x = 1; x < width - 1; ++x) {
            // One 8-bit step, because noise in flat areas is not texture.
            const float centre = row[x] + .004F;
            code[x] = (up[x - 1] > centre ? 1 : 0) | (up[x] > centre ? 2 : 0) | (up[x + 1] > centre ? 4 : 0) |
                      (row[x + 1] > centre ? 8 : 0) | (down[x + 1] > centre ? 16 : 0) |
                      (down[x] > centre ? 32 : 0) | (down[x - 1] > centre ? 64 : 0) |
                      (row[x - 1] > centre ? 128 : 0);
        }
        for (int x = 1; x < width - 1; ++x) ++patterns[code[x]];
    }
    std::array<std::uint32_t, 10> bins{};
    for (int code = 0; code < 256; ++code) bins[kPatternBin[code]] += patterns[code];
    const double sum = double(plane.cols - 2) * (plane.rows - 2);
    for (const auto bin : bins) *out++ = static_cast<float>(std::sqrt(bin / sum));
}

void add_bands(const Oklab& lab, float*& out) {
    const auto detail_of = [](cv::Mat& plane) {  // and halves the plane
        cv::Mat half, back;
        cv::pyrDown(plane, half);
        cv::pyrUp(half, back, plane.size());
        cv::absdiff(plane, back, back);
        plane = half;
        return back;
    };
    // A level of less than 4 pixels repeats the previous one; the first has at least kStyleShortestSide.
    const auto too_small = [](const cv::Mat& plane) { return std::min(plane.rows, plane.cols) < 4; };
    cv::Mat l = lab.l, a = lab.a, b = lab.b;
    for (int level = 0; level < 5; ++level, out += 2) {
        if (too_small(l)) {
            std::copy(out - 2, out, out);
            continue;
        }
        const cv::Mat detail = detail_of(l);
        out[0] = static_cast<float>(std::log(cv::mean(detail)[0] + kFloor));
        out[1] = std::log(percentiles<1>(pixels_of(detail), {95})[0] + kFloor);
    }
    for (int level = 0; level < 4; ++level, ++out) {
        if (too_small(a)) {
            *out = out[-1];
            continue;
        }
        const double mean = (cv::mean(detail_of(a))[0] + cv::mean(detail_of(b))[0]) / 2;
        *out = static_cast<float>(std::log(mean + kFloor));
    }
}

void add_orient(const cv::Mat& plane, float*& out) {
    cv::Mat across, along;
    cv::Sobel(plane, across, CV_32F, 1, 0, 3, 1 / 8.0);
    cv::Sobel(plane, along, CV_32F, 0, 1, 3, 1 / 8.0);
    std::array<double, 9> bins{};
    const int width = plane.cols;
    std::vector<float> magnitudes(width), positions(width);
    for (int row = 0; row < plane.rows; ++row) {
        const float *gx = across.ptr<float>(row), *gy = along.ptr<float>(row);
        float *magnitude = magnitudes.data(), *position = positions.data();
#pragma GCC ivdep
        for (int x = 0; x < width; ++x) {
            magnitude[x] = std::sqrt(gx[x] * gx[x] + gy[x] * gy[x]);
            position[x] = direction(gx[x], gy[x]) * 8;
        }
        for (int x = 0; x < width; ++x) {
            const int bin = static_cast<int>(position[x]) & 7;
            const float share = position[x] - static_cast<int>(position[x]);
            bins[bin] += magnitude[x] * (1 - share);
            bins[bin + 1] += magnitude[x] * share;
        }
    }
    bins[0] += bins[8];  // 180 degrees equals 0
    for (int bin = 0; bin < 8; ++bin)
        *out++ = static_cast<float>(std::log(bins[bin] / plane.total() + kFloor));
}

void add_grid(const Oklab& lab, float*& out) {
    const cv::Mat planes[] = {area(lab.l, 4, 4), area(lab.a, 4, 4), area(lab.b, 4, 4)};
    for (int y = 0; y < 4; ++y) {
        for (int x = 0; x < 2; ++x) {
            for (const auto& plane : planes) *out++ = (plane.at<float>(y, x) + plane.at<float>(y, 3 - x)) / 2;
        }
    }
}

std::uint8_t signed_byte(float value, std::size_t at) {
    const double standard = (double{value} - kStyleMean[at]) / (2 * double{kStyleDeviation[at]});
    return static_cast<std::uint8_t>(static_cast<std::int8_t>(std::nearbyint(127 * std::tanh(standard))));
}

}  // namespace

Image style_image(const Image& image) {
    start_opencv();
    const cv::Size size = style_size(image);
    // Reduce each side by area; then enlarge a side that is still too small.
    cv::Mat out =
        area(as_matrix(image), std::min(size.width, image.width), std::min(size.height, image.height));
    if (out.size() != size) {
        const cv::Mat reduced = out.clone();
        cv::resize(reduced, out, size, 0, 0, cv::INTER_CUBIC);
    }
    return to_image(out);
}

StyleNumbers style_numbers(const Image& image) {
    if (style_size(image) != cv::Size(image.width, image.height)) return style_numbers(style_image(image));
    start_opencv();
    const cv::Mat rgb = as_matrix(image);
    const Oklab lab = to_oklab(rgb);
    cv::Mat half, quarter;
    cv::pyrDown(lab.l, half);
    cv::pyrDown(half, quarter);

    StyleNumbers numbers;
    float* out = numbers.data();
    add_colour(rgb, out);
    add_scalars(rgb, lab, out);
    for (const cv::Mat& plane : {lab.l, half, quarter}) add_lbp(plane, out);
    add_bands(lab, out);
    for (const cv::Mat& plane : {lab.l, half, quarter}) add_orient(plane, out);
    add_grid(lab, out);
    return numbers;
}

StyleBytes describe_style(const Image& image) {
    const StyleNumbers numbers = style_numbers(image);
    StyleBytes bytes;
    std::size_t at = 0;
    for (const Block& block : kBlocks) {
        for (const std::size_t end = at + block.size; at < end; ++at) {
            bytes[at] = block.histogram ? static_cast<std::uint8_t>(std::nearbyint(255 * numbers[at]))
                                        : signed_byte(numbers[at], at);
        }
    }
    return bytes;
}

StyleNumbers style_numbers(const StyleBytes& bytes) {
    StyleNumbers numbers;
    std::size_t at = 0;
    for (const Block& block : kBlocks) {
        for (const std::size_t end = at + block.size; at < end; ++at) {
            if (block.histogram) {
                numbers[at] = bytes[at] / 255.0F;
            } else {
                const float cut = std::clamp(static_cast<std::int8_t>(bytes[at]) / 127.0F, -.996F, .996F);
                numbers[at] = std::atanh(cut) * 2 * kStyleDeviation[at] + kStyleMean[at];
            }
        }
    }
    return numbers;
}

StyleVector style_vector(const StyleBytes& bytes) {
    std::array<double, kStyleSize> blocks;
    std::size_t at = 0;
    for (const Block& block : kBlocks) {
        const std::size_t begin = at, end = at + block.size;
        double squares = 0;
        for (; at < end; ++at) {
            blocks[at] = block.histogram ? bytes[at] / 255.0 - kStyleMean[at]
                                         : static_cast<std::int8_t>(bytes[at]) / 127.0;
            squares += blocks[at] * blocks[at];
        }
        const double scale = std::sqrt(block.weight) / (std::sqrt(squares) + 1e-9);
        for (at = begin; at < end; ++at) blocks[at] *= scale;
    }
    std::array<double, kStyleDimension> whitened{};
    for (std::size_t row = 0; row < kStyleSize; ++row) {
        const double value = (blocks[row] - kStyleCentre[row]) / 1000;
        const std::int16_t* axes = kStyleWhitening + row * kStyleDimension;
        for (std::size_t axis = 0; axis < kStyleDimension; ++axis) whitened[axis] += value * axes[axis];
    }
    double squares = 0;
    for (const double value : whitened) squares += value * value;
    const double scale = 1 / (std::sqrt(squares) + 1e-9);
    StyleVector vector;
    for (std::size_t axis = 0; axis < kStyleDimension; ++axis)
        vector[axis] = static_cast<float>(whitened[axis] * scale);
    return vector;
}

std::string_view style_fingerprint() {
    static const std::string name = fmt::format("look-{}-{}", kStyleVersion, kStyleConstantsHash);
    return name;
}

StyleBytes to_style(std::span<const std::uint8_t> stored) {
    StyleBytes style{};
    std::ranges::copy(stored.first(std::min(stored.size(), style.size())), style.begin());
    return style;
}

}  // namespace hone
