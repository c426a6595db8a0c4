// SPDX-License-Identifier: GPL-3.0-or-later
// Label propagation on a neighbour graph: matches spread to nearby photos, so a target of two kinds is found
// too.
//
//     f <- (W f + lambda p) / (W 1 + lambda),     f = 1 at positives, 0 at explicit and implicit negatives
//
// p: the query text's score as a probability, sigmoid(kSteepness (z - kUnusual)), z in standard deviations of
// the library. W: the kNeighbours nearest in the whitened space, weight e^((cos - 1) / kReach), symmetric.
// (Zhu, Ghahramani 2002; the anchor p as in SeeSaw, arXiv 2208.06497.) The graph contains the kPool best
// photos by Rocchio's rule and the marked ones, so the cost of a round does not grow with the library; the
// score of a photo outside the graph is p.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>

#include "base/parallel.hpp"
#include "base/stop.hpp"

#include "search/feedback/method.hpp"

namespace hone {

namespace {

constexpr std::size_t kPool = 2000, kNeighbours = 15;
constexpr double kReach = 0.2, kLambda = 1, kSteepness = 1.5, kUnusual = 2.5;
constexpr int kIterations = 20;

class Prior {
  public:
    Prior(std::span<const float> text, const SpaceStatistics& statistics) : text_(text.begin(), text.end()) {
        if (text_.empty()) return;
        mean_ = statistics.mean(text_);
        standard_deviation_ = statistics.standard_deviation(text_);
    }
    [[nodiscard]] const std::vector<float>& text() const { return text_; }
    [[nodiscard]] double probability(double score) const {
        return text_.empty()
                   ? 0
                   : 1 / (1 + std::exp(-kSteepness * ((score - mean_) / standard_deviation_ - kUnusual)));
    }

  private:
    std::vector<float> text_;
    double mean_ = 0, standard_deviation_ = 1;
};

// The parts of the score of a photo in the graph.
struct Node {
    std::vector<Share> shares;
    double score = 0;
};

class PropagatedRanking final : public Ranking {
  public:
    PropagatedRanking(Prior prior, std::unordered_map<std::size_t, Node> nodes)
        : prior_(std::move(prior)), nodes_(std::move(nodes)) {}

    [[nodiscard]] std::vector<float> scores(const SpaceView& view, unsigned threads,
                                            const std::stop_token& stop) const override {
        std::vector<float> scores(view.size());
        if (!prior_.text().empty()) scores = view.scores(prior_.text(), threads, stop);
        for (float& score : scores) score = static_cast<float>(prior_.probability(score));
        for (const auto& [row, node] : nodes_) {
            if (row < scores.size()) scores[row] = static_cast<float>(node.score);
        }
        return scores;
    }
    [[nodiscard]] double score(const SpaceView& view, std::size_t row) const override {
        const auto node = nodes_.find(row);
        return node != nodes_.end() ? node->second.score : score(view.values(row));
    }
    [[nodiscard]] double score(std::span<const float> x) const override {
        return prior_.text().empty() ? 0 : prior_.probability(inner_product(prior_.text(), x));
    }
    [[nodiscard]] std::vector<Share> shares(const SpaceView& view, std::size_t row) const override {
        if (const auto node = nodes_.find(row); node != nodes_.end()) return node->second.shares;
        return {{{Source::Kind::kText, 0}, score(view, row)}};
    }

