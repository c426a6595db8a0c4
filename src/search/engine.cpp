#include "search/engine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>

#include "base/config.hpp"
#include "base/time.hpp"
#include "search/explore.hpp"
#include "search/facet.hpp"
#include "search/filter_parser.hpp"
#include "search/null_words.hpp"
#include "search/text_match.hpp"
#include "search/top_rows.hpp"

namespace hone {

namespace {

// Rows that are scored exactly after the scan: int8 scores move a photo by some places, never by this many
// (bench/scan).
constexpr std::size_t kLeastRescored = 1024, kRescoredPerResult = 4;
constexpr double kLookWordWeight = 0.7;   // of a look word in the text, against the content's 1
constexpr double kMomentTrust = 0.5;      // a day has many subjects: time and place alone are a weak sign
constexpr double kWordsWinBy = 0.1;       // area under the curve by which marks must do worse than the words
constexpr std::size_t kMarksToDoubt = 3;  // of each kind, before the marks are doubted

// By photo number; what lies beyond the end is false.
using PhotoBits = std::vector<bool>;

bool has(const PhotoBits& bits, PhotoNumber number) {
    return number < bits.size() && bits[number];
}

void set(PhotoBits& bits, PhotoNumber number) {
    if (number >= bits.size()) bits.resize(std::size_t{number} + 1);
    bits[number] = true;
}

PhotoBits bits_of(std::span<const PhotoNumber> numbers) {
    PhotoBits bits;
    for (const PhotoNumber number : numbers) set(bits, number);
    return bits;
}

template <typename Visit>
void for_each_row(const SpaceView& view, const Visit& visit) {
    std::size_t row = 0;
    for (std::size_t block = 0; block < view.blocks(); ++block) {
        for (const std::uint32_t label : view.block_labels(block)) visit(row++, label);
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

// The curve of the content's scores, for scores that facets were added to: the same in standard deviations.
ScoreCurve carry_over(const ScoreCurve& curve, const ScoreSpread& from, const ScoreSpread& to) {
    const double middle = (curve.middle - from.mean) / from.deviation;
    return {to.mean + middle * to.deviation, curve.slope * from.deviation / to.deviation};
}

struct NamedMark {
    std::string name;  // full id, or the example's name
    std::optional<PhotoNumber> photo;
    std::vector<float> vector, look;  // look: of an example
    float weight = 1;
};

}  // namespace

// One search, step by step.
class SearchRun {
  public:
    SearchRun(const SearchEngine& engine, const SearchQuery& query, const ExamplePictures& examples,
              PhotoFilter filter, const std::stop_token& stop)
        : engine_(engine),
          catalog_(engine.library_.catalog()),
          query_(query),
          examples_(examples),
          stop_(stop),
          filter_(std::move(filter)),
          view_(engine.content_->view()),
          present_(engine.library_.present().snapshot()) {
        page_.query = query;
        page_.query.filter = to_string(filter_);
        page_.model = engine.model_->manifest().name;
    }

    Result<SearchPage> list();
    Result<SearchPage> rank();

  private:
    [[nodiscard]] Result<> check_wanted() const {
        if (!stop_.stop_requested()) return {};
        return fail(ErrorKind::kUnavailable,
                    "the search was given up: it took too long, or nobody waits for it");
    }
    Result<NamedMark> find_mark(const std::string& name) const;
    Result<std::vector<NamedMark>> find_marks(const std::vector<std::string>& names) const;
    Result<> read_marks();
    [[nodiscard]] bool explores() const;
    Result<> check_contradictions() const;
    void gather_evidence();
    Result<> find_shown();
    void score_content();
    Result<> score_facets();
    void add_facets();
    void calibrate();
    Result<> add_bonus();
    void order_rows();
    Result<> fill_page();
    Result<SearchHit> hit_of(PhotoNumber number) const;
    [[nodiscard]] std::vector<Reason> reasons_of(std::size_t row) const;
    [[nodiscard]] std::string source_name(const Source& source) const;
    [[nodiscard]] double exact_score(std::size_t row) const;
    [[nodiscard]] double bonus(PhotoNumber number, double score) const {
        return has(holds_words_, number) ? text_bonus(curve_, score) : 0;
    }
    // Best rows by the words alone that may be shown, for an exploring or diverse page.
    [[nodiscard]] std::vector<std::size_t> pool();
    [[nodiscard]] const std::vector<float>& scores_by_words();
    void number_by_words();

    const SearchEngine& engine_;
    Catalog& catalog_;
    const SearchQuery& query_;
    const ExamplePictures& examples_;
    const std::stop_token& stop_;
    const PhotoFilter filter_;
    const SpaceView view_;
    const std::shared_ptr<const PresentPhotos::Bits> present_;
    const unsigned threads_ = processor_count();
    SearchPage page_;

    std::shared_ptr<const LibraryFacts> facts_;
    std::shared_ptr<const LookSpaces> looks_;
    std::optional<NamedMark> from_;
    bool from_is_words_ = false;
    std::vector<NamedMark> liked_, unliked_;
    std::vector<PhotoNumber> seen_;
    PhotoBits passes_, may_show_;  // the filter; all that decides

    const FeedbackMethod* method_ = nullptr;
    std::vector<float> words_;
    Evidence evidence_;
    FacetMarks facet_marks_;
    std::vector<std::size_t> liked_index_, unliked_index_;  // of evidence_ in liked_, unliked_
    std::optional<FeedbackSpace> space_;
    std::unique_ptr<Ranking> by_words_, ranking_;
    std::vector<float> scores_, scores_by_words_;
    ScoreSpread content_spread_;

    struct ActiveFacet {
        Facet facet;
        FacetScores scores;
        double weight = 0;      // in the sum, against the content's
        std::string look_word;  // what it is of, when it is one
    };
    std::vector<ActiveFacet> facets_;
    double content_weight_ = 1;
    ScoreCurve curve_;
    PhotoBits holds_words_;
    std::vector<ScoredRow> order_;  // best first, as the page shows them
    std::unordered_set<std::uint32_t> explored_;
};

Result<NamedMark> SearchRun::find_mark(const std::string& name) const {
    const auto weight = query_.weights.find(name);
    const auto heavy = static_cast<float>(weight == query_.weights.end() ? 1 : weight->second);
    if (const auto example = examples_.find(name); example != examples_.end())
        return NamedMark{name, std::nullopt, example->second.content, example->second.look, heavy};
    HONE_TRY(const Photo photo, catalog_.resolve(name));
    const auto row = engine_.content_->find(photo.number);
    if (!row || *row >= view_.size())
        return fail(ErrorKind::kUnavailable,
                    "the photo {} is not read yet; try again when the indexing is done", name);
    const auto values = view_.values(*row);
    return NamedMark{to_hex(photo.id), photo.number, {values.begin(), values.end()}, {}, heavy};
}

Result<std::vector<NamedMark>> SearchRun::find_marks(const std::vector<std::string>& names) const {
    std::vector<NamedMark> marks;
    for (const std::string& name : names) {
        HONE_TRY(NamedMark mark, find_mark(name));
        // A photo marked twice counts once.
        if (std::ranges::none_of(marks, [&](const NamedMark& other) { return other.name == mark.name; }))
            marks.push_back(std::move(mark));
    }
    return marks;
}

Result<> SearchRun::read_marks() {
    if (!query_.from.empty()) {
        HONE_TRY(from_, find_mark(query_.from));
    }
    HONE_TRY(liked_, find_marks(query_.like));
    HONE_TRY(unliked_, find_marks(query_.unlike));
    HONE_CHECK(check_contradictions());
    from_is_words_ = from_ && !query_.has_words();
    if (query_.has_words()) {
        HONE_TRY(words_, engine_.model_->embed_text(query_.text));
    } else if (from_) {
        words_ = from_->vector;
    }
    // Words and an example together: the example counts as a mark that fits.
    if (from_ && !from_is_words_ &&
        std::ranges::none_of(liked_, [&](const NamedMark& mark) { return mark.name == from_->name; }))
        liked_.push_back(*from_);
    page_.query.weights.clear();
    const auto names = [&](const std::vector<NamedMark>& marks, std::vector<std::string>& target) {
        target.clear();
        for (const NamedMark& mark : marks) {
            target.push_back(mark.name);
            if (mark.weight != 1) page_.query.weights[mark.name] = mark.weight;
        }
    };
    names(liked_, page_.query.like);
    names(unliked_, page_.query.unlike);
    if (from_) page_.query.from = from_->name;
    page_.query.seen.clear();
    for (const std::string& name : query_.seen) {
        HONE_TRY(const Photo photo, catalog_.resolve(name));
        page_.query.seen.push_back(to_hex(photo.id));
        seen_.push_back(photo.number);
    }
    return {};
}

Result<> SearchRun::check_contradictions() const {
    for (const NamedMark& liked : liked_) {
        for (const NamedMark& unliked : unliked_) {
            const bool same = liked.name == unliked.name;
            const bool copies =
                liked.photo && unliked.photo &&
                facts_->groups->picture_of(*liked.photo) != PictureGroups::kNone &&
                facts_->groups->picture_of(*liked.photo) == facts_->groups->picture_of(*unliked.photo);
            if (same)
                return fail(ErrorKind::kUsage,
                            "the picture {} is marked both as fitting and as not fitting; take one mark off",
                            liked.name);
            if (copies)
                return fail(ErrorKind::kUsage,
                            "the pictures {} and {} are copies of one, marked as fitting and as not fitting; "
                            "take one mark off",
                            liked.name, unliked.name);
        }
    }
    return {};
}

// Copies of one picture count once; what was seen and has no mark was passed over.
void SearchRun::gather_evidence() {
    std::unordered_set<std::uint32_t> counted;
    const auto first_of_its_picture = [&](PhotoNumber photo) {
        const std::uint32_t picture = facts_->groups->picture_of(photo);
        return picture == PictureGroups::kNone || counted.insert(picture).second;
    };
    const auto take = [&](const std::vector<NamedMark>& marks, std::vector<Mark>& evidence,
                          std::vector<FacetMark>& facet, std::vector<std::size_t>& index) {
        for (std::size_t at = 0; at < marks.size(); ++at) {
            const NamedMark& mark = marks[at];
            if (mark.photo && !first_of_its_picture(*mark.photo)) continue;
            facet.push_back({mark.photo, mark.look, mark.weight, evidence.size()});
            evidence.push_back({mark.vector, mark.weight});
            index.push_back(at);
        }
    };
    evidence_.words = words_;
    take(liked_, evidence_.liked, facet_marks_.liked, liked_index_);
    take(unliked_, evidence_.unliked, facet_marks_.unliked, unliked_index_);
    if (from_is_words_) facet_marks_.from = FacetMark{from_->photo, from_->look, 1, 0};
    PhotoBits marked;
    for (const auto* marks : {&liked_, &unliked_}) {
        for (const NamedMark& mark : *marks) {
            if (mark.photo) set(marked, *mark.photo);
        }
    }
    if (from_ && from_->photo) set(marked, *from_->photo);
    for (const PhotoNumber photo : seen_) {
        const auto row = engine_.content_->find(photo);
        if (has(marked, photo) || !row || *row >= view_.size() || !first_of_its_picture(photo)) continue;
        set(marked, photo);  // named twice: counts once
        facet_marks_.passed.push_back({photo, {}, 1, evidence_.passed.size()});
        evidence_.passed.push_back({view_.values(*row), 1});
    }
}

// Which photos may be on the page: present, let through by the filter, and as `show` says.
Result<> SearchRun::find_shown() {
    may_show_ = *present_;
    if (filter_ != PhotoFilter{}) {
        HONE_TRY(const std::vector<PhotoNumber> matching, catalog_.matching(filter_));
        const PhotoBits matches = bits_of(matching);
        for (std::size_t number = 0; number < may_show_.size(); ++number)
            may_show_[number] = may_show_[number] && has(matches, static_cast<PhotoNumber>(number));
    }
    passes_ = may_show_;
    if (from_ && from_->photo && query_.show != Show::kAll && has(may_show_, *from_->photo))
        may_show_[*from_->photo] = false;
    if (query_.show == Show::kAll) return {};
    PhotoBits known;
    const auto know = [&](PhotoNumber photo) {
        set(known, photo);
        const std::uint32_t group = facts_->groups->of(photo);
        if (query_.show == Show::kSeen || group == PictureGroups::kNone) return;
        // The card that was seen stood for all of its stack; without stacks only copies of one picture are
        // the same.
        for (const PhotoNumber other : facts_->groups->members(group)) {
            const std::uint32_t picture = facts_->groups->picture_of(other);
            const bool copy = picture != PictureGroups::kNone && picture == facts_->groups->picture_of(photo);
            if (query_.collapse || copy) set(known, other);
        }
    };
    for (const PhotoNumber photo : seen_) know(photo);
    if (query_.show == Show::kNew) {
        for (const auto* marks : {&liked_, &unliked_}) {
            for (const NamedMark& mark : *marks) {
                if (mark.photo) know(*mark.photo);
            }
        }
    }
    for (std::size_t number = 0; number < may_show_.size(); ++number) {
        const bool is_known = has(known, static_cast<PhotoNumber>(number));
        may_show_[number] = may_show_[number] && is_known == (query_.show == Show::kSeen);
    }
    return {};
}

void SearchRun::score_content() {
    by_words_ = rank_by_words(evidence_);
    if (evidence_.has_marks()) {
        space_.emplace(view_, engine_.statistics(view_), threads_);
        evidence_ = method_->weigh(std::move(evidence_), *space_);
        ranking_ = method_->rank(evidence_, *space_);
        if (!words_.empty() && evidence_.liked.size() >= kMarksToDoubt &&
            evidence_.unliked.size() + evidence_.passed.size() >= kMarksToDoubt) {
            const MarkOrder order = order_of_marks(*method_, evidence_, *space_, *by_words_);
            if (order.by_marks < 0.5 && order.by_marks < order.by_words - kWordsWinBy) {
                page_.words_win = true;
                ranking_ = rank_by_words(evidence_);
            }
        }
    } else {
        ranking_ = rank_by_words(evidence_);
    }
    scores_ = ranking_->scores(view_, threads_);
    content_spread_ = spread_of(scores_);
}

Result<> SearchRun::score_facets() {
    const auto pull = [&](Facet facet) {
        const auto found = query_.facets.find(facet);
        return found == query_.facets.end() ? 1.0 : found->second;
    };
    const double liked = total_weight(evidence_.liked);
    const double trust = evidence_.liked.size() < 2 ? 0 : liked / (liked + 2);
    FacetState content{Facet::kContent, true, "", 0.5, pull(Facet::kContent), 0};
    if (space_ && evidence_.liked.size() >= 2) {
        content.learnt = separation(*method_, evidence_, *space_, background_of(view_));
    }
    struct Candidate {
        FacetState state;
        std::optional<FacetScores> scores;
        double trust = 1;
    };
    std::vector<Candidate> candidates;
    const auto without = [&](Facet facet, std::string why) {
        candidates.push_back({{facet, false, std::move(why), 0.5, pull(facet), 0}, std::nullopt, 1});
    };
    if (auto looks = engine_.library_.looks()) looks_ = std::move(*looks);
    const bool by_example = evidence_.liked.size() >= 2 || query_.facets.contains(Facet::kLook);
    if (!looks_ || looks_->looks().view().size() == 0) {
        without(Facet::kLook, "no looks are read yet; index the folders again");
    } else if (auto scores = by_example ? score_looks(*looks_, facet_marks_, threads_) : std::nullopt) {
        candidates.push_back(
            {{Facet::kLook, true, "", scores->learnt, pull(Facet::kLook), 0}, std::move(scores), 1});
    } else {
        candidates.push_back({{Facet::kLook, true, "", 0.5, pull(Facet::kLook), 0}, std::nullopt, 1});
    }
    const bool by_people = evidence_.liked.size() >= 2 || query_.facets.contains(Facet::kPeople);
    if (facts_->people.empty())
        without(Facet::kPeople, "no faces are read yet");
    else if (auto scores = by_people ? score_people(*facts_, facet_marks_) : std::nullopt)
        candidates.push_back(
            {{Facet::kPeople, true, "", scores->learnt, pull(Facet::kPeople), 0}, std::move(scores), 1});
    else
        candidates.push_back({{Facet::kPeople, true, "", 0.5, pull(Facet::kPeople), 0}, std::nullopt, 1});
    const bool by_moment = evidence_.liked.size() >= 2 || query_.facets.contains(Facet::kMoment);
    if (std::ranges::none_of(facts_->moments,
                             [](const Moment& moment) { return !std::isnan(moment.seconds); }))
        without(Facet::kMoment, "no photo says when or where it was taken");
    else if (auto scores = by_moment ? score_moments(*facts_, facet_marks_) : std::nullopt)
        candidates.push_back({{Facet::kMoment, true, "", scores->learnt, pull(Facet::kMoment), 0},
                              std::move(scores),
                              kMomentTrust});
    else
        candidates.push_back({{Facet::kMoment, true, "", 0.5, pull(Facet::kMoment), 0}, std::nullopt, 1});

    // What separates the liked from the others best sets the measure. The content keeps what the marks do not
    // speak about; another facet counts by the square of its share, so that one that separates half as well
    // adds a quarter.
    double best = evidence_of(content.learnt);
    for (const Candidate& candidate : candidates) best = std::max(best, evidence_of(candidate.state.learnt));
    const auto share = [&](double learnt) { return best > 0 ? evidence_of(learnt) / best : 0; };
    content_weight_ = content.pull * (1 - trust + trust * (best > 0 ? share(content.learnt) : 1));
    double total = content_weight_;
    for (Candidate& candidate : candidates) {
        if (!candidate.scores) continue;
        // A facet that the person pulls up counts also when the marks say nothing of it.
        const bool pulled = query_.facets.contains(candidate.state.facet);
        const double taught = trust * candidate.trust * std::pow(share(candidate.state.learnt), 2);
        const double weight = candidate.state.pull * (pulled ? std::max(taught, 0.5) : taught);
        if (weight < 0.02) continue;
        candidate.state.weight = weight;
        total += weight;
        facets_.push_back({candidate.state.facet, std::move(*candidate.scores), weight, ""});
    }
    if (looks_ && query_.has_words() && pull(Facet::kLook) > 0) {
        for (const FoundLookWord& found : find_look_words(query_.text)) {
            const bool used = !query_.look_words || std::ranges::find(*query_.look_words, found.word->name) !=
                                                        query_.look_words->end();
            page_.look_words.push_back({found.word->name, used});
            if (!used || looks_->words().view().size() == 0) continue;
            const double weight =
                kLookWordWeight * (query_.facets.contains(Facet::kLook) ? pull(Facet::kLook) : 1);
            facets_.push_back(
                {Facet::kLook, score_look_word(*looks_, *found.word, threads_), weight, found.word->name});
            total += weight;
            for (Candidate& candidate : candidates) {
                if (candidate.state.facet == Facet::kLook) candidate.state.weight += weight;
            }
        }
    }
    if (total <= 0)
        return fail(ErrorKind::kUsage, "every facet that could rank these photos is off; turn one on");
    content.weight = content_weight_ / total;
    page_.facets.push_back(content);
    for (Candidate& candidate : candidates) {
        candidate.state.weight /= total;
        page_.facets.push_back(candidate.state);
    }
    return {};
}

// score = content weight x content + its deviation x sum of weight x facet: in the content's unit, and the
// content's score itself when no facet counts.
void SearchRun::add_facets() {
    if (facets_.empty() && content_weight_ == 1) return;
    for_each_row(view_, [&](std::size_t row, PhotoNumber photo) {
        double sum = content_weight_ * scores_[row];
        for (const ActiveFacet& facet : facets_)
            sum += content_spread_.deviation * facet.weight * facet.scores.of(photo);
        scores_[row] = static_cast<float>(sum);
    });
}

double SearchRun::exact_score(std::size_t row) const {
    double sum = content_weight_ * ranking_->score(view_, row);
    for (const ActiveFacet& facet : facets_)
        sum += content_spread_.deviation * facet.weight * facet.scores.of(view_.label(row));
    return sum;
}

void SearchRun::calibrate() {
    const ScoreSpread spread = spread_of(scores_);
    const auto& manifest = engine_.model_->manifest().calibration;
    const bool text = query_.has_words() && content_weight_ > 0;
    // What the words alone say, in the content's scores.
    const auto words_curve = [&](std::span<const float> scores) -> std::optional<ScoreCurve> {
        if (!text) return std::nullopt;
        if (manifest) return curve_of_manifest(*manifest);
        const auto bank = engine_.null_bank();
        if (!bank) return std::nullopt;
        return curve_from_bank(*bank, words_, view_, scores, threads_);
    };
    std::optional<ScoreCurve> curve;
    if (evidence_.has_marks() && !page_.words_win) {
        if (content_weight_ > 0) curve = curve_from_marks(*method_, evidence_, *space_, content_spread_);
        if (curve) page_.calibration = Calibration::kMarks;
        if (!curve && text) {
            // These marks do not say where the end is: as many photos are likely as by the words.
            const std::vector<float>& by_words = scores_by_words();
            if (const auto words = words_curve(by_words)) {
                const auto likely = static_cast<std::size_t>(
                    std::ranges::count_if(by_words, [&](float score) { return score >= words->middle; }));
                page_.calibration = Calibration::kWords;
                curve_ = curve_keeping(likely, scores_, spread);
                return;
            }
        }
    } else if ((curve = words_curve(scores_))) {
        page_.calibration = Calibration::kWords;
    }
    if (!curve) {
        curve_ = curve_of_spread(spread);
        return;
    }
    const bool content_only = facets_.empty() && content_weight_ == 1;
    curve_ = content_only ? *curve : carry_over(*curve, content_spread_, spread);
}

Result<> SearchRun::add_bonus() {
    if (query_.facts) {
        if (const std::vector<std::string> wanted = words_to_match(query_.text); !wanted.empty()) {
            HONE_TRY(const std::vector<PhotoNumber> holders, catalog_.with_words(wanted));
            holds_words_ = bits_of(holders);
        }
    }
    bool any_likely = false;
    for_each_row(view_, [&](std::size_t row, PhotoNumber photo) {
        if (!has(*present_, photo)) {
            scores_[row] = kHidden;
            return;
        }
        scores_[row] += static_cast<float>(bonus(photo, scores_[row]));
        any_likely = any_likely || scores_[row] >= curve_.middle;
        if (!has(may_show_, photo)) scores_[row] = kHidden;
    });
    page_.nothing_fits = !any_likely;
    return {};
}

const std::vector<float>& SearchRun::scores_by_words() {
    if (scores_by_words_.empty()) scores_by_words_ = by_words_->scores(view_, threads_);
    return scores_by_words_;
}

// One pass over the scores for the whole page.
void SearchRun::number_by_words() {
    if (words_.empty() || !evidence_.has_marks() || page_.hits.empty()) return;
    const std::vector<float>& scores = scores_by_words();
    std::vector<std::pair<float, SearchHit*>> hits;
    for (SearchHit& hit : page_.hits) {
        if (const auto row = engine_.content_->find(hit.photo.number); row && *row < view_.size())
            hits.emplace_back(scores[*row], &hit);
    }
    std::ranges::sort(hits, std::less{}, &std::pair<float, SearchHit*>::first);
    std::vector<std::uint64_t> above(hits.size() + 1);  // [n]: rows above exactly the first n hits
    for_each_row(view_, [&](std::size_t row, PhotoNumber photo) {
        if (has(passes_, photo))
            ++above[static_cast<std::size_t>(std::ranges::lower_bound(hits, scores[row], std::less{},
                                                                      &std::pair<float, SearchHit*>::first) -
                                             hits.begin())];
    });
    std::uint64_t number = 1;
    for (std::size_t at = hits.size(); at-- > 0;) {
        number += above[at + 1];
        hits[at].second->number_by_words = number;
    }
}

std::vector<std::size_t> SearchRun::pool() {
    std::vector<float> by_words = scores_by_words();
    for_each_row(view_, [&](std::size_t row, PhotoNumber photo) {
        if (!has(may_show_, photo)) by_words[row] = kHidden;
    });
    // As many as the words fit, as far as that is known.
    std::size_t size = kMostPool;
    std::vector<ScoredRow> best = best_rows(by_words, kMostPool);
    const auto& manifest = engine_.model_->manifest().calibration;
    if (query_.has_words() && manifest) {
        const auto likely =
            std::ranges::count_if(best, [&](const ScoredRow& row) { return row.score >= manifest->likely; });
        size = std::clamp(static_cast<std::size_t>(likely), kLeastPool, kMostPool);
    } else if (const auto bank = query_.has_words() ? engine_.null_bank() : nullptr) {
        size = std::clamp(bank->likely(words_, view_, best, threads_), kLeastPool, kMostPool);
    }
    std::vector<std::size_t> rows;
    for (std::size_t at = 0; at < std::min(size, best.size()); ++at) rows.push_back(best[at].row);
    return rows;
}

// By how the rounds so far went. When it is not told, each showed `limit` of the seen photos. A photo that
// was liked and is in none of them was looked for elsewhere, which is no mistake.
bool SearchRun::explores() const {
    if (!method_->explores() || query_.show != Show::kNew || from_ || words_.empty()) return false;
    std::vector<ShownPage> rounds = query_.rounds;
    if (rounds.empty()) {
        PhotoBits liked;
        for (const NamedMark& mark : liked_) {
            if (mark.photo) set(liked, *mark.photo);
        }
        for (std::size_t at = 0; at < seen_.size(); ++at) {
            if (at % query_.limit == 0) rounds.emplace_back();
            ++rounds.back().photos;
            rounds.back().liked += has(liked, seen_[at]) ? 1 : 0;
        }
    }
    std::size_t liked = 0;
    for (const ShownPage& round : rounds) liked += round.liked;
    return liked >= liked_.size() && page_explores(evidence_, rounds, query_.limit);
}

void SearchRun::order_rows() {
    const std::size_t wanted = query_.offset + query_.limit;
    order_ = best_rows(scores_, std::max(kLeastRescored, kRescoredPerResult * wanted));
    for (ScoredRow& candidate : order_) {
        const double score = exact_score(candidate.row);
        candidate.score = static_cast<float>(score + bonus(view_.label(candidate.row), score));
    }
    std::sort(order_.begin(), order_.end());

    page_.explores = explores();
    if (!page_.explores && !query_.diverse) return;
    const auto statistics = engine_.statistics(view_);
    std::vector<std::size_t> choice, shown;
    if (page_.explores) {
        choice = pool();
        for (const PhotoNumber photo : seen_) {
            if (const auto row = engine_.content_->find(photo); row && *row < view_.size())
                shown.push_back(*row);
        }
    } else {
        for (const ScoredRow& row : order_) {
            if (row.score < curve_.score_at(kPossible) && choice.size() >= kLeastPool) break;
            choice.push_back(row.row);
        }
    }
    std::vector<ScoredRow> front;
    for (const std::size_t row : exploring_page(view_, *statistics, choice, shown, query_.limit, threads_)) {
        const double score = exact_score(row);
        front.push_back(
            {static_cast<float>(score + bonus(view_.label(row), score)), static_cast<std::uint32_t>(row)});
        explored_.insert(static_cast<std::uint32_t>(row));
    }
    std::erase_if(order_, [&](const ScoredRow& row) { return explored_.contains(row.row); });
    order_.insert(order_.begin(), front.begin(), front.end());
}

Result<SearchHit> SearchRun::hit_of(PhotoNumber number) const {
    SearchHit hit;
    HONE_TRY(std::optional<Photo> photo, catalog_.photo(number));
    if (!photo)
        return fail("the photo {} is in the vector file and not in the catalogue; run `hone doctor`", number);
    HONE_TRY(hit.listing, list_photo(catalog_, number));
    hit.photo = std::move(*photo);
    return hit;
}

std::string SearchRun::source_name(const Source& source) const {
    switch (source.kind) {
        case Source::Kind::kWords:
            return from_is_words_ ? from_->name : "words";
        case Source::Kind::kLiked:
            return liked_[liked_index_[source.mark]].name;
        case Source::Kind::kUnliked:
            return unliked_[unliked_index_[source.mark]].name;
        case Source::Kind::kPassed:
            return "passed";
        case Source::Kind::kLibrary:
            break;
    }
    return "library";
}

std::vector<Reason> SearchRun::reasons_of(std::size_t row) const {
    std::vector<Reason> reasons;
    const PhotoNumber photo = view_.label(row);
    for (const Share& share : ranking_->shares(view_, row)) {
        if (content_weight_ > 0)
            reasons.push_back({"content", content_weight_ * share.value, source_name(share.source)});
    }
    for (const ActiveFacet& facet : facets_) {
        const double unit = content_spread_.deviation * facet.weight, value = unit * facet.scores.of(photo);
        const std::string name(facet_name(facet.facet));
        if (!facet.look_word.empty()) {
            reasons.push_back({name, value, "look:" + facet.look_word});
            continue;
        }
        if (value == 0) continue;
        const std::vector<Share> shares = facet.scores.shares(photo);
        double sum = 0;
        for (const Share& share : shares) sum += unit * share.value;
        // Scores are cut at kMostDeviations: what lies beyond counts for nobody.
        const double kept = std::abs(sum) > std::abs(value) && sum * value > 0 ? value / sum : 1;
        for (const Share& share : shares)
            reasons.push_back({name, unit * share.value * kept, source_name(share.source)});
        const double rest = value - sum * kept;
        if (std::abs(rest) > 1e-9) reasons.push_back({name, rest, "library"});
    }
    if (has(holds_words_, photo)) reasons.push_back({"words", bonus(photo, exact_score(row)), "words"});
    return reasons;
}

Result<> SearchRun::fill_page() {
    // Equal scores stand in the order of their ids, whatever order they were read in.
    const std::size_t wanted = query_.offset + query_.limit;
    for (std::size_t start = explored_.size();
         start < std::min(order_.size(), kRescoredPerResult * wanted);) {
        std::size_t end = start + 1;
        while (end < order_.size() && order_[end].score == order_[start].score) ++end;
        if (end - start > 1) {
            std::vector<std::pair<PhotoId, std::uint32_t>> ids;
            for (std::size_t at = start; at < end; ++at) {
                HONE_TRY(const std::optional<Photo> photo, catalog_.photo(view_.label(order_[at].row)));
                ids.emplace_back(photo ? photo->id : PhotoId{}, order_[at].row);
            }
            std::ranges::sort(ids);
            for (std::size_t at = start; at < end; ++at) order_[at].row = ids[at - start].second;
        }
        start = end;
    }
    std::unordered_set<std::uint32_t> carded;
    std::size_t card = 0;
    for (std::size_t at = 0; at < order_.size() && page_.hits.size() < query_.limit; ++at) {
        const PhotoNumber photo = view_.label(order_[at].row);
        const std::uint32_t group = query_.collapse ? facts_->groups->of(photo) : PictureGroups::kNone;
        if (group != PictureGroups::kNone && !carded.insert(group).second) continue;
        if (card++ < query_.offset) continue;
        HONE_CHECK(check_wanted());
        HONE_TRY(SearchHit hit, hit_of(photo));
        hit.score = order_[at].score;
        hit.probability = curve_.probability(hit.score);
        hit.explores = page_.explores && explored_.contains(order_[at].row);
        hit.reasons = reasons_of(order_[at].row);
        if (group != PictureGroups::kNone) {
            for (const PhotoNumber other : facts_->groups->members(group)) {
                if (other == photo || !has(may_show_, other)) continue;
                ++hit.stacked;
                if (hit.stack.size() >= SearchHit::kListedStack) continue;
                HONE_TRY(SearchHit stacked, hit_of(other));
                hit.stack.emplace_back(std::move(stacked.photo), std::move(stacked.listing));
            }
        }
        page_.hits.push_back(std::move(hit));
    }
    return {};
}

Result<SearchPage> SearchRun::rank() {
    const Stopwatch watch;
    HONE_TRY(method_, find_feedback_method(query_.method));
    HONE_TRY(facts_, engine_.facts_.get(catalog_, present_));
    HONE_CHECK(read_marks());
    gather_evidence();
    if (words_.empty() && evidence_.liked.empty() && evidence_.unliked.empty() && evidence_.passed.empty())
        return fail(ErrorKind::kUsage,
                    "these marks leave nothing to search for: add words or a picture that fits");
    HONE_CHECK(find_shown());
    HONE_CHECK(check_wanted());
    if (view_.size() > 0) {
        score_content();
        HONE_CHECK(check_wanted());
        HONE_CHECK(score_facets());
        HONE_CHECK(check_wanted());
        add_facets();
        calibrate();
        HONE_CHECK(add_bonus());
        count_scores(scores_, curve_, page_);
        HONE_CHECK(check_wanted());
        order_rows();
        HONE_CHECK(fill_page());
        number_by_words();
    }
    page_.took_ms = watch.seconds() * 1000;
    return std::move(page_);
}

// The page of a query without a question.
Result<SearchPage> SearchRun::list() {
    const Stopwatch watch;
    HONE_TRY(std::vector<PhotoNumber> numbers, catalog_.matching_newest_taken(filter_));
    page_.query.seen.clear();
    for (const std::string& name : query_.seen) {
        HONE_TRY(const Photo photo, catalog_.resolve(name));
        page_.query.seen.push_back(to_hex(photo.id));
        seen_.push_back(photo.number);
    }
    if (query_.show != Show::kAll) {
        const PhotoBits seen = bits_of(seen_);
        std::erase_if(numbers,
                      [&](PhotoNumber number) { return has(seen, number) != (query_.show == Show::kSeen); });
    }
    page_.total = page_.likely = numbers.size();
    for (std::size_t at = query_.offset; at < std::min(query_.offset + query_.limit, numbers.size()); ++at) {
        HONE_TRY(SearchHit hit, hit_of(numbers[at]));
        hit.probability = 1;
        page_.hits.push_back(std::move(hit));
    }
    page_.took_ms = watch.seconds() * 1000;
    return std::move(page_);
}

SearchEngine::SearchEngine(Library& library, std::shared_ptr<const VectorSpace> content,
                           std::shared_ptr<ImageTextModel> model)
    : library_(library), content_(std::move(content)), model_(std::move(model)) {}

std::uint64_t SearchEngine::searchable() const {
    const auto present = library_.present().snapshot();
    std::uint64_t count = 0;
    for_each_row(content_->view(),
                 [&](std::size_t, PhotoNumber photo) { count += has(*present, photo) ? 1 : 0; });
    return count;
}

std::shared_ptr<const SpaceStatistics> SearchEngine::statistics(const SpaceView& view) const {
    const std::lock_guard lock(mutex_);
    const std::size_t rows = SpaceStatistics::measured_size(view.size());
    if (!statistics_ || measured_ != rows) {
        statistics_ = SpaceStatistics::measure(view, processor_count());
        measured_ = rows;
    }
    return statistics_;
}

std::shared_ptr<const NullBank> SearchEngine::null_bank() const {
    if (model_->manifest().calibration) return nullptr;
    const std::lock_guard lock(mutex_);
    if (!bank_) {
        if (auto bank = load_null_bank(library_.vectors_directory(), *model_, false))
            bank_ = std::move(*bank);
    }
    return bank_;
}

Result<> SearchEngine::warm_up() const {
    if (const SpaceView view = content_->view(); view.size() > 0) (void)statistics(view);
    if (model_->manifest().calibration) return {};
    HONE_TRY(const auto made, load_null_bank(library_.vectors_directory(), *model_, true));
    const std::lock_guard lock(mutex_);
    bank_ = made;
    return {};
}

Result<SearchPage> SearchEngine::search(const SearchQuery& query, const ExamplePictures& examples,
                                        const std::stop_token& stop) const {
    HONE_CHECK(validate(query));
    HONE_TRY(PhotoFilter filter, parse_filter(query.filter));
    SearchRun run(*this, query, examples, std::move(filter), stop);
    return query.has_question() ? run.rank() : run.list();
}

}  // namespace hone
