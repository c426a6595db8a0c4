// SPDX-License-Identifier: GPL-3.0-or-later
// Sixth step of a search: the best photos in their order, each group once, until the page is full.
#include <algorithm>
#include <unordered_set>

#include "search/chain.hpp"
#include "search/explore.hpp"
#include "search/top_k.hpp"

namespace hone {

namespace {

// Rows scored exactly after the scan: int8 scores move a photo by some positions, never by this many
// (bench/scan).
constexpr std::size_t kLeastRescored = 1024, kRescoredPerResult = 4;

struct Inputs {
    const SearchedLibrary& library;
    const Question& question;
    const Gathered& gathered;
    const ContentScores& content;
    const FacetedScores& faceted;
    const CalibratedScores& calibrated;

    [[nodiscard]] ScoredRow exactly(std::size_t row) const {
        const double score = exact_score(library, content, faceted, row);
        const double bonus = bonus_of(question, calibrated, library.content.label(row), score);
        return {static_cast<float>(score + bonus), static_cast<std::uint32_t>(row)};
    }
};

// Uses the results of the rounds so far. Unless given, each showed `limit` of the seen photos. A positive in
// none of them was found elsewhere, so it is not a mistake.
bool explores(const Question& question, const ContentScores& content) {
    const SearchQuery& query = question.query;
    if (!question.method->explores() || query.show != Show::kNew || question.from || question.text.empty())
        return false;
    std::vector<ShownPage> rounds = query.rounds;
    if (rounds.empty()) {
        PhotoBits positives;
        for (const NamedMark& mark : question.positives) {
            if (mark.photo) add(positives, *mark.photo);
        }
        for (std::size_t at = 0; at < question.seen.size(); ++at) {
            if (at % query.limit == 0) rounds.emplace_back();
            ++rounds.back().photos;
            rounds.back().positives += has(positives, question.seen[at]) ? 1 : 0;
        }
    }
    std::size_t positives = 0;
    for (const ShownPage& round : rounds) positives += round.positives;
    return positives >= question.positives.size() && page_explores(content.evidence, rounds, query.limit);
}

// The best rows to show by query text alone: as many as match it, as far as known.
std::vector<std::size_t> pool_by_text(const Inputs& in) {
    std::vector<float> by_text = in.content.scores_by_text;
    in.library.content.for_each([&](std::size_t row, PhotoNumber photo) {
        if (!has(in.gathered.may_show, photo)) by_text[row] = kHidden;
    });
    const std::vector<ScoredRow> best = top_k(by_text, kMostPool);
    std::size_t size = kMostPool;
    if (in.question.query.has_text() && in.library.calibration) {
        const auto likely = std::ranges::count_if(
            best, [&](const ScoredRow& row) { return row.score >= in.library.calibration->likely; });
        size = std::clamp(static_cast<std::size_t>(likely), kLeastPool, kMostPool);
    } else if (in.question.query.has_text() && in.library.vocabulary) {
        size = std::clamp(
            in.library.vocabulary->likely(in.question.text, in.library.content, best, in.library.threads),
            kLeastPool, kMostPool);
    }
    std::vector<std::size_t> rows;
    for (std::size_t at = 0; at < std::min(size, best.size()); ++at) rows.push_back(best[at].row);
    return rows;
}

struct Order {
    std::vector<ScoredRow> rows;  // best first, in page order
    std::size_t explored = 0;     // of these, the first ones that an exploring or diverse page chose
};

// Orders the best `count` rows.
Order order_rows(const Inputs& in, std::size_t count, bool explores, const std::stop_token& stop) {
    Order order;
    for (const ScoredRow& row : top_k(in.calibrated.scores, count, stop)) {
        throw_if_stopped(stop);
        order.rows.push_back(in.exactly(row.row));
    }
    std::sort(order.rows.begin(), order.rows.end());
    if (!explores && !in.question.query.diverse) return order;

    std::vector<std::size_t> choice, shown;
    if (explores) {
        choice = pool_by_text(in);
        for (const PhotoNumber photo : in.question.seen) {
            if (const auto row = in.library.content.find(photo)) shown.push_back(*row);
        }
    } else {
        for (const ScoredRow& row : order.rows) {
            if (row.score < in.calibrated.calibration.score_at(kPossible) && choice.size() >= kLeastPool)
                break;
            choice.push_back(row.row);
        }
    }
    std::vector<ScoredRow> front;
    std::unordered_set<std::uint32_t> explored;
    for (const std::size_t row : exploring_page(in.library.content, *in.library.statistics, choice, shown,
                                                in.question.query.limit, in.library.threads, stop)) {
        front.push_back(in.exactly(row));
        explored.insert(static_cast<std::uint32_t>(row));
    }
    std::erase_if(order.rows, [&](const ScoredRow& row) { return explored.contains(row.row); });
    order.rows.insert(order.rows.begin(), front.begin(), front.end());
    order.explored = front.size();
    return order;
}

// Orders equal scores by id, independent of the reading order.
Result<> order_ties(const SearchedLibrary& library, PhotoLookup& lookup, Order& order,
                    const std::stop_token& stop) {
    std::vector<ScoredRow>& rows = order.rows;
    std::vector<std::pair<std::size_t, std::size_t>> ties;  // ranges of rows
    std::vector<PhotoNumber> photos;
    for (std::size_t start = order.explored; start < rows.size();) {
        std::size_t end = start + 1;
        while (end < rows.size() && rows[end].score == rows[start].score) ++end;
        if (end - start > 1) {
            ties.emplace_back(start, end);
            for (std::size_t at = start; at < end; ++at)
                photos.push_back(library.content.label(rows[at].row));
        }
        start = end;
    }
    if (ties.empty()) return {};
    HONE_TRY(const std::vector<SearchHit> hits, hits_of(lookup, photos, stop));
    std::size_t next = 0;
    for (const auto& [start, end] : ties) {
        std::vector<std::pair<PhotoId, std::uint32_t>> ids;
        for (std::size_t at = start; at < end; ++at) ids.emplace_back(hits[next++].photo.id, rows[at].row);
        std::ranges::sort(ids);
        for (std::size_t at = start; at < end; ++at) rows[at].row = ids[at - start].second;
    }
    return {};
}

}  // namespace

// Long groups can take more rows than were ordered; then more are.
Result<Cards> group(const SearchedLibrary& library, PhotoLookup& lookup, const Question& question,
                    const Gathered& gathered, const ContentScores& content, const FacetedScores& faceted,
                    const CalibratedScores& calibrated, const std::stop_token& stop) {
    const Inputs in{library, question, gathered, content, faceted, calibrated};
    const SearchQuery& query = question.query;
    const auto shown = static_cast<std::size_t>(
        std::ranges::count_if(calibrated.scores, [](float score) { return score != kHidden; }));
    const std::size_t first_after = query.offset + query.limit;
    Cards page;
    page.explores = explores(question, content);
    for (std::size_t count = std::max(kLeastRescored, kRescoredPerResult * first_after);; count *= 4) {
        throw_if_stopped(stop);
        Order order = order_rows(in, count, page.explores, stop);
        HONE_CHECK(order_ties(library, lookup, order, stop));
        page.cards.clear();
        page.end = true;
        std::unordered_set<std::uint32_t> shown_groups;
        std::size_t position = 0;
        for (std::size_t at = 0; at < order.rows.size(); ++at) {
            const ScoredRow& row = order.rows[at];
            const std::uint32_t group = query.collapse
                                            ? library.photos->groups().of(library.content.label(row.row))
                                            : PhotoGroups::kNone;
            if (group != PhotoGroups::kNone && !shown_groups.insert(group).second) continue;
            if (position == first_after) {
                page.end = false;
                break;
            }
            if (position++ >= query.offset)
                page.cards.push_back({row.row, row.score, group, page.explores && at < order.explored});
        }
        if (!page.end || order.rows.size() >= shown) return page;
    }
}

}  // namespace hone
