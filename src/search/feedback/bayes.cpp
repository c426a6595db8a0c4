// "The one picture I remember": how probable each photo is to be it, after PicHunter (Cox et al. 2000) and
// SOMHunter (Kratochvil et al. 2020). A person who looks for photo i likes l rather than the others shown, o,
// with probability
//
//     e^(-d(i,l)/s) / (e^(-d(i,l)/s) + sum_o e^(-d(i,o)/s)),     d = 1 - cos, s = 0.1
//
// with at most kOthers others: the unliked ones first, then those passed over last. The log of the product
// over the liked, and kWordsScale x words . x as the log of the prior, is the score. Without a like, each
// photo shown counts against what is near it: factor 1 - e^(-d/s), at least kFloor.
#include <algorithm>
#include <cmath>

#include "search/feedback/method.hpp"

namespace hone {

namespace {

constexpr double kReach = 0.1, kWordsScale = 30, kFloor = 1e-3;
constexpr std::size_t kOthers = 64;

class BayesRanking final : public Ranking {
  public:
    explicit BayesRanking(const Evidence& evidence) {
        words_.assign(evidence.words.begin(), evidence.words.end());
        for (const Mark& mark : evidence.liked) add(liked_, mark);
        for (const Mark& mark : evidence.unliked) {
            if (others_.size() < kOthers) add(others_, mark);
        }
        unliked_ = others_.size();
        for (auto mark = evidence.passed.rbegin(); mark != evidence.passed.rend() && others_.size() < kOthers;
             ++mark)
            add(others_, *mark);
    }

    [[nodiscard]] std::vector<float> scores(const SpaceView& view, unsigned threads) const override {
        // One scan a mark; what a row gathers is kept in two numbers.
        std::vector<float> score(view.size()), crowd(view.size());
        if (!words_.empty()) {
            score = view.scores(words_, threads);
            for (float& value : score) value *= static_cast<float>(kWordsScale);
        }
        for (const Vector& other : others_) {
            const std::vector<float> cosines = view.scores(other.values, threads);
            for (std::size_t row = 0; row < crowd.size(); ++row) {
                if (liked_.empty())
                    score[row] += static_cast<float>(against(other, cosines[row]));
                else
                    crowd[row] += static_cast<float>(other.weight * near(cosines[row]));
            }
        }
        for (const Vector& liked : liked_) {
            const std::vector<float> cosines = view.scores(liked.values, threads);
            for (std::size_t row = 0; row < crowd.size(); ++row)
                score[row] += static_cast<float>(in_favour(liked, cosines[row], crowd[row]));
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
        if (!words_.empty())
            shares.push_back({{Source::Kind::kWords, 0}, kWordsScale * inner_product(words_, x)});
        double crowd = 0, passed = 0;
        for (std::size_t at = 0; at < others_.size(); ++at) {
            const double cosine = inner_product(others_[at].values, x);
            crowd += others_[at].weight * near(cosine);
            if (!liked_.empty()) continue;
            if (at < unliked_)
                shares.push_back({{Source::Kind::kUnliked, at}, against(others_[at], cosine)});
            else
                passed += against(others_[at], cosine);
        }
        if (passed != 0) shares.push_back({{Source::Kind::kPassed, 0}, passed});
        for (std::size_t at = 0; at < liked_.size(); ++at) {
            const double cosine = inner_product(liked_[at].values, x);
            shares.push_back({{Source::Kind::kLiked, at}, in_favour(liked_[at], cosine, crowd)});
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
    static double in_favour(const Vector& liked, double cosine, double crowd) {
        const double own = near(cosine);
        return liked.weight * std::log(std::max(kFloor, own / (own + crowd + 1e-12)));
    }

    std::vector<float> words_;
    std::vector<Vector> liked_, others_;
    std::size_t unliked_ = 0;  // of others_, at its front
};

class Bayes final : public FeedbackMethod {
  public:
    [[nodiscard]] std::string_view name() const override { return "bayes"; }
    [[nodiscard]] std::unique_ptr<Ranking> rank(const Evidence& evidence,
                                                const FeedbackSpace&) const override {
        if (!evidence.has_marks()) return rank_by_words(evidence);
        return std::make_unique<BayesRanking>(evidence);
    }
};

}  // namespace

std::unique_ptr<FeedbackMethod> make_bayes() {
    return std::make_unique<Bayes>();
}

}  // namespace hone
