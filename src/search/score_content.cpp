// SPDX-License-Identifier: GPL-3.0-or-later
// Third step of a search: the feedback method ranks the content vectors.
#include "search/chain.hpp"

namespace hone {

namespace {

constexpr double kTextWinsBy = 0.1;       // AUC by which marks must be worse than the query text
constexpr std::size_t kMarksToDoubt = 3;  // of each kind, before the marks are doubted

bool marks_mislead(const Question& question, const Evidence& evidence, const FeedbackSpace& space,
                   const Ranking& by_text) {
    if (question.text.empty() || evidence.positives.size() < kMarksToDoubt ||
        evidence.negatives.size() + evidence.implicit_negatives.size() < kMarksToDoubt)
        return false;
    const MarkOrder order = order_of_marks(*question.method, evidence, space, by_text);
    return order.by_marks < 0.5 && order.by_marks < order.by_text - kTextWinsBy;
}

}  // namespace

ContentScores score_content(const SearchedLibrary& library, const Question& question,
                            const Gathered& gathered, const std::stop_token& stop) {
    throw_if_stopped(stop);
    ContentScores content;
    content.evidence = gathered.evidence;
    auto by_text = rank_by_text(content.evidence);
    if (content.evidence.has_marks()) {
        const FeedbackSpace space = feedback_space(library, stop);
        content.evidence = question.method->weigh(std::move(content.evidence), space);
        content.ranking = question.method->rank(content.evidence, space);
        content.text_wins = marks_mislead(question, content.evidence, space, *by_text);
        throw_if_stopped(stop);
        if (!question.text.empty())
            content.scores_by_text = by_text->scores(library.content, library.threads, stop);
        throw_if_stopped(stop);
    }
    if (!content.ranking || content.text_wins) content.ranking = std::move(by_text);
    content.scores = content.ranking->scores(library.content, library.threads, stop);
    content.moments = moments_of(content.scores);
    return content;
}

}  // namespace hone
