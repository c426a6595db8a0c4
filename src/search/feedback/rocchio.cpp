// SPDX-License-Identifier: GPL-3.0-or-later
// Rocchio 1971: query text + 0.5 mean of the positives - 0.25 mean of the explicit and implicit negatives,
// starting from the query text in every round. SeeSaw (arXiv 2208.06497) measured these weights with CLIP.
#include "search/feedback/method.hpp"

namespace hone {

namespace {

constexpr double kText = 1, kPositive = 0.5, kNegative = 0.25;

class Rocchio final : public FeedbackMethod {
  public:
    [[nodiscard]] std::string_view name() const override { return "rocchio"; }
    [[nodiscard]] std::unique_ptr<Ranking> rank(const Evidence& evidence,
                                                const FeedbackSpace& space) const override {
        auto ranking = std::make_unique<LinearRanking>(space.view.values(0).size());
        ranking->add({Source::Kind::kText, 0}, evidence.text, kText);
        add_mean(*ranking, Source::Kind::kPositive, evidence.positives, kPositive);
        // One mean over both: an implicit negative counts like an explicit one.
        const double negatives = total_weight(evidence.negatives),
                     implicit_negatives = total_weight(evidence.implicit_negatives);
        if (negatives + implicit_negatives > 0) {
            add_mean(*ranking, Source::Kind::kNegative, evidence.negatives,
                     -kNegative * negatives / (negatives + implicit_negatives));
            add_mean(*ranking, Source::Kind::kImplicitNegative, evidence.implicit_negatives,
                     -kNegative * implicit_negatives / (negatives + implicit_negatives));
        }
        return ranking;
    }
};

}  // namespace

std::unique_ptr<FeedbackMethod> make_rocchio() {
    return std::make_unique<Rocchio>();
}

}  // namespace hone
