#include "search/engine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>

#include "base/config.hpp"
#include "base/time.hpp"
#include "search/calibration.hpp"
#include "search/filter_parser.hpp"
#include "search/text_match.hpp"

namespace hone {

namespace {

// Rows that are scored exactly after the scan: int8 scores move a photo by some places, never by this many
// (bench/scan).
constexpr std::size_t kLeastRescored = 1024, kRescoredPerResult = 4;

struct ScoredRow {
    float score;
    std::uint32_t row;
    // Better first; of equal scores the smaller row.
    bool operator<(const ScoredRow& other) const {
        return score != other.score ? score > other.score : row < other.row;
    }
};

constexpr float kHidden =
    -std::numeric_limits<float>::infinity();  // the score of a row that may not be shown

// By photo number; what lies beyond the end is false.
using PhotoBits = std::vector<bool>;

bool has(const PhotoBits& bits, PhotoNumber number) {
    return number < bits.size() && bits[number];
}

PhotoBits bits_of(std::span<const PhotoNumber> numbers) {
    PhotoBits bits;
    for (const PhotoNumber number : numbers) {
        if (number >= bits.size()) bits.resize(std::size_t{number} + 1);
        bits[number] = true;
    }
    return bits;
}

// Hides what may not be shown and adds the bonus of what holds the words.
void adjust_rows(std::vector<float>& scores, const SpaceView& view, const PhotoBits& may_show,
                 const PhotoBits& holds_words, const ScoreCurve& curve) {
    float* score = scores.data();
    for (std::size_t index = 0; index < view.blocks(); ++index) {
        for (const std::uint32_t label : view.block_labels(index)) {
            if (!has(may_show, label))
                *score = kHidden;
            else if (has(holds_words, label))
                *score += static_cast<float>(text_bonus(curve, *score));
            ++score;
        }
    }
}

// Fills what the page says of all scores: totals, cuts, histogram.
void count_scores(std::span<const float> scores, const ScoreCurve& curve, SearchPage& page) {
    page.likely_cut = curve.score_at(kLikely);
    page.possible_cut = curve.score_at(kPossible);
    float low = std::numeric_limits<float>::infinity(), high = kHidden;
    for (const float score : scores) {
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
    for (const float score : scores) {
        if (score != kHidden)
            ++counts[std::min(counts.size() - 1, static_cast<std::size_t>((score - low) * bins))];
    }
}

// The best `count` rows, unordered, without the hidden ones.
std::vector<ScoredRow> best_rows(std::span<const float> scores, std::size_t count) {
    std::priority_queue<ScoredRow> best;  // the worst of the best on top
    for (std::uint32_t row = 0; row < scores.size(); ++row) {
        if (scores[row] == kHidden || (best.size() == count && scores[row] <= best.top().score)) continue;
        best.push({scores[row], row});
        if (best.size() > count) best.pop();
    }
    std::vector<ScoredRow> rows;
    rows.reserve(best.size());
    for (; !best.empty(); best.pop()) rows.push_back(best.top());
    return rows;
}

}  // namespace

std::uint64_t SearchEngine::searchable() const {
    const SpaceView view = content_->view();
    const auto present = present_.snapshot();
    std::uint64_t count = 0;
    for (std::size_t index = 0; index < view.blocks(); ++index) {
        for (const std::uint32_t label : view.block_labels(index))
            count += label < present->size() && (*present)[label] ? 1 : 0;
    }
    return count;
}

Result<SearchEngine::Mark> SearchEngine::find_mark(const std::string& name, const ExampleVectors& examples,
                                                   const SpaceView& view) const {
    if (const auto example = examples.find(name); example != examples.end())
        return Mark{name, std::nullopt, example->second};
    HONE_TRY(const Photo photo, catalog_.resolve(name));
    const auto row = content_->find(photo.number);
    if (!row || *row >= view.size())
        return fail(ErrorKind::kUnavailable,
                    "the photo {} is not read yet; try again when the indexing is done", name);
    const auto values = view.values(*row);
    return Mark{to_hex(photo.id), photo.number, {values.begin(), values.end()}};
}

Result<std::vector<SearchEngine::Mark>> SearchEngine::find_marks(const std::vector<std::string>& names,
                                                                 const ExampleVectors& examples,
                                                                 const SpaceView& view) const {
    std::vector<Mark> marks;
    for (const std::string& name : names) {
        HONE_TRY(Mark mark, find_mark(name, examples, view));
        // A photo marked twice counts once.
        if (std::ranges::none_of(marks, [&](const Mark& other) { return other.name == mark.name; }))
            marks.push_back(std::move(mark));
    }
    return marks;
}

Result<SearchHit> SearchEngine::hit_of(Photo photo) const {
    SearchHit hit;
    HONE_TRY(hit.listing, list_photo(catalog_, photo.number));
    hit.photo = std::move(photo);
    return hit;
}

Result<SearchPage> SearchEngine::list(const SearchQuery& query, const PhotoFilter& filter) const {
    const Stopwatch watch;
    SearchPage page;
    page.query = query;
    page.query.filter = to_string(filter);
    page.query.seen.clear();
    page.model = model_->manifest().name;
    HONE_TRY(std::vector<PhotoNumber> numbers, catalog_.matching_newest_taken(filter));
    std::vector<PhotoNumber> seen;
    for (const std::string& name : query.seen) {
        HONE_TRY(const Photo photo, catalog_.resolve(name));
        page.query.seen.push_back(to_hex(photo.id));
        seen.push_back(photo.number);
    }
    const PhotoBits hidden = bits_of(seen);
    std::erase_if(numbers, [&](PhotoNumber number) { return has(hidden, number); });
    page.total = page.likely = numbers.size();
    for (std::size_t at = query.offset; at < std::min(query.offset + query.limit, numbers.size()); ++at) {
        HONE_TRY(std::optional<Photo> photo, catalog_.photo(numbers[at]));
        if (!photo) continue;
        HONE_TRY(SearchHit hit, hit_of(std::move(*photo)));
        hit.probability = 1;
        page.hits.push_back(std::move(hit));
    }
    page.took_ms = watch.seconds() * 1000;
    return page;
}

Result<SearchPage> SearchEngine::search(const SearchQuery& query, const ExampleVectors& examples) const {
    const Stopwatch watch;
    HONE_CHECK(validate(query));
    HONE_TRY(const PhotoFilter filter, parse_filter(query.filter));
    if (!query.has_question()) return list(query, filter);
    HONE_TRY(const FeedbackMethod* method, find_feedback_method(query.method));
    const SpaceView view = content_->view();

    std::vector<float> words;
    std::optional<Mark> from;
    if (!query.from.empty()) {
        HONE_TRY(from, find_mark(query.from, examples, view));
    }
    if (query.has_words()) {
        HONE_TRY(words, model_->embed_text(query.text));
    } else if (from) {
        words = from->vector;
    }
    HONE_TRY(std::vector<Mark> liked, find_marks(query.like, examples, view));
    HONE_TRY(const std::vector<Mark> unliked, find_marks(query.unlike, examples, view));
    // Words and an example together: the example counts as a mark that fits.
    const bool from_is_words = from && !query.has_words();
    if (from && !from_is_words &&
        std::ranges::none_of(liked, [&](const Mark& mark) { return mark.name == from->name; }))
        liked.push_back(*from);

    Evidence evidence{words, {}, {}};
    for (const Mark& mark : liked) evidence.liked.emplace_back(mark.vector);
    for (const Mark& mark : unliked) evidence.unliked.emplace_back(mark.vector);
    FeedbackQuery question = method->combine(evidence);
    double length = 0;
    for (const float value : question.vector) length += static_cast<double>(value) * value;
    length = std::sqrt(length);
    if (!normalize(question.vector)) {
        return fail(ErrorKind::kUsage,
                    "these marks leave nothing to search for: add words or a picture that fits");
    }

    SearchPage page;
    page.query = query;
    page.query.filter = to_string(filter);
    page.query.like.clear();
    page.query.unlike.clear();
    page.query.seen.clear();
    for (const Mark& mark : liked) page.query.like.push_back(mark.name);
    for (const Mark& mark : unliked) page.query.unlike.push_back(mark.name);
    if (from) page.query.from = from->name;
    page.model = model_->manifest().name;

    // Everything that may be shown: present, let through by the filter, and neither marked nor seen.
    const auto present = present_.snapshot();
    PhotoBits may_show = *present;
    if (filter != PhotoFilter{}) {
        HONE_TRY(const std::vector<PhotoNumber> matching, catalog_.matching(filter));
        const PhotoBits matches = bits_of(matching);
        for (std::size_t number = 0; number < may_show.size(); ++number)
            may_show[number] = may_show[number] && number < matches.size() && matches[number];
    }
    const auto hide = [&](PhotoNumber number) {
        if (number < may_show.size()) may_show[number] = false;
    };
    for (const std::vector<Mark>* marks : {static_cast<const std::vector<Mark>*>(&liked), &unliked}) {
        for (const Mark& mark : *marks) {
            if (mark.photo) hide(*mark.photo);
        }
    }
    if (from && from->photo) hide(*from->photo);
    for (const std::string& name : query.seen) {
        HONE_TRY(const Photo photo, catalog_.resolve(name));
        page.query.seen.push_back(to_hex(photo.id));
        hide(photo.number);
    }

    std::vector<float> scores = view.scores(question.vector, processor_count());
    const bool words_only = !query.text.empty() && liked.empty() && unliked.empty();
    const ScoreCurve curve = score_curve(model_->manifest().calibration, words_only, scores);
    PhotoBits holds_words;
    if (query.facts) {
        if (const std::vector<std::string> wanted = words_to_match(query.text); !wanted.empty()) {
            HONE_TRY(const std::vector<PhotoNumber> holders, catalog_.with_words(wanted));
            holds_words = bits_of(holders);
        }
    }
    const auto bonus = [&](PhotoNumber number, double score) {
        return has(holds_words, number) ? text_bonus(curve, score) : 0;
    };
    adjust_rows(scores, view, may_show, holds_words, curve);
    count_scores(scores, curve, page);

    const std::size_t wanted = query.offset + query.limit;
    std::vector<ScoredRow> best = best_rows(scores, std::max(kLeastRescored, kRescoredPerResult * wanted));
    for (ScoredRow& candidate : best) {
        const double score = view.exact_score(question.vector, candidate.row);
        candidate.score = static_cast<float>(score + bonus(view.label(candidate.row), score));
    }
    std::sort(best.begin(), best.end());

    const std::size_t last = std::min(wanted, best.size());
    // Equal scores stand in the order of their ids, whatever order they were read in.
    for (std::size_t start = 0; start < last;) {
        std::size_t end = start + 1;
        while (end < best.size() && best[end].score == best[start].score) ++end;
        if (end - start > 1 && end > query.offset) {
            std::vector<std::pair<PhotoId, std::uint32_t>> ids;
            for (std::size_t at = start; at < end; ++at) {
                HONE_TRY(const std::optional<Photo> photo, catalog_.photo(view.label(best[at].row)));
                ids.emplace_back(photo ? photo->id : PhotoId{}, best[at].row);
            }
            std::ranges::sort(ids);
            for (std::size_t at = start; at < end; ++at) best[at].row = ids[at - start].second;
        }
        start = end;
    }

    for (std::size_t at = query.offset; at < last; ++at) {
        HONE_TRY(std::optional<Photo> photo, catalog_.photo(view.label(best[at].row)));
        if (!photo) continue;
        HONE_TRY(SearchHit hit, hit_of(std::move(*photo)));
        hit.score = best[at].score;
        hit.probability = curve.probability(hit.score);
        const auto share = [&](std::span<const float> vector, float weight, const std::string& source) {
            if (weight == 0 || vector.empty()) return;
            hit.reasons.push_back(
                {"content", weight * view.exact_score(vector, best[at].row) / length, source});
        };
        share(words, question.words_weight, from_is_words ? from->name : "words");
        for (const Mark& mark : liked) share(mark.vector, question.liked_weight, mark.name);
        for (const Mark& mark : unliked) share(mark.vector, question.unliked_weight, mark.name);
        if (has(holds_words, view.label(best[at].row))) {
            const double score = view.exact_score(question.vector, best[at].row);
            hit.reasons.push_back({"words", bonus(view.label(best[at].row), score), "words"});
        }
        page.hits.push_back(std::move(hit));
    }
    page.took_ms = watch.seconds() * 1000;
    return page;
}

}  // namespace hone
