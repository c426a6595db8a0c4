// SPDX-License-Identifier: GPL-3.0-or-later
// Measures mean, covariance, precision and the neighbour graph of a space.
#include "search/space_statistics.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <bit>
#include <cmath>
#include <numeric>

#include "base/parallel.hpp"
#include "base/stop.hpp"
#include "vector/kernels.hpp"

namespace hone {

namespace {

constexpr std::size_t kRegister = 16;        // values in the widest level's f32 register
constexpr std::size_t kBlock = 512;          // rows multiplied at once
constexpr double kSmallestDeviation = 1e-9;  // for vectors that are all equal

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using FloatMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

struct Moments {
    Matrix products;      // sum of x x^T, lower triangle
    Eigen::VectorXd sum;  // of x
};

Moments add_up(const SpaceView& view, std::span<const std::size_t> rows, std::size_t dimension) {
    const auto d = static_cast<Eigen::Index>(dimension);
    Moments moments{Matrix::Zero(d, d), Eigen::VectorXd::Zero(d)};
    FloatMatrix block(static_cast<Eigen::Index>(kBlock), d), products(d, d);
    for (std::size_t start = 0; start < rows.size(); start += kBlock) {
        const auto count = static_cast<Eigen::Index>(std::min(kBlock, rows.size() - start));
        for (Eigen::Index at = 0; at < count; ++at) {
            const auto values = view.values(rows[start + static_cast<std::size_t>(at)]);
            block.row(at) = Eigen::Map<const Eigen::RowVectorXf>(values.data(), d);
        }
        products.setZero();
        products.selfadjointView<Eigen::Lower>().rankUpdate(block.topRows(count).transpose());
        moments.products.triangularView<Eigen::Lower>() += products.cast<double>();
        moments.sum += block.topRows(count).cast<double>().colwise().sum().transpose();
    }
    return moments;
}

std::vector<float> padded_rows(const Matrix& matrix, std::size_t stride) {
    std::vector<float> rows(static_cast<std::size_t>(matrix.rows()) * stride);
    for (Eigen::Index row = 0; row < matrix.rows(); ++row) {
        for (Eigen::Index column = 0; column < matrix.cols(); ++column)
            rows[static_cast<std::size_t>(row) * stride + static_cast<std::size_t>(column)] =
                static_cast<float>(matrix(row, column));
    }
    return rows;
}

std::vector<float> padded(std::span<const float> v, std::size_t stride) {
    std::vector<float> copy(stride);
    std::ranges::copy(v, copy.begin());
    return copy;
}

}  // namespace

void multiply_rows(std::span<const float> matrix, std::size_t stride, const float* v, float* out) {
    best_kernels().dot_f32(v, matrix.data(), matrix.size() / stride, stride, out);
}

std::size_t SpaceStatistics::measured_size(std::size_t rows) {
    if (rows < 4096) return rows;
    const std::size_t step = std::bit_floor(rows) / 16;
    return rows / step * step;
}

std::shared_ptr<const SpaceStatistics> SpaceStatistics::measure(const SpaceView& view, unsigned threads) {
    auto statistics = std::make_shared<SpaceStatistics>();
    const std::size_t dimension = view.values(0).size(), size = measured_size(view.size());
    std::vector<std::size_t> rows(std::min(size, kMeasuredRows));
    for (std::size_t at = 0; at < rows.size(); ++at) rows[at] = at * size / rows.size();

    const std::size_t workers = std::clamp<std::size_t>(threads, 1, rows.size() / kBlock + 1);
    std::vector<Moments> parts(workers);
    in_parallel(workers, threads, [&](std::size_t worker, std::size_t) {
        const std::size_t first = rows.size() * worker / workers, last = rows.size() * (worker + 1) / workers;
        parts[worker] = add_up(view, std::span(rows).subspan(first, last - first), dimension);
    });
    for (std::size_t worker = 1; worker < workers; ++worker) {
        parts[0].products += parts[worker].products;
        parts[0].sum += parts[worker].sum;
    }
    const double count = static_cast<double>(rows.size());
    const auto d = static_cast<Eigen::Index>(dimension);
    const Eigen::VectorXd mean = parts[0].sum / count;
    Matrix covariance = parts[0].products.selfadjointView<Eigen::Lower>();
    covariance = covariance / count - mean * mean.transpose();

    const double shrinkage = std::max(kSmallestDeviation, covariance.trace() / static_cast<double>(d));
    const Eigen::LLT<Matrix> factor(covariance + shrinkage * Matrix::Identity(d, d));
    const Matrix precision = factor.solve(Matrix::Identity(d, d));
    const Matrix inverse_factor = factor.matrixL().solve(Matrix::Identity(d, d));

    statistics->stride_ = (dimension + kRegister - 1) / kRegister * kRegister;
    statistics->mean_.resize(dimension);
    for (std::size_t at = 0; at < dimension; ++at)
        statistics->mean_[at] = static_cast<float>(mean[static_cast<Eigen::Index>(at)]);
    statistics->covariance_ = padded_rows(covariance, statistics->stride_);
    statistics->precision_ = padded_rows(precision, statistics->stride_);
    statistics->inverse_factor_ = padded_rows(inverse_factor, statistics->stride_);
    const double kappa2 = static_cast<double>(d) - shrinkage * precision.trace();  // sum of e / (e + r)
    statistics->precision_scale_ = std::sqrt(static_cast<double>(d)) / std::max(1.0, kappa2);
    return statistics;
}

double SpaceStatistics::standard_deviation(std::span<const float> direction) const {
    const std::vector<float> v = padded(direction, stride_);
    std::vector<float> product(dimension());
    multiply_rows(covariance_, stride_, v.data(), product.data());
    double variance = 0;
    for (std::size_t at = 0; at < product.size(); ++at) variance += static_cast<double>(product[at]) * v[at];
    return std::sqrt(std::max(variance, kSmallestDeviation * kSmallestDeviation));
}

double SpaceStatistics::mean(std::span<const float> direction) const {
    double sum = 0;
    for (std::size_t at = 0; at < mean_.size(); ++at) sum += static_cast<double>(mean_[at]) * direction[at];
    return sum;
}

std::vector<float> SpaceStatistics::apply_precision(std::span<const float> v) const {
    std::vector<float> product(dimension());
    multiply_rows(precision_, stride_, padded(v, stride_).data(), product.data());
    for (float& value : product) value *= static_cast<float>(precision_scale_);
    return product;
}

void SpaceStatistics::whiten(std::span<const float> x, float* out) const {
    thread_local std::vector<float> centered;
    centered.assign(stride_, 0.0F);
    for (std::size_t at = 0; at < mean_.size(); ++at) centered[at] = x[at] - mean_[at];
    multiply_rows(inverse_factor_, stride_, centered.data(), out);
    double length = 0;
    for (std::size_t at = 0; at < mean_.size(); ++at) length += static_cast<double>(out[at]) * out[at];
    const auto scale = static_cast<float>(length > 0 ? 1 / std::sqrt(length) : 0);
    for (std::size_t at = 0; at < mean_.size(); ++at) out[at] *= scale;
    std::fill(out + mean_.size(), out + stride_, 0.0F);
}

std::span<const float> SpaceStatistics::laplacian_penalty(const SpaceView& view, unsigned threads,
                                                          const std::stop_token& stop) const {
    std::call_once(graph_made_, [&] {
        constexpr std::size_t kNeighbours = 10;
        constexpr double kReach = 0.03;
        const std::size_t size = measured_size(view.size()), count = std::min(size, kGraphRows);
        std::vector<float> rows(count * stride_);
        for (std::size_t at = 0; at < count; ++at)
            std::ranges::copy(view.values(at * size / count),
                              rows.begin() + static_cast<std::ptrdiff_t>(at * stride_));
        // (neighbour, weight)
        std::vector<std::vector<std::pair<std::size_t, double>>> edges(count);
        const auto find_neighbours = [&](std::size_t first, std::size_t last) {
            std::vector<float> cosines(count);
            std::vector<std::size_t> order(count);
            for (std::size_t at = first; at < last; ++at) {
                throw_if_stopped(stop);
                multiply_rows(rows, stride_, rows.data() + at * stride_, cosines.data());
                cosines[at] = -2;
                std::iota(order.begin(), order.end(), std::size_t{0});
                const std::size_t kept = std::min(kNeighbours, count - 1);
                std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(kept),
                                          [&](std::size_t a, std::size_t b) {
                                              return std::pair(-cosines[a], a) < std::pair(-cosines[b], b);
                                          });
                for (std::size_t neighbour = 0; neighbour < kept; ++neighbour)
                    edges[at].emplace_back(order[neighbour],
                                           std::exp(-(1 - cosines[order[neighbour]]) / kReach));
            }
        };
        in_parallel(count, threads, find_neighbours);
        // w^T X^T (D - W) X w = 1/2 sum W_ij (w.x_i - w.x_j)^2, so M is a sum over the edges' differences.
        const auto d = static_cast<Eigen::Index>(dimension());
        FloatMatrix differences(static_cast<Eigen::Index>(kBlock), d);
        Matrix sum = Matrix::Zero(d, d);
        double degrees = 0;
        Eigen::Index filled = 0;
        const auto flush = [&] {
            throw_if_stopped(stop);
            if (filled == 0) return;  // Eigen divides by the number of rows
            FloatMatrix products = FloatMatrix::Zero(d, d);
            products.selfadjointView<Eigen::Lower>().rankUpdate(differences.topRows(filled).transpose());
            sum.triangularView<Eigen::Lower>() += products.cast<double>();
            filled = 0;
        };
        for (std::size_t at = 0; at < count; ++at) {
            for (const auto& [other, weight] : edges[at]) {
                degrees += weight;
                const Eigen::Map<const Eigen::RowVectorXf> a(rows.data() + at * stride_, d),
                    b(rows.data() + other * stride_, d);
                differences.row(filled++) = static_cast<float>(std::sqrt(weight / 2)) * (a - b);
                if (filled == differences.rows()) flush();
            }
        }
        flush();
        const Matrix whole = sum.selfadjointView<Eigen::Lower>();
        laplacian_penalty_ = padded_rows(whole / std::max(degrees, 1e-30), stride_);
    });
    return laplacian_penalty_;
}

}  // namespace hone
