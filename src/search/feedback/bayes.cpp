// SPDX-License-Identifier: GPL-3.0-or-later
// "The one picture I remember": the probability of each photo to be the target, after PicHunter (Cox et al.
// 2000) and SOMHunter (Kratochvil et al. 2020). A user who looks for photo i marks l rather than the other
// shown photos o with probability
//
//     e^(-d(i,l)/s) / (e^(-d(i,l)/s) + sum_o e^(-d(i,o)/s)),     d = 1 - cos, s = 0.1
//
// with at most kOthers others: the explicit negatives first, then the latest implicit ones. The score is the
// log of the product over the positives, plus kTextScale x query text . x as the log of the prior. Without a
// positive, each photo shown counts against its neighbourhood: factor 1 - e^(-d/s), at least kFloor.
#include <algorithm>
#include <cmath>

#include "search/feedback/method.hpp"

namespace hone {

namespace {

constexpr double kReach = 0.1, kTextScale = 30, kFloor = 1e-3;
constexpr std::size_t kOthers = 64;

class BayesRanking final : public Ranking {
  public:
    explicit BayesRanking(const Evidence& evidence) {
        text_.assign(evidence.text.begin(), evidence.text.end());
        for (const Mark& mark : evidence.positives) add(positives_, mark);
        for (const Mark& mark : evidence.negatives) {
            if (others_.size() < kOthers) add(others_, mark);
        }
        negative_count_ = others_.size();
        for (auto mark = evidence.implicit_negatives.rbegin();
             mark != evidence.implicit_negatives.rend() && others_.size() < kOthers; ++mark)
            add(others_, *mark);
    }

    [[nodiscard]] std::vector<float> scores(const SpaceView& view, unsigned threads,
                                            const std::stop_token& stop) const override {
        // One scan per mark; two values per row suffice.
        std::vector<float> score(view.size()), crowd(view.size());
        if (!text_.empty()) {
            score = view.scores(text_, threads, stop);
            for (float& value : score) value *= static_cast<float>(kTextScale);
        }
        for (const Vector& other : others_) {
            const std::vector<float> cosines = view.scores(other.values, threads, stop);
            for (std::size_t row = 0; row < crowd.size(); ++row) {
                if (positives_.empty())
                    score[row] += static_cast<float>(against(other, cosines[row]));
                else
                    crowd[row] += static_cast<float>(other.weight * near(cosines[row]));
            }
        }
        for (const Vector& positive : positives_) {
            const std::vector<float> cosines = view.scores(positive.values, threads, stop);
            for (std::size_t row = 0; row < crowd.size(); ++row)
                score[row] += static_cast<float>(in_favour(positive, cosines[row], crowd[row]));
        }
        return score;
    }

    using Ranking::score;
    [[nodiscard]] double score(std::span<const float> x) const override {
        double sum = 0;
        for (const Share& share : shares_of(x)) sum += share.value;
        return sum;
    }

    [[nodiscard]] std::vector<Share> shares(const SpaceView& view, std::size_t row) const override {
        return shares_of(view.values(row));
    }

  private:
    [[nodiscard]] std::vector<Share> shares_of(std::span<const float> x) const {
        std::vector<Share> shares;
        if (!text_.empty())
            shares.push_back({{Source::Kind::kText, 0}, kTextScale * inner_product(text_, x)});
        double crowd = 0, implicit_negatives = 0;
        for (std::size_t at = 0; at < others_.size(); ++at) {
            const double cosine = inner_product(others_[at].values, x);
            crowd += others_[at].weight * near(cosine);
            if (!positives_.empty()) continue;
            if (at < negative_count_)
                shares.push_back({{Source::Kind::kNegative, at}, against(others_[at], cosine)});
            else
                implicit_negatives += against(others_[at], cosine);
        }
        if (implicit_negatives != 0)
            shares.push_back({{Source::Kind::kImplicitNegative, 0}, implicit_negatives});
        for (std::size_t at = 0; at < positives_.size(); ++at) {
            const double cosine = inner_product(positives_[at].values, x);
            shares.push_back({{Source::Kind::kPositive, at}, in_favour(positives_[at], cosine, crowd)});
        }
        return shares;
    }

    struct Vector {
        std::vector<float> values;
        double weight = 1;
    };
    static void add(std::vector<Vector>& vectors, const Mark& mark) {
        vectors.push_back({{mark.vector.begin(), mark.vector.end()}, mark.weight});
    }
    static double near(double cosine) { return std::exp(-(1 - cosine) / kReach); }
    static double against(const Vector& other, double cosine) {
        return other.weight * std::log(std::max(kFloor, 1 - near(cosine)));
    }
    static double in_favour(const Vector& positive, double cosine, double crowd) {
        const double own = near(cosine);
        return positive.weight * std::log(std::max(kFloor, own / (own + crowd + 1e-12)));
    }

    std::vector<float> text_;
    std::vector<Vector> positives_, others_;
    std::size_t negative_count_ = 0;  // number of explicit negatives, at the front of others_
};

class Bayes final : public FeedbackMethod {
  public:
    [[nodiscard]] std::string_view name() const override { return "bayes"; }
    [[nodiscard]] std::unique_ptr<Ranking> rank(const Evidence& evidence,
                                                const FeedbackSpace&) const override {
        if (!evidence.has_marks()) return rank_by_text(evidence);
        return std::make_unique<BayesRanking>(evidence);
    }
};

}  // namespace

std::unique_ptr<FeedbackMethod> make_bayes() {
    return std::make_unique<Bayes>();
}

}  // namespace hone
