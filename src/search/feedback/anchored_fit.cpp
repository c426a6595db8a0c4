// SPDX-License-Identifier: GPL-3.0-or-later
// A logistic regression on the marks, anchored at the query text (SeeSaw, arXiv 2208.06497). Minimises over
// w, starting at w = t:
//
//     sum_i c_i BCE(w . (x_i - mean), y_i)
//         + 100 (cosh(log |w|^2) - 1) + 10 (1 - cos(w, t)) / 2 + 1000 w^T M w
//
// t: the query vector. x_i: positives (y 1), explicit and implicit negatives (y 0); mean: of all x_i. c_i:
// both classes have equal weight, half of the marks or, if most are positives, the number of negatives
// (docs/feedback.md). M: the Laplacian penalty of the space, in "fit-data" only. Ranks by cos(x, w). Without
// a query text, the anchor is the mean of the positives. L-BFGS by libLBFGS.
#include <lbfgs.h>

#include <algorithm>
#include <cmath>

#include "base/stop.hpp"
#include "search/feedback/method.hpp"

namespace hone {

namespace {

constexpr double kLength = 100, kAnchor = 10, kData = 1000;
constexpr int kIterations = 200;

double dot(std::span<const double> a, std::span<const double> b) {
    double sum = 0;
    for (std::size_t at = 0; at < a.size(); ++at) sum += a[at] * b[at];
    return sum;
}

struct Problem {
    std::size_t dimension = 0;
    std::vector<std::vector<double>> photos;   // x_i - mean
    std::vector<double> fits, weights;         // y_i, c_i
    std::vector<double> anchor;                // t, length 1
    std::span<const float> laplacian_penalty;  // empty: no penalty
    std::size_t stride = 0;
    std::stop_token stop;

    // After a stop: 0 with a gradient of 0, a minimum, at which libLBFGS ends. (An exception must not pass
    // through it.)
    double evaluate(std::span<const double> w, std::span<double> gradient) const {
        std::ranges::fill(gradient, 0);
        double loss = 0;
        for (std::size_t photo = 0; photo < photos.size(); ++photo) {
            if (stop.stop_requested()) {
                std::ranges::fill(gradient, 0);
                return 0;
            }
            const double z = dot(w, photos[photo]);
            // log(1 + e^z) without overflow
            const double soft = z > 0 ? z + std::log1p(std::exp(-z)) : std::log1p(std::exp(z));
            loss += weights[photo] * (soft - fits[photo] * z);
            const double slope = weights[photo] * (1 / (1 + std::exp(-z)) - fits[photo]);
            for (std::size_t at = 0; at < dimension; ++at) gradient[at] += slope * photos[photo][at];
        }
        const double square = std::max(1e-12, dot(w, w)), length = std::sqrt(square),
                     log_square = std::log(square);
        loss += kLength * (std::cosh(log_square) - 1);
        const double length_slope = kLength * std::sinh(log_square) * 2 / square;
        const double along = dot(w, anchor) / length;
        loss += kAnchor * (1 - along) / 2;
        for (std::size_t at = 0; at < dimension; ++at) {
            gradient[at] += length_slope * w[at];
            gradient[at] -= kAnchor / 2 * (anchor[at] - along * w[at] / length) / length;
        }
        if (!laplacian_penalty.empty()) {
            std::vector<float> narrow(stride), product(dimension);
            for (std::size_t at = 0; at < dimension; ++at) narrow[at] = static_cast<float>(w[at]);
            multiply_rows(laplacian_penalty, stride, narrow.data(), product.data());
            for (std::size_t at = 0; at < dimension; ++at) {
                loss += kData * w[at] * product[at];
                gradient[at] += 2 * kData * product[at];
            }
        }
        return loss;
    }
};

std::vector<double> minimise(const Problem& problem) {
    std::vector<double> w = problem.anchor;
    lbfgs_parameter_t parameters;
    lbfgs_parameter_init(&parameters);
    parameters.max_iterations = kIterations;
    const auto evaluate = [](void* instance, const double* x, double* gradient, const int n, const double) {
        const auto size = static_cast<std::size_t>(n);
        return static_cast<const Problem*>(instance)->evaluate({x, size}, {gradient, size});
    };
    // Its return code does not matter: w is the best point it reached.
    (void)lbfgs(static_cast<int>(w.size()), w.data(), nullptr, evaluate, nullptr,
                const_cast<Problem*>(&problem), &parameters);
    throw_if_stopped(problem.stop);
    return w;
}

class AnchoredFit final : public FeedbackMethod {
  public:
    explicit AnchoredFit(bool with_data) : with_data_(with_data) {}
    [[nodiscard]] std::string_view name() const override { return with_data_ ? "fit-data" : "fit"; }

