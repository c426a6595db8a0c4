// SPDX-License-Identifier: GPL-3.0-or-later
// Last step of a search: the facts about the photos of the page, why they are there, and the totals.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>

#include "search/chain.hpp"

namespace hone {

namespace {

// Fills the page's totals, cuts and histogram.
void count_scores(const CalibratedScores& calibrated, SearchPage& page) {
    page.likely_cut = calibrated.calibration.score_at(kLikely);
    page.possible_cut = calibrated.calibration.score_at(kPossible);
    float low = std::numeric_limits<float>::infinity(), high = kHidden;
    for (const float score : calibrated.scores) {
        if (score == kHidden) continue;
        ++page.total;
        low = std::min(low, score);
        high = std::max(high, score);
        if (score >= page.likely_cut)
            ++page.likely;
        else if (score >= page.possible_cut)
            ++page.possible;
    }
    if (page.total == 0) return;
    auto& counts = page.histogram.counts;
    page.histogram.from = low;
    page.histogram.to = high;
    const float bins = static_cast<float>(counts.size()) / std::max(1e-9F, high - low);
    for (const float score : calibrated.scores) {
        if (score != kHidden)
            ++counts[std::min(counts.size() - 1, static_cast<std::size_t>((score - low) * bins))];
    }
}

std::string name_of(const Question& question, const Gathered& gathered, const Source& source) {
    switch (source.kind) {
        case Source::Kind::kText:
            return question.from_is_text ? question.from->name : "text";
        case Source::Kind::kPositive:
            return question.positives[gathered.positive_index[source.mark]].name;
        case Source::Kind::kNegative:
            return question.negatives[gathered.negative_index[source.mark]].name;
        case Source::Kind::kImplicitNegative:
            return "seen";
        case Source::Kind::kLibrary:
            break;
    }
    return "library";
}

void add_facet_reasons(const Question& question, const Gathered& gathered, const ActiveFacet& facet,
                       double deviation, PhotoNumber photo, std::vector<Reason>& reasons) {
    const double unit = deviation * facet.weight, value = unit * facet.scores.of(photo);
    const std::string name(facet_name(facet.facet));
    if (!facet.style_term.empty()) {
        reasons.push_back({name, value, "style:" + facet.style_term});
        return;
    }
    if (value == 0) return;
    const std::vector<Share> shares = facet.scores.shares(photo);
    double sum = 0;
    for (const Share& share : shares) sum += unit * share.value;
    // Scores are clamped at kMostDeviations; the excess belongs to no source.
    const double kept = std::abs(sum) > std::abs(value) && sum * value > 0 ? value / sum : 1;
    for (const Share& share : shares)
        reasons.push_back({name, unit * share.value * kept, name_of(question, gathered, share.source)});
    const double rest = value - sum * kept;
    if (std::abs(rest) > 1e-9) reasons.push_back({name, rest, "library"});
}

// Nobody reads hundreds of shares, and with many marks they would be most of the answer.
std::vector<Reason> strongest(std::vector<Reason> reasons) {
    constexpr std::size_t kMost = SearchHit::kListedReasons;
    if (reasons.size() <= kMost) return reasons;
    std::vector<double> strengths;
    for (const Reason& reason : reasons) strengths.push_back(std::abs(reason.weight));
    std::ranges::nth_element(strengths, strengths.begin() + kMost, std::greater());
    const double least = strengths[kMost];
    // As many of equal strength as there is room for.
    auto equal = static_cast<std::ptrdiff_t>(kMost) -
                 std::ranges::count_if(strengths, [&](double strength) { return strength > least; });
    std::vector<Reason> listed;
    std::map<std::string, double> others;  // by facet
    for (Reason& reason : reasons) {
        const double strength = std::abs(reason.weight);
        if (strength > least || (strength == least && equal-- > 0))
            listed.push_back(std::move(reason));
        else
            others[reason.facet] += reason.weight;
    }
    for (const auto& [facet, weight] : others) listed.push_back({facet, weight, "others"});
    return listed;
}

std::vector<Reason> reasons_of(const SearchedLibrary& library, const Question& question,
                               const Gathered& gathered, const ContentScores& content,
                               const FacetedScores& faceted, const CalibratedScores& calibrated,
                               std::size_t row) {
    std::vector<Reason> reasons;
    const PhotoNumber photo = library.content.label(row);
    for (const Share& share : content.ranking->shares(library.content, row)) {
        if (faceted.content_weight > 0)
            reasons.push_back(
                {"content", faceted.content_weight * share.value, name_of(question, gathered, share.source)});
    }
    for (const ActiveFacet& facet : faceted.facets)
        add_facet_reasons(question, gathered, facet, content.moments.deviation, photo, reasons);
    if (has(question.holds_text, photo)) {
        const double score = exact_score(library, content, faceted, row);
        reasons.push_back({"text_index", bonus_of(question, calibrated, photo, score), "text"});
    }
    return strongest(std::move(reasons));
}

// Computes the text ranks of the whole page in one pass over the scores.
void set_text_ranks(const SearchedLibrary& library, const Question& question, const ContentScores& content,
                    SearchPage& page) {
    const std::vector<float>& scores = content.scores_by_text;
    if (scores.empty() || page.hits.empty()) return;
    std::vector<std::pair<float, SearchHit*>> hits;
    for (SearchHit& hit : page.hits) {
        if (const auto row = library.content.find(hit.photo.number)) hits.emplace_back(scores[*row], &hit);
    }
    std::ranges::sort(hits, std::less{}, &std::pair<float, SearchHit*>::first);
    std::vector<std::uint64_t> above(hits.size() + 1);  // above[n]: rows above exactly the first n hits
    library.content.for_each([&](std::size_t row, PhotoNumber photo) {
        if (has(question.passes, photo))
            ++above[static_cast<std::size_t>(std::ranges::lower_bound(hits, scores[row], std::less{},
                                                                      &std::pair<float, SearchHit*>::first) -
                                             hits.begin())];
    });
    std::uint64_t number = 1;
    for (std::size_t at = hits.size(); at-- > 0;) {
        number += above[at + 1];
        hits[at].second->text_rank = number;
    }
}

}  // namespace

Result<std::vector<SearchHit>> hits_of(PhotoLookup& lookup, std::span<const PhotoNumber> photos,
                                       const std::stop_token& stop) {
    HONE_TRY(std::vector<ListedPhoto> listed, lookup.list(photos, stop));
    std::vector<SearchHit> hits(photos.size());
    for (std::size_t at = 0; at < photos.size(); ++at) {
        if (at >= listed.size() || listed[at].photo.number != photos[at])
            return fail("the photo {} is in the vector file but not in the catalogue; run `hone doctor`",
                        photos[at]);
        hits[at].photo = std::move(listed[at].photo);
        hits[at].listing = std::move(listed[at].listing);
    }
    return hits;
}

Result<SearchPage> fill(const SearchedLibrary& library, PhotoLookup& lookup, const Question& question,
                        const Gathered& gathered, const ContentScores& content, const FacetedScores& faceted,
                        const CalibratedScores& calibrated, const Cards& cards, const std::stop_token& stop) {
    throw_if_stopped(stop);
    SearchPage page;
    page.query = question.query;
    page.model = library.model;
    page.nothing_fits = calibrated.nothing_fits;
    page.text_wins = content.text_wins;
    page.explores = cards.explores;
    page.end = cards.end;
    page.calibration = calibrated.kind;
    page.facets = faceted.states;
    page.style_terms = faceted.style_terms;
    count_scores(calibrated, page);
    throw_if_stopped(stop);

    // The photos of the page and the listed members of their groups, in one statement.
    std::vector<PhotoNumber> photos;
    for (const Card& card : cards.cards) photos.push_back(library.content.label(card.row));
    std::vector<std::size_t> grouped(cards.cards.size()), listed(cards.cards.size());
    for (std::size_t at = 0; at < cards.cards.size(); ++at) {
        if (cards.cards[at].group == PhotoGroups::kNone) continue;
        for (const PhotoNumber other : library.photos->groups().members(cards.cards[at].group)) {
            if (other == photos[at] || !has(gathered.may_show, other)) continue;
            if (++grouped[at] > SearchHit::kListedMembers) continue;
            ++listed[at];
            photos.push_back(other);
        }
    }
    HONE_TRY(std::vector<SearchHit> facts, hits_of(lookup, photos, stop));
    std::size_t member = cards.cards.size();
    for (std::size_t at = 0; at < cards.cards.size(); ++at) {
        throw_if_stopped(stop);
        const Card& card = cards.cards[at];
        SearchHit& hit = facts[at];
        hit.score = card.score;
        hit.probability = calibrated.calibration.probability(hit.score);
        hit.explores = card.explores;
        hit.reasons = reasons_of(library, question, gathered, content, faceted, calibrated, card.row);
        hit.grouped = grouped[at];
        for (std::size_t other = 0; other < listed[at]; ++other, ++member)
            hit.group.emplace_back(std::move(facts[member].photo), std::move(facts[member].listing));
        page.hits.push_back(std::move(hit));
    }
    throw_if_stopped(stop);
    set_text_ranks(library, question, content, page);
    return page;
}

}  // namespace hone
