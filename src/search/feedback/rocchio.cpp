// Rocchio 1971: words + 0.5 mean of the liked - 0.25 mean of the unliked and passed over, always from the
// first words. The weights are those that SeeSaw (arXiv 2208.06497) measured with CLIP.
#include "search/feedback/method.hpp"

namespace hone {

namespace {

constexpr double kWords = 1, kLiked = 0.5, kUnliked = 0.25;

class Rocchio final : public FeedbackMethod {
  public:
    [[nodiscard]] std::string_view name() const override { return "rocchio"; }
    [[nodiscard]] std::unique_ptr<Ranking> rank(const Evidence& evidence,
                                                const FeedbackSpace& space) const override {
        auto ranking = std::make_unique<LinearRanking>(space.view.values(0).size());
        ranking->add({Source::Kind::kWords, 0}, evidence.words, kWords);
        add_mean(*ranking, Source::Kind::kLiked, evidence.liked, kLiked);
        // One mean over both: a passed photo is an unliked one.
        const double unliked = total_weight(evidence.unliked), passed = total_weight(evidence.passed);
        if (unliked + passed > 0) {
            add_mean(*ranking, Source::Kind::kUnliked, evidence.unliked,
                     -kUnliked * unliked / (unliked + passed));
            add_mean(*ranking, Source::Kind::kPassed, evidence.passed,
                     -kUnliked * passed / (unliked + passed));
        }
        return ranking;
    }
};

}  // namespace

std::unique_ptr<FeedbackMethod> make_rocchio() {
    return std::make_unique<Rocchio>();
}

}  // namespace hone
