// SPDX-License-Identifier: GPL-3.0-or-later
// Fourth step of a search: style, people and moment count as far as the marks agree in them.
#include <algorithm>
#include <cmath>

#include "search/chain.hpp"

namespace hone {

namespace {

constexpr double kStyleTermWeight = 0.7;  // weight of a style term in the text, relative to the content's 1
constexpr double kMomentTrust = 0.5;  // a day has many subjects, so time and place alone are weak evidence
constexpr double kLeastWeight = 0.02;

struct Candidate {
    FacetState state;
    std::optional<FacetScores> scores;
    double trust = 1;
};

double boost_of(const SearchQuery& query, Facet facet) {
    const auto found = query.facets.find(facet);
    return found == query.facets.end() ? 1.0 : found->second;
}

// why_not: why no photo has the facet; empty when some have it.
template <typename Score>
Candidate candidate(const Question& question, const Gathered& gathered, Facet facet, std::string why_not,
                    double trust, const Score& score) {
    Candidate made{{facet, why_not.empty(), std::move(why_not), 0.5, boost_of(question.query, facet), 0},
                   std::nullopt,
                   trust};
    // One positive cannot show in what the positives agree.
    const bool asked = gathered.evidence.positives.size() >= 2 || question.query.facets.contains(facet);
    if (made.state.available && asked) made.scores = score();
    if (made.scores) made.state.auc = made.scores->auc;
    return made;
}

std::vector<Candidate> candidates_of(const SearchedLibrary& library, const Question& question,
                                     const Gathered& gathered, const std::stop_token& stop) {
    const Snapshot& photos = *library.photos;
    const FacetMarks& marks = gathered.facet_marks;
    const bool has_styles = library.styles && library.styles->styles.size() > 0;
    const bool has_moments = photos.photos_with_time() + photos.photos_with_position() > 0;
    std::vector<Candidate> candidates;
    candidates.push_back(
        candidate(question, gathered, Facet::kStyle,
                  has_styles ? "" : "no photo has a style yet; index the folders again", 1,
                  [&] { return score_styles(*library.styles, marks, library.threads, stop); }));
    candidates.push_back(candidate(question, gathered, Facet::kPeople,
                                   photos.photos_with_people() > 0 ? "" : "no faces are indexed yet", 1,
                                   [&] { return score_people(photos, marks, library.threads, stop); }));
    candidates.push_back(candidate(question, gathered, Facet::kMoment,
                                   has_moments ? "" : "no photo has a time or a position", kMomentTrust,
                                   [&] { return score_captures(photos, marks, library.threads, stop); }));
    return candidates;
}

std::vector<float> sum_of(const SearchedLibrary& library, const ContentScores& content,
                          const FacetedScores& faceted) {
    std::vector<float> scores = content.scores;
    if (faceted.content_only()) return scores;
    library.content.for_each([&](std::size_t row, PhotoNumber photo) {
        double sum = faceted.content_weight * scores[row];
        for (const ActiveFacet& facet : faceted.facets)
            sum += content.moments.deviation * facet.weight * facet.scores.of(photo);
        scores[row] = static_cast<float>(sum);
    });
    return scores;
}

}  // namespace

Result<FacetedScores> weigh_facets(const SearchedLibrary& library, const Question& question,
                                   const Gathered& gathered, const ContentScores& content,
                                   const std::stop_token& stop) {
    throw_if_stopped(stop);
    const SearchQuery& query = question.query;
    FacetState state{Facet::kContent, true, "", 0.5, boost_of(query, Facet::kContent), 0};
    if (content.evidence.positives.size() >= 2)
        state.auc = leave_one_out_auc(*question.method, content.evidence, feedback_space(library, stop),
                                      background_of(library.content));
    std::vector<Candidate> candidates = candidates_of(library, question, gathered, stop);

    // The facet with the best separation sets the measure. The content keeps the weight that the marks do not
    // claim. Another facet counts by the square of its ratio, so one that separates half as well adds a
    // quarter.
    const double positive_weight = total_weight(content.evidence.positives);
    const double trust = content.evidence.positives.size() < 2 ? 0 : positive_weight / (positive_weight + 2);
    double best = logit(state.auc);
    for (const Candidate& other : candidates) best = std::max(best, logit(other.state.auc));
    const auto share = [&](double auc) { return best > 0 ? logit(auc) / best : 0; };
    FacetedScores faceted;
    faceted.content_weight = state.boost * (1 - trust + trust * (best > 0 ? share(state.auc) : 1));
    double total = faceted.content_weight;
    for (Candidate& other : candidates) {
        if (!other.scores) continue;
        // A boosted facet counts even when the marks say nothing about it.
        const bool boosted = query.facets.contains(other.state.facet);
        const double taught = trust * other.trust * std::pow(share(other.state.auc), 2);
        const double weight = other.state.boost * (boosted ? std::max(taught, 0.5) : taught);
        if (weight < kLeastWeight) continue;
        other.state.weight = weight;
        total += weight;
        faceted.facets.push_back({other.state.facet, std::move(*other.scores), weight, ""});
    }
    for (const UnderstoodPart& part : question.parts) {
        throw_if_stopped(stop);
        faceted.style_terms.push_back({part.style_term->name, part.used});
        if (!part.used || library.styles->terms.size() == 0) continue;
        const double weight =
            kStyleTermWeight * (query.facets.contains(Facet::kStyle) ? boost_of(query, Facet::kStyle) : 1);
        faceted.facets.push_back({Facet::kStyle,
                                  score_style_term(*library.styles, *part.style_term, library.threads, stop),
                                  weight, part.style_term->name});
        total += weight;
        std::ranges::find(candidates, Facet::kStyle, [](const Candidate& one) {
            return one.state.facet;
        })->state.weight += weight;
    }
    if (total <= 0)
        return fail(ErrorKind::kUsage, "every facet that could rank these photos is off; switch one on");
    state.weight = faceted.content_weight / total;
    faceted.states.push_back(state);
    for (Candidate& other : candidates) {
        other.state.weight /= total;
        faceted.states.push_back(other.state);
    }
    throw_if_stopped(stop);
    faceted.scores = sum_of(library, content, faceted);
    return faceted;
}

double exact_score(const SearchedLibrary& library, const ContentScores& content, const FacetedScores& faceted,
                   std::size_t row) {
    double sum = faceted.content_weight * content.ranking->score(library.content, row);
    for (const ActiveFacet& facet : faceted.facets)
        sum += content.moments.deviation * facet.weight * facet.scores.of(library.content.label(row));
    return sum;
}

}  // namespace hone
