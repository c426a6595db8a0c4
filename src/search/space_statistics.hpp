// Where a space's vectors lie and how they spread: what is common to all photos says nothing about one of
// them, and directions in which all photos differ say less than directions in which few do.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "vector/vector_space.hpp"

namespace hone {

// Immutable; safe from any thread. d: the space's dimension; S: covariance of the measured rows; P = (S + r
// I)^-1 with r = mean eigenvalue of S (shrinkage towards the sphere: Ledoit, Wolf 2004 use the same target).
class SpaceStatistics {
  public:
    // From every row up to kMeasuredRows, above that from an even sample. Depends on the rows alone. About
    // 0.3 s for 12,615 x 512. view: at least one row.
    static std::shared_ptr<const SpaceStatistics> measure(const SpaceView& view, unsigned threads);
    static constexpr std::size_t kMeasuredRows = 16'384;

    // Rows that measure() looks at for a space of so many rows: it steps up when the space has grown by a
    // sixteenth, so that equal counts mean equal statistics of a space that was only appended to.
    static std::size_t measured_size(std::size_t rows);

    [[nodiscard]] std::size_t dimension() const { return mean_.size(); }
    [[nodiscard]] std::span<const float> mean() const { return mean_; }
    // Standard deviation and mean of direction . x over the rows. direction: d numbers.
    [[nodiscard]] double standard_deviation(std::span<const float> direction) const;
    [[nodiscard]] double mean(std::span<const float> direction) const;
    // sqrt(d) / kappa2 x P v, kappa2 = sum of e / (e + r) over the eigenvalues e: P v in units that do not
    // change with the dimension or the length of the vectors.
    [[nodiscard]] std::vector<float> apply_precision(std::span<const float> v) const;
    // L^-1 (x - mean), L L^T = S + r I, brought to length 1: inner products are cosines in the whitened
    // space. out: stride() numbers, zeros behind the dimension.
    void whiten(std::span<const float> x, float* out) const;
    [[nodiscard]] std::size_t stride() const { return stride_; }  // d rounded up to whole vector registers
    // M = X^T (D - W) X / trace(D) over a sample X of kGraphRows rows: w^T M w is small when neighbours score
    // alike. W_ij = exp(-(1 - cos) / 0.03) over the 10 nearest neighbours, symmetric, D its row sums (SeeSaw,
    // arXiv 2208.06497). d rows of stride() numbers; made when first asked for, about a second.
    [[nodiscard]] std::span<const float> laplacian_penalty(const SpaceView& view, unsigned threads) const;
    static constexpr std::size_t kGraphRows = 4096;

  private:
    std::vector<float> mean_;
    std::vector<float> covariance_, precision_, inverse_factor_;  // d rows of stride_ numbers
    std::size_t stride_ = 0;
    double precision_scale_ = 1;
    mutable std::once_flag graph_made_;
    mutable std::vector<float> laplacian_penalty_;
};

// out[row] = matrix row . v; rows of `stride` numbers (a multiple of 16), v as long, zeros at the end of
// both.
void multiply_rows(std::span<const float> matrix, std::size_t stride, const float* v, float* out);

}  // namespace hone
