// The original's rule, exactly: (words + mean of the marked) / 2. Without words: the mean of the marked;
// without marks: the words. "Not this" does not move the question; such pictures are only left out.
#include "search/feedback/method.hpp"

namespace hone {

namespace {

class Average final : public FeedbackMethod {
  public:
    [[nodiscard]] std::string_view name() const override { return "average"; }
    [[nodiscard]] FeedbackQuery combine(const Evidence& evidence) const override {
        const auto marked = static_cast<float>(evidence.liked.size());
        if (evidence.liked.empty()) return weigh(evidence, 1, 0, 0);
        if (evidence.words.empty()) return weigh(evidence, 0, 1 / marked, 0);
        return weigh(evidence, 0.5F, 0.5F / marked, 0);
    }
};

}  // namespace

std::unique_ptr<FeedbackMethod> make_average() {
    return std::make_unique<Average>();
}

}  // namespace hone
