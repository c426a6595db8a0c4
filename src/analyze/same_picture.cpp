// SPDX-License-Identifier: GPL-3.0-or-later
// Compares two photos by ORB features (Rublee et al. 2011), RANSAC (Fischler, Bolles 1981) and aligned
// pixels. OpenCV's RANSAC seeds its generator identically for every call, so no state is shared between pairs
// or threads.
#include "analyze/same_picture.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <opencv2/calib3d.hpp>
#include <opencv2/features2d.hpp>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <set>
#include <vector>

#include "analyze/hashes.hpp"
#include "analyze/opencv_start.hpp"
#include "analyze/style.hpp"

namespace hone {

namespace {

// Pixels and counts for an image with the longer side 256.
constexpr int kPoints = 400, kPyramidLevels = 6, kPatch = 24, kEdge = 12, kCornerThreshold = 7;
constexpr float kPyramidStep = 1.2F;
constexpr float kNearestToSecond = .85F;
constexpr float kMostBits = 72;  // of a descriptor's 256 bits
constexpr double kInlierPixels = 4;
constexpr int kRounds = 500;
constexpr double kLeastScale = .25, kMostScale = 4;
constexpr int kCellPixels = 3;  // features closer than this count as one place
constexpr int kLeastOverlap = 1500;
constexpr double kSmoothing = 2;
// A hash of almost only zeros or ones comes from a flat image or a gradient, which many photos share.
constexpr int kLeastBits = 8;

struct Points {
    std::vector<cv::Point2f> positions;
    cv::Mat descriptors;  // one row of 32 bytes per point
};

struct Version {
    cv::Mat smooth;  // luma, 8 bit
    Points points;
};

Version make_version(const cv::Mat& luma) {
    Version out;
    cv::GaussianBlur(luma, out.smooth, {0, 0}, kSmoothing);
    const auto orb = cv::ORB::create(kPoints, kPyramidStep, kPyramidLevels, kEdge, 0, 2,
                                     cv::ORB::HARRIS_SCORE, kPatch, kCornerThreshold);
    std::vector<cv::KeyPoint> corners;
    orb->detectAndCompute(luma, {}, corners, out.points.descriptors);
    cv::KeyPoint::convert(corners, out.points.positions);
    return out;
}

// Pearson's correlation of the pixels under the mask; 0 when an image is flat.
double correlation(const cv::Mat& a, const cv::Mat& b, const cv::Mat& mask) {
    double count = 0, sum_a = 0, sum_b = 0, squares_a = 0, squares_b = 0, products = 0;
    for (int y = 0; y < a.rows; ++y) {
        const auto *row_a = a.ptr<std::uint8_t>(y), *row_b = b.ptr<std::uint8_t>(y);
        const auto* inside = mask.ptr<std::uint8_t>(y);
        for (int x = 0; x < a.cols; ++x) {
            if (!inside[x]) continue;
            const double va = row_a[x], vb = row_b[x];
            ++count;
            sum_a += va;
            sum_b += vb;
            squares_a += va * va;
            squares_b += vb * vb;
            products += va * vb;
        }
    }
    if (count < kLeastOverlap) return 0;
    const double variance_a = squares_a - sum_a * sum_a / count,
                 variance_b = squares_b - sum_b * sum_b / count;
    if (variance_a < count || variance_b < count) return 0;  // less than one step of 255
    return (products - sum_a * sum_b / count) / std::sqrt(variance_a * variance_b);
}

struct Fit {
    int inliers = 0;
    cv::Mat transform;  // 2 x 3, from the query to the photo; empty when there is none
};

// Counts the places on both sides and returns the smaller number, because many points of one image may map to
// one corner of the other.
int distinct_positions(const std::vector<cv::Point2f>& from, const std::vector<cv::Point2f>& to,
                       const std::vector<std::uint8_t>& inlier) {
    std::set<std::pair<int, int>> cells_from, cells_to;
    for (std::size_t at = 0; at < inlier.size(); ++at) {
        if (!inlier[at]) continue;
        const auto cell = [](const cv::Point2f& position) {
            return std::pair{static_cast<int>(position.x) / kCellPixels,
                             static_cast<int>(position.y) / kCellPixels};
        };
        cells_from.insert(cell(from[at]));
        cells_to.insert(cell(to[at]));
    }
    return static_cast<int>(std::min(cells_from.size(), cells_to.size()));
}

Fit fit(const Points& query, const Points& photo) {
    if (query.positions.size() < 4 || photo.positions.size() < 4) return {};
    std::vector<std::vector<cv::DMatch>> nearest;
    cv::BFMatcher(cv::NORM_HAMMING).knnMatch(query.descriptors, photo.descriptors, nearest, 2);
    std::vector<cv::Point2f> from, to;
    for (const auto& pair : nearest) {
        if (pair.size() < 2 || pair[0].distance >= kMostBits ||
            pair[0].distance >= kNearestToSecond * pair[1].distance)
            continue;
        from.push_back(query.positions[pair[0].queryIdx]);
        to.push_back(photo.positions[pair[0].trainIdx]);
    }
    if (from.size() < 4) return {};
    std::vector<std::uint8_t> inlier;
    Fit out;
    out.transform = cv::estimateAffinePartial2D(from, to, inlier, cv::RANSAC, kInlierPixels, kRounds);
    if (out.transform.empty()) return {};
    const double scale = std::hypot(out.transform.at<double>(0, 0), out.transform.at<double>(1, 0));
    if (scale < kLeastScale || scale > kMostScale) return {};
    out.inliers = distinct_positions(from, to, inlier);
    return out;
}

PairCheck check_versions(const Version& query, const Version& photo) {
    const Fit found = fit(query.points, photo.points);
    PairCheck check;
    check.inliers = found.inliers;
    if (found.inliers < kPossibleInliers) return check;
    cv::Mat laid_over, inside;
    cv::warpAffine(query.smooth, laid_over, found.transform, photo.smooth.size());
    cv::warpAffine(cv::Mat(query.smooth.size(), CV_8U, cv::Scalar(255)), inside, found.transform,
                   photo.smooth.size(), cv::INTER_NEAREST);
    check.correlation = correlation(laid_over, photo.smooth, inside);
    check.certain = found.inliers >= kSameInliers;
    check.same = check.certain || check.correlation >= kSameCorrelation;
    return check;
}

}  // namespace

struct PictureFeatures::Data {
    std::uint64_t hash = 0;
    Version plain;
    std::optional<Version> mirrored;
};

PictureFeatures::PictureFeatures(const Image& image, Mirrored mirrored) {
    start_opencv();
    const bool fits = std::max(image.width, image.height) == kStyleSide &&
                      std::min(image.width, image.height) >= kStyleShortestSide;
    const Image sized = fits ? Image{} : style_image(image);
    const Image& picture = fits ? image : sized;
    const cv::Mat rgb(picture.height, picture.width, CV_8UC3, const_cast<std::uint8_t*>(picture.rgb.data()));
    cv::Mat luma;
    cv::cvtColor(rgb, luma, cv::COLOR_RGB2GRAY);
    auto data = std::make_shared<Data>();
    data->hash = describe_hashes(picture).plain();
    data->plain = make_version(luma);
    if (mirrored == Mirrored::kYes) {
        cv::flip(luma, luma, 1);
        data->mirrored = make_version(luma);
    }
    data_ = std::move(data);
}

PairCheck check_pair(const PictureFeatures& query, const PictureFeatures& photo) {
    const auto &a = query.data(), &b = photo.data();
    const int bits = std::popcount(a.hash);
    if (hamming_distance(a.hash, b.hash) <= kSameHashDistance && bits >= kLeastBits &&
        bits <= 64 - kLeastBits) {
        cv::Mat stretched;
        cv::resize(a.plain.smooth, stretched, b.plain.smooth.size(), 0, 0, cv::INTER_LINEAR);
        const double agreement =
            correlation(stretched, b.plain.smooth, cv::Mat(stretched.size(), CV_8U, cv::Scalar(1)));
        if (agreement >= kSameCorrelation) return {0, agreement, false, true, true};
    }
    PairCheck check = check_versions(a.plain, b.plain);
    if (!check.certain && a.mirrored) {
        PairCheck turned = check_versions(*a.mirrored, b.plain);
        turned.mirrored = true;
        if (std::tuple(turned.certain, turned.same, turned.inliers) >
            std::tuple(check.certain, check.same, check.inliers))
            check = turned;
    }
    return check;
}

}  // namespace hone
