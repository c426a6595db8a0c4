// SPDX-License-Identifier: GPL-3.0-or-later
// The original's exact rule: (query text + mean of the positives) / 2. Without a text: the mean of the
// positives; without marks: the text. Negatives do not move the query vector; they are only hidden.
#include "search/feedback/method.hpp"

namespace hone {

namespace {

class Average final : public FeedbackMethod {
  public:
    [[nodiscard]] std::string_view name() const override { return "average"; }
    [[nodiscard]] std::unique_ptr<Ranking> rank(const Evidence& evidence,
                                                const FeedbackSpace&) const override {
        if (evidence.text.empty() || evidence.positives.empty()) return rank_by_text(evidence);
        auto ranking = std::make_unique<LinearRanking>(evidence.text.size());
        ranking->add({Source::Kind::kText, 0}, evidence.text, 0.5);
        add_mean(*ranking, Source::Kind::kPositive, evidence.positives, 0.5);
        return ranking;
    }
};

}  // namespace

std::unique_ptr<FeedbackMethod> make_average() {
    return std::make_unique<Average>();
}

}  // namespace hone