    [[nodiscard]] std::unique_ptr<Ranking> rank(const Evidence& evidence,
                                                const FeedbackSpace& space) const override {
        const std::size_t dimension = space.statistics->dimension();
        const std::vector<float> anchor = !evidence.text.empty()
                                              ? std::vector<float>(evidence.text.begin(), evidence.text.end())
                                              : mean_of(evidence.positives, dimension);
        Problem problem;
        problem.dimension = dimension;
        problem.stop = space.stop;
        problem.anchor.assign(anchor.begin(), anchor.end());
        const double length = std::sqrt(dot(problem.anchor, problem.anchor));
        // No anchor: rank the photos most like the negatives last.
        if (!evidence.has_marks() || length == 0) return rank_by_text(evidence);
        for (double& value : problem.anchor) value /= length;

        std::vector<Mark> all;
        for (const auto* marks : {&evidence.positives, &evidence.negatives, &evidence.implicit_negatives})
            all.insert(all.end(), marks->begin(), marks->end());
        const double positive_weight = total_weight(evidence.positives),
                     others = total_weight(all) - positive_weight;
        const std::vector<float> mean = mean_of(all, dimension);
        // In total as many as the marks, half per class; but no implicit negative counts more than one.
        const double half = (positive_weight + others) / 2,
                     class_weight = others > 0 ? std::min(half, others) : half;
        for (std::size_t mark = 0; mark < all.size(); ++mark) {
            throw_if_stopped(space.stop);
            const bool fits = mark < evidence.positives.size();
            std::vector<double> photo(dimension);
            for (std::size_t at = 0; at < dimension; ++at)
                photo[at] = static_cast<double>(all[mark].vector[at]) - mean[at];
            problem.photos.push_back(std::move(photo));
            problem.fits.push_back(fits ? 1 : 0);
            problem.weights.push_back(all[mark].weight * class_weight / (fits ? positive_weight : others));
        }
        problem.stride = space.statistics->stride();
        if (with_data_)
            problem.laplacian_penalty =
                space.statistics->laplacian_penalty(space.view, space.threads, space.stop);
        return explain(evidence, problem, minimise(problem));
    }

  private:
    // Explains w as a sum over query text and marks. The gradient is zero at the minimum, so w is a
    // combination of the anchor, the x_i and (with data) M w. The parts along the x_i are -c_i (p_i - y_i)
    // (x_i - mean), scaled by the factor of w in that equation. The rest is the query text's part, because it
    // would remain without marks.
    static std::unique_ptr<Ranking> explain(const Evidence& evidence, const Problem& problem,
                                            const std::vector<double>& w) {
        const double square = std::max(1e-12, dot(w, w)), length = std::sqrt(square);
        const double along = dot(w, problem.anchor) / length;
        const double before =
            kLength * std::sinh(std::log(square)) * 2 / square + kAnchor / 2 * along / square;
        auto ranking = std::make_unique<LinearRanking>(problem.dimension);
        std::vector<double> rest(w.size());
        for (std::size_t at = 0; at < w.size(); ++at) rest[at] = w[at] / length;
        const auto narrow = [](const std::vector<double>& values) {
            return std::vector<float>(values.begin(), values.end());
        };
        std::vector<double> implicit_negatives(w.size());
        for (std::size_t mark = 0; mark < problem.photos.size(); ++mark) {
            throw_if_stopped(problem.stop);
            const double z = dot(w, problem.photos[mark]);
            double pull = -problem.weights[mark] * (1 / (1 + std::exp(-z)) - problem.fits[mark]);
            pull /= length * std::max(std::abs(before), kAnchor / 2);
            for (std::size_t at = 0; at < w.size(); ++at) rest[at] -= pull * problem.photos[mark][at];
            if (mark < evidence.positives.size()) {
                ranking->add({Source::Kind::kPositive, mark}, narrow(problem.photos[mark]), pull);
            } else if (mark < evidence.positives.size() + evidence.negatives.size()) {
                ranking->add({Source::Kind::kNegative, mark - evidence.positives.size()},
                             narrow(problem.photos[mark]), pull);
            } else {
                for (std::size_t at = 0; at < w.size(); ++at)
                    implicit_negatives[at] += pull * problem.photos[mark][at];
            }
        }
        if (!evidence.implicit_negatives.empty())
            ranking->add({Source::Kind::kImplicitNegative, 0}, narrow(implicit_negatives), 1);
        ranking->add({evidence.text.empty() ? Source::Kind::kLibrary : Source::Kind::kText, 0}, narrow(rest),
                     1);
        return ranking;
    }

    const bool with_data_;
};

}  // namespace

std::unique_ptr<FeedbackMethod> make_anchored_fit() {
    return std::make_unique<AnchoredFit>(false);
}

std::unique_ptr<FeedbackMethod> make_anchored_fit_with_data() {
    return std::make_unique<AnchoredFit>(true);
}

}  // namespace hone
