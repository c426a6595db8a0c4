// SPDX-License-Identifier: GPL-3.0-or-later
// Fifth step of a search: scores become probabilities, text matches rise, and what must not be shown goes.
#include <algorithm>

#include "search/chain.hpp"
#include "search/text_match.hpp"

namespace hone {

namespace {

// Converts the calibration of the content's scores to the scores with facets: the same in standard
// deviations.
LogisticCalibration carry_over(const LogisticCalibration& calibration, const ScoreMoments& from,
                               const ScoreMoments& to) {
    const double threshold = (calibration.threshold - from.mean) / from.deviation;
    return {to.mean + threshold * to.deviation, calibration.slope * from.deviation / to.deviation};
}

// Whether an available photo has at least this score.
bool any_reaches(const SearchedLibrary& library, std::span<const float> scores, double score) {
    bool any = false;
    library.content.for_each([&](std::size_t row, PhotoNumber photo) {
        any = any || (scores[row] >= score && library.photos->is_available(photo));
    });
    return any;
}

// The calibration by query text alone, in the content's scores. by_text: the content's scores by query text.
// scores: as ranked.
std::optional<LogisticCalibration> calibration_by_text(const SearchedLibrary& library,
                                                       const Question& question, const ContentScores& content,
                                                       std::span<const float> by_text,
                                                       std::span<const float> scores) {
    if (const auto& manifest = library.calibration) {
        const bool some_match = !content.evidence.positives.empty() || !manifest->sure ||
                                any_reaches(library, by_text, *manifest->sure);
        return calibration_of_manifest(*manifest, some_match);
    }
    if (!library.vocabulary) return std::nullopt;
    return calibration_from_vocabulary(*library.vocabulary, question.text, library.content, scores,
                                       library.threads);
}

struct Chosen {
    LogisticCalibration calibration;
    Calibration kind;
};

Chosen choose_calibration(const SearchedLibrary& library, const Question& question,
                          const ContentScores& content, const FacetedScores& faceted,
                          const std::stop_token& stop) {
    const ScoreMoments moments = moments_of(faceted.scores);
    const bool text = question.query.has_text() && faceted.content_weight > 0;
    const auto in_scores = [&](const LogisticCalibration& calibration) {
        return faceted.content_only() ? calibration : carry_over(calibration, content.moments, moments);
    };
    if (content.evidence.has_marks() && !content.text_wins) {
        if (faceted.content_weight > 0) {
            if (const auto by_marks = calibration_from_marks(*question.method, content.evidence,
                                                             feedback_space(library, stop), content.moments))
                return {in_scores(*by_marks), Calibration::kMarks};
        }
        throw_if_stopped(stop);
        // These marks do not show where the list ends: as many photos are likely as by the query text.
        if (text) {
            if (const auto by_text = calibration_by_text(library, question, content, content.scores_by_text,
                                                         content.scores_by_text)) {
                const auto likely = static_cast<std::size_t>(std::ranges::count_if(
                    content.scores_by_text, [&](float score) { return score >= by_text->threshold; }));
                return {calibration_keeping(likely, faceted.scores, moments), Calibration::kText};
            }
        }
    } else if (text) {
        if (const auto by_text =
                calibration_by_text(library, question, content, content.scores, faceted.scores))
            return {in_scores(*by_text), Calibration::kText};
    }
    return {calibration_of_moments(moments), Calibration::kDeviation};
}

}  // namespace

double bonus_of(const Question& question, const CalibratedScores& calibrated, PhotoNumber photo,
                double score) {
    return has(question.holds_text, photo) ? text_bonus(calibrated.calibration, score) : 0;
}

CalibratedScores calibrate(const SearchedLibrary& library, const Question& question, const Gathered& gathered,
                           const ContentScores& content, const FacetedScores& faceted,
                           const std::stop_token& stop) {
    throw_if_stopped(stop);
    const Chosen chosen = choose_calibration(library, question, content, faceted, stop);
    throw_if_stopped(stop);
    CalibratedScores calibrated{chosen.calibration, chosen.kind, faceted.scores};
    bool any_likely = false;
    library.content.for_each([&](std::size_t row, PhotoNumber photo) {
        float& score = calibrated.scores[row];
        if (!library.photos->is_available(photo)) {
            score = kHidden;
            return;
        }
        score += static_cast<float>(bonus_of(question, calibrated, photo, score));
        any_likely = any_likely || score >= calibrated.calibration.threshold;
        if (!has(gathered.may_show, photo)) score = kHidden;
    });
    calibrated.nothing_fits = !any_likely;
    return calibrated;
}

}  // namespace hone
