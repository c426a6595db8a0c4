// SPDX-License-Identifier: GPL-3.0-or-later
// The list of methods, and the helpers that they share.
#include "search/feedback/method.hpp"

#include <algorithm>
#include <array>

namespace hone {

namespace {

const auto& all_methods() {
    static const std::array<std::unique_ptr<FeedbackMethod>, 8> methods{
        make_hone(),    make_text_only(),    make_average(),
        make_rocchio(), make_anchored_fit(), make_anchored_fit_with_data(),
        make_bayes(),   make_propagation()};
    return methods;
}

}  // namespace

std::vector<std::string_view> feedback_methods() {
    std::vector<std::string_view> names;
    for (const auto& method : all_methods()) names.push_back(method->name());
    return names;
}

Result<const FeedbackMethod*> find_feedback_method(std::string_view name) {
    for (const auto& method : all_methods()) {
        if (method->name() == name) return method.get();
    }
    return fail(ErrorKind::kUsage, "unknown method '{}'; the methods are {}", name.substr(0, 40),
                fmt::join(feedback_methods(), ", "));
}

void LinearRanking::add(Source source, std::span<const float> vector, double weight) {
    if (vector.empty() || weight == 0) return;
    Term term{source, std::vector<float>(vector.size())};
    for (std::size_t at = 0; at < vector.size(); ++at) {
        term.vector[at] = static_cast<float>(weight * vector[at]);
        direction_[at] += term.vector[at];
    }
    terms_.push_back(std::move(term));
}

std::vector<float> LinearRanking::scores(const SpaceView& view, unsigned threads,
                                         const std::stop_token& stop) const {
    return view.scores(direction_, threads, stop);
}

double LinearRanking::score(std::span<const float> x) const {
    return inner_product(direction_, x);
}

std::vector<Share> LinearRanking::shares(const SpaceView& view, std::size_t row) const {
    std::vector<Share> shares;
    for (const Term& term : terms_) {
        const double value = inner_product(term.vector, view.values(row));
        const auto known = std::ranges::find(shares, term.source, &Share::source);
        if (known == shares.end())
            shares.push_back({term.source, value});
        else
            known->value += value;
    }
    return shares;
}

double inner_product(std::span<const float> a, std::span<const float> b) {
    double sum = 0;
    for (std::size_t at = 0; at < a.size(); ++at) sum += static_cast<double>(a[at]) * b[at];
    return sum;
}

void keep_last_implicit_negatives(Evidence& evidence) {
    auto& marks = evidence.implicit_negatives;
    if (marks.size() > kLastImplicitNegatives)
        marks.erase(marks.begin(), marks.end() - static_cast<std::ptrdiff_t>(kLastImplicitNegatives));
}

double total_weight(std::span<const Mark> marks) {
    double total = 0;
    for (const Mark& mark : marks) total += mark.weight;
    return total;
}

std::vector<float> mean_of(std::span<const Mark> marks, std::size_t dimension) {
    std::vector<double> sum(dimension);
    for (const Mark& mark : marks) {
        for (std::size_t at = 0; at < dimension; ++at)
            sum[at] += static_cast<double>(mark.weight) * mark.vector[at];
    }
    const double total = std::max(1e-30, total_weight(marks));
    std::vector<float> mean(dimension);
    for (std::size_t at = 0; at < dimension; ++at) mean[at] = static_cast<float>(sum[at] / total);
    return mean;
}

void add_mean(LinearRanking& ranking, Source::Kind kind, std::span<const Mark> marks, double weight) {
    if (marks.empty()) return;
    if (kind == Source::Kind::kImplicitNegative) {
        ranking.add({kind, 0}, mean_of(marks, ranking.direction().size()), weight);
        return;
    }
    const double total = total_weight(marks);
    for (std::size_t at = 0; at < marks.size(); ++at)
        ranking.add({kind, at}, marks[at].vector, weight * marks[at].weight / total);
}

std::unique_ptr<Ranking> rank_by_text(const Evidence& evidence) {
    const auto dimension = [&] {
        if (!evidence.text.empty()) return evidence.text.size();
        for (const auto* marks : {&evidence.positives, &evidence.negatives, &evidence.implicit_negatives}) {
            if (!marks->empty()) return marks->front().vector.size();
        }
        return std::size_t{0};
    }();
    auto ranking = std::make_unique<LinearRanking>(dimension);
    if (!evidence.text.empty())
        ranking->add({Source::Kind::kText, 0}, evidence.text, 1);
    else if (!evidence.positives.empty())
        add_mean(*ranking, Source::Kind::kPositive, evidence.positives, 1);
    else if (!evidence.negatives.empty())
        add_mean(*ranking, Source::Kind::kNegative, evidence.negatives, -1);
    else
        add_mean(*ranking, Source::Kind::kImplicitNegative, evidence.implicit_negatives, -1);
    return ranking;
}

}  // namespace hone
