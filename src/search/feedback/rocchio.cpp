// Rocchio 1971, with the weights of Manning, Raghavan, Schuetze, "Introduction to Information Retrieval"
// (2008), section 9.1.1: words + 0.75 mean of the liked - 0.15 mean of the unliked.
#include "search/feedback/method.hpp"

namespace hone {

namespace {

constexpr float kWords = 1.0F, kLiked = 0.75F, kUnliked = 0.15F;

class Rocchio final : public FeedbackMethod {
  public:
    [[nodiscard]] std::string_view name() const override { return "rocchio"; }
    [[nodiscard]] FeedbackQuery combine(const Evidence& evidence) const override {
        const auto share = [](float weight, std::size_t count) {
            return count == 0 ? 0 : weight / static_cast<float>(count);
        };
        return weigh(evidence, evidence.words.empty() ? 0 : kWords, share(kLiked, evidence.liked.size()),
                     -share(kUnliked, evidence.unliked.size()));
    }
};

}  // namespace

std::unique_ptr<FeedbackMethod> make_rocchio() {
    return std::make_unique<Rocchio>();
}

}  // namespace hone
