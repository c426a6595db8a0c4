// SPDX-License-Identifier: GPL-3.0-or-later
// Computes difference hashes and their distances.
#include "analyze/hashes.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "analyze/opencv_start.hpp"

namespace hone {

namespace {

constexpr int kColumns = 9, kRows = 8;
constexpr double kCropShares[] = {.95, .90, .84, .70, .50};  // fraction of each side

cv::Mat reduced(const cv::Mat& luma, int width, int height) {
    cv::Mat out;
    cv::resize(luma, out, {width, height}, 0, 0, cv::INTER_AREA);
    return out;
}

// at(x, y): the luma of the 9 x 8 image to hash.
template <typename At>
std::uint64_t hash_of(At at) {
    std::uint64_t hash = 0;
    for (int y = 0; y < kRows; ++y) {
        for (int x = 0; x + 1 < kColumns; ++x) {
            if (at(x, y) < at(x + 1, y)) hash |= std::uint64_t{1} << (8 * y + x);
        }
    }
    return hash;
}

}  // namespace

PhotoHashes describe_hashes(const Image& image) {
    start_opencv();
    const cv::Mat rgb(image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.rgb.data()));
    cv::Mat luma;
    cv::cvtColor(rgb, luma, cv::COLOR_RGB2GRAY);
    const cv::Mat wide = reduced(luma, kColumns, kRows), tall = reduced(luma, kRows, kColumns);
    const auto in_wide = [&](int x, int y) { return wide.at<std::uint8_t>(y, x); };
    const auto in_tall = [&](int x, int y) { return tall.at<std::uint8_t>(y, x); };

    PhotoHashes hashes;
    hashes.turned = {
        hash_of([&](int x, int y) { return in_wide(x, y); }),
        hash_of([&](int x, int y) { return in_tall(y, 8 - x); }),
        hash_of([&](int x, int y) { return in_wide(8 - x, 7 - y); }),
        hash_of([&](int x, int y) { return in_tall(7 - y, x); }),
        hash_of([&](int x, int y) { return in_wide(8 - x, y); }),
        hash_of([&](int x, int y) { return in_tall(7 - y, 8 - x); }),
        hash_of([&](int x, int y) { return in_wide(x, 7 - y); }),
        hash_of([&](int x, int y) { return in_tall(y, x); }),
    };
    for (std::size_t crop = 0; crop < hashes.crops.size(); ++crop) {
        const int width = std::max(1, static_cast<int>(std::lround(image.width * kCropShares[crop])));
        const int height = std::max(1, static_cast<int>(std::lround(image.height * kCropShares[crop])));
        const cv::Rect middle((image.width - width) / 2, (image.height - height) / 2, width, height);
        const cv::Mat part = reduced(luma(middle), kColumns, kRows);
        hashes.crops[crop] = hash_of([&](int x, int y) { return part.at<std::uint8_t>(y, x); });
    }
    return hashes;
}

int hamming_distance(std::uint64_t a, std::uint64_t b) {
    return std::popcount(a ^ b);
}

int hash_distance(const PhotoHashes& a, const PhotoHashes& b) {
    int least = 64;
    for (const auto turned : a.turned) {
        least = std::min(least, hamming_distance(turned, b.plain()));
        for (const auto crop : b.crops) least = std::min(least, hamming_distance(turned, crop));
    }
    for (const auto crop : a.crops) least = std::min(least, hamming_distance(crop, b.plain()));
    return least;
}

PhotoHashes to_hashes(std::span<const std::uint64_t> stored) {
    PhotoHashes hashes;
    for (std::size_t at = 0; at < stored.size(); ++at) {
        if (at < hashes.turned.size())
            hashes.turned[at] = stored[at];
        else if (at - hashes.turned.size() < hashes.crops.size())
            hashes.crops[at - hashes.turned.size()] = stored[at];
    }
    return hashes;
}

}  // namespace hone
