// SPDX-License-Identifier: GPL-3.0-or-later
// The query text alone, whatever is marked: the baseline for every other method.
#include "search/feedback/method.hpp"

namespace hone {

namespace {

class TextOnly final : public FeedbackMethod {
  public:
    [[nodiscard]] std::string_view name() const override { return "text"; }
    [[nodiscard]] std::unique_ptr<Ranking> rank(const Evidence& evidence,
                                                const FeedbackSpace&) const override {
        return rank_by_text(evidence);
    }
};

}  // namespace

std::unique_ptr<FeedbackMethod> make_text_only() {
    return std::make_unique<TextOnly>();
}

}  // namespace hone
