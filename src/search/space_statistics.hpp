// SPDX-License-Identifier: GPL-3.0-or-later
// Mean and covariance of a space. Rankings subtract the mean and weight each direction by its inverse
// variance.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <vector>

#include "vector/vector_space.hpp"

namespace hone {

// Immutable; safe from any thread. d: the space's dimension. S: covariance of the measured rows. P = (S + r
// I)^-1 with r = mean eigenvalue of S (shrinkage towards the sphere; Ledoit, Wolf 2004 use the same target).
class SpaceStatistics {
  public:
    // Measures every row up to kMeasuredRows, otherwise an even sample. The result depends only on the rows.
    // About 0.3 s for 12,615 x 512. view: at least one row.
    static std::shared_ptr<const SpaceStatistics> measure(const SpaceView& view, unsigned threads);
    static constexpr std::size_t kMeasuredRows = 16'384;

    // Returns the number of rows to measure in a space of `rows` rows. It rises when the space has grown by a
    // sixteenth, so equal counts mean equal statistics of an append-only space.
    static std::size_t measured_size(std::size_t rows);

    [[nodiscard]] std::size_t dimension() const { return mean_.size(); }
    [[nodiscard]] std::span<const float> mean() const { return mean_; }
    // Standard deviation and mean of direction . x over the rows. direction: d values.
    [[nodiscard]] double standard_deviation(std::span<const float> direction) const;
    [[nodiscard]] double mean(std::span<const float> direction) const;
    // Apply the precision: returns sqrt(d) / kappa2 x P v with kappa2 = sum of e / (e + r) over the
    // eigenvalues e, which is P v in units independent of the dimension and of the vectors' length. v: d
    // values.
    [[nodiscard]] std::vector<float> apply_precision(std::span<const float> v) const;
    // Whiten: L^-1 (x - mean) with L L^T = S + r I, scaled to length 1, so inner products are cosines in the
    // whitened space. x: d values. out: stride() values, zeros after the dimension.
    void whiten(std::span<const float> x, float* out) const;
    [[nodiscard]] std::size_t stride() const { return stride_; }  // d, rounded up to whole vector registers
    // The Laplacian penalty M = X^T (D - W) X / trace(D) over a sample X of kGraphRows rows: w^T M w is small
    // when neighbours score alike. W_ij = exp(-(1 - cos) / 0.03) over the 10 nearest neighbours, symmetric; D
    // has its row sums (SeeSaw, arXiv 2208.06497). Returns d rows of stride() values; computed on the first
    // call, in about a second. Ends with Stopped (base/stop.hpp) when a stop is requested.
    [[nodiscard]] std::span<const float> laplacian_penalty(const SpaceView& view, unsigned threads,
                                                           const std::stop_token& stop) const;
    static constexpr std::size_t kGraphRows = 4096;

  private:
    std::vector<float> mean_;
    std::vector<float> covariance_, precision_, inverse_factor_;  // d rows of stride_ values
    std::size_t stride_ = 0;
    double precision_scale_ = 1;
    mutable std::once_flag graph_made_;
    mutable std::vector<float> laplacian_penalty_;
};

// out[row] = matrix row . v. Rows have `stride` values (a multiple of 16), v as many; both end in zeros. Pure
// function.
void multiply_rows(std::span<const float> matrix, std::size_t stride, const float* v, float* out);

}  // namespace hone