  private:
    Prior prior_;
    std::unordered_map<std::size_t, Node> nodes_;
};

// The photos of the graph: the marks first, in the order of the evidence, then rows of the view.
struct Graph {
    std::size_t marks = 0;
    std::vector<std::size_t> rows;  // of the photos after the marks
    std::vector<std::vector<std::pair<std::size_t, double>>> edges;
    [[nodiscard]] std::size_t size() const { return marks + rows.size(); }
};

Graph make_graph(std::span<const Mark> marks, const FeedbackSpace& space, std::span<const float> scores) {
    Graph graph;
    graph.marks = marks.size();
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const std::size_t kept = std::min(kPool, order.size());
    std::ranges::partial_sort(
        order, order.begin() + static_cast<std::ptrdiff_t>(kept),
        [&](std::size_t a, std::size_t b) { return std::pair(-scores[a], a) < std::pair(-scores[b], b); });
    order.resize(kept);
    graph.rows = std::move(order);

    const std::size_t stride = space.statistics->stride(), count = graph.size();
    std::vector<float> vectors(count * stride);
    for (std::size_t at = 0; at < count; ++at) {
        throw_if_stopped(space.stop);
        space.statistics->whiten(
            at < marks.size() ? marks[at].vector : space.view.values(graph.rows[at - marks.size()]),
            vectors.data() + at * stride);
    }
    std::vector<std::vector<std::pair<std::size_t, double>>> nearest(count);
    const auto work = [&](std::size_t first, std::size_t last) {
        std::vector<float> cosines(count);
        std::vector<std::size_t> neighbours(count);
        for (std::size_t at = first; at < last; ++at) {
            throw_if_stopped(space.stop);
            multiply_rows(vectors, stride, vectors.data() + at * stride, cosines.data());
            cosines[at] = -2;
            std::iota(neighbours.begin(), neighbours.end(), std::size_t{0});
            const std::size_t few = std::min(kNeighbours, count - 1);
            std::ranges::partial_sort(neighbours, neighbours.begin() + static_cast<std::ptrdiff_t>(few),
                                      [&](std::size_t a, std::size_t b) {
                                          return std::pair(-cosines[a], a) < std::pair(-cosines[b], b);
                                      });
            for (std::size_t neighbour = 0; neighbour < few; ++neighbour)
                nearest[at].emplace_back(neighbours[neighbour],
                                         std::exp((cosines[neighbours[neighbour]] - 1) / kReach));
        }
    };
    in_parallel(count, space.threads, work);
    graph.edges.resize(count);
    for (std::size_t at = 0; at < count; ++at) {
        for (const auto& [other, weight] : nearest[at]) {
            graph.edges[at].emplace_back(other, weight / 2);
            graph.edges[other].emplace_back(at, weight / 2);
        }
    }
    return graph;
}

// clamped: value per node; NaN where the value is free.
std::vector<double> propagate(const Graph& graph, std::span<const double> prior,
                              std::span<const double> clamped) {
    std::vector<double> values(prior.begin(), prior.end()), next(values.size());
    for (int iteration = 0; iteration <= kIterations; ++iteration) {
        for (std::size_t at = 0; at < values.size(); ++at) {
            if (!std::isnan(clamped[at])) {
                next[at] = clamped[at];
                continue;
            }
            double sum = kLambda * prior[at], weights = kLambda;
            for (const auto& [other, weight] : graph.edges[at]) {
                sum += weight * values[other];
                weights += weight;
            }
            next[at] = sum / weights;
        }
        std::swap(values, next);
    }
    return values;
}

class Propagation final : public FeedbackMethod {
  public:
    [[nodiscard]] std::string_view name() const override { return "propagate"; }

    [[nodiscard]] std::unique_ptr<Ranking> rank(const Evidence& all_evidence,
                                                const FeedbackSpace& space) const override {
        if (!all_evidence.has_marks()) return rank_by_text(all_evidence);
        Evidence evidence = all_evidence;
        keep_last_implicit_negatives(evidence);
        const auto rocchio = make_rocchio()->rank(evidence, space);
        const std::vector<float> first_guess = rocchio->scores(space.view, space.threads, space.stop);
        std::vector<Mark> marks;
        for (const auto* some : {&evidence.positives, &evidence.negatives, &evidence.implicit_negatives})
            marks.insert(marks.end(), some->begin(), some->end());
        const Graph graph = make_graph(marks, space, first_guess);
        const Prior prior(evidence.text, *space.statistics);
        std::vector<double> by_text(graph.size());
        for (std::size_t at = 0; at < graph.size() && !evidence.text.empty(); ++at) {
            const auto vector =
                at < marks.size() ? marks[at].vector : space.view.values(graph.rows[at - marks.size()]);
            by_text[at] = prior.probability(inner_product(vector, evidence.text));
        }
        // f is linear in p and in the clamped values, so it splits into the query text's part, the part of
        // the negatives, and one part per positive.
        const double free = std::numeric_limits<double>::quiet_NaN();
        const std::vector<double> nothing(graph.size(), free), no_prior(graph.size(), 0);
        std::vector<double> down = nothing;
        std::fill_n(down.begin(), marks.size(), 0);
        const std::vector<double> text = propagate(graph, by_text, nothing),
                                  held = propagate(graph, by_text, down);
        std::vector<Node> nodes(graph.rows.size());
        const auto add = [&](Source source, const auto& value_of) {
            for (std::size_t at = 0; at < nodes.size(); ++at) {
                const double value = value_of(at + marks.size());
                nodes[at].score += value;
                if (value != 0) nodes[at].shares.push_back({source, value});
            }
        };
        add({Source::Kind::kText, 0}, [&](std::size_t at) { return text[at]; });
        // The marks replace p at their own nodes: they are answers now, not guesses.
        add({Source::Kind::kImplicitNegative, 0}, [&](std::size_t at) { return held[at] - text[at]; });
        for (std::size_t positive = 0; positive < evidence.positives.size(); ++positive) {
            std::vector<double> one = down;
            throw_if_stopped(space.stop);
            one[positive] = evidence.positives[positive].weight;
            const std::vector<double> part = propagate(graph, no_prior, one);
            add({Source::Kind::kPositive, positive}, [&](std::size_t at) { return part[at]; });
        }
        std::unordered_map<std::size_t, Node> by_row;
        for (std::size_t at = 0; at < nodes.size(); ++at)
            by_row.emplace(graph.rows[at], std::move(nodes[at]));
        return std::make_unique<PropagatedRanking>(prior, std::move(by_row));
    }
};

}  // namespace

std::unique_ptr<FeedbackMethod> make_propagation() {
    return std::make_unique<Propagation>();
}

}  // namespace hone
