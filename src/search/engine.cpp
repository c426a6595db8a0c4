// SPDX-License-Identifier: GPL-3.0-or-later
// One search, step by step: marks, evidence, ranking, facets, calibration and the page.
#include "search/engine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>

#include "base/config.hpp"
#include "base/time.hpp"
#include "search/background_vocabulary.hpp"
#include "search/explore.hpp"
#include "search/facet.hpp"
#include "search/filter_parser.hpp"
#include "search/stop.hpp"
#include "search/text_match.hpp"
#include "search/top_k.hpp"

namespace hone {

namespace {

// Rows scored exactly after the scan: int8 scores move a photo by some positions, never by this many
// (bench/scan).
constexpr std::size_t kLeastRescored = 1024, kRescoredPerResult = 4;
constexpr double kStyleTermWeight = 0.7;  // weight of a style term in the text, relative to the content's 1
constexpr double kMomentTrust = 0.5;  // a day has many subjects, so time and place alone are weak evidence
constexpr double kTextWinsBy = 0.1;   // AUC by which marks must be worse than the query text
constexpr std::size_t kMarksToDoubt = 3;  // of each kind, before the marks are doubted

// By photo number; photos beyond the end are false.
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

// Fills the page's totals, cuts and histogram.
void count_scores(std::span<const float> scores, const LogisticCalibration& calibration, SearchPage& page) {
    page.likely_cut = calibration.score_at(kLikely);
    page.possible_cut = calibration.score_at(kPossible);
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

// Converts the calibration of the content's scores to the scores with facets: the same in standard
// deviations.
LogisticCalibration carry_over(const LogisticCalibration& calibration, const ScoreMoments& from,
                               const ScoreMoments& to) {
    const double threshold = (calibration.threshold - from.mean) / from.deviation;
    return {to.mean + threshold * to.deviation, calibration.slope * from.deviation / to.deviation};
}

std::unexpected<Error> cancelled() {
    return fail(ErrorKind::kUnavailable, "the search was cancelled: it took too long, or the client left");
}

struct NamedMark {
    std::string name;  // full id, or the example's name
    std::optional<PhotoNumber> photo;
    std::vector<float> vector, style;  // style vector of an example
    float weight = 1;
};

}  // namespace

// One search, step by step. Not thread-safe.
class SearchRun {
  public:
    SearchRun(const SearchEngine& engine, const SearchQuery& query, const ExamplePictures& examples,
              PhotoFilter filter, std::shared_ptr<const Snapshot> library, const std::stop_token& stop)
        : engine_(engine),
          catalog_(engine.library_.catalog()),
          query_(query),
          examples_(examples),
          stop_(stop),
          filter_(std::move(filter)),
          view_(engine.content_->view()),
          library_(std::move(library)) {
        page_.query = query;
        page_.query.filter = to_string(filter_);
        page_.model = engine.model_->manifest().name;
    }

    Result<SearchPage> list();
    Result<SearchPage> rank();

  private:
    [[nodiscard]] Result<> check_wanted() const {
        if (!stop_.stop_requested()) return {};
        return cancelled();
    }
    // known: the photo of that name, if it is known already.
    Result<NamedMark> find_mark(const std::string& name, const Photo* known = nullptr) const;
    Result<std::vector<NamedMark>> find_marks(const std::vector<std::string>& names) const;
    Result<> read_marks();
    Result<> read_seen();
    [[nodiscard]] bool explores() const;
    Result<> check_contradictions() const;
    void gather_evidence();
    Result<> find_shown();
    void score_content();
    Result<> score_facets();
    void add_facets();
    void calibrate();
    Result<> add_bonus();
    void order_rows(std::size_t count);
    Result<> order_ties();
    Result<> fill_page();
    Result<std::vector<SearchHit>> hits_of(std::span<const PhotoNumber> photos) const;
    [[nodiscard]] std::vector<Reason> reasons_of(std::size_t row) const;
    [[nodiscard]] std::string source_name(const Source& source) const;
    [[nodiscard]] double exact_score(std::size_t row) const;
    [[nodiscard]] double bonus(PhotoNumber number, double score) const {
        return has(matches_text_, number) ? text_bonus(calibration_, score) : 0;
    }
    // Returns the best showable rows by query text alone, for an exploring or diverse page.
    [[nodiscard]] std::vector<std::size_t> pool();
    [[nodiscard]] const std::vector<float>& scores_by_text();
    void set_text_ranks();

    const SearchEngine& engine_;
    Catalog& catalog_;
    const SearchQuery& query_;
    const ExamplePictures& examples_;
    const std::stop_token& stop_;
    const PhotoFilter filter_;
    const SpaceView view_;
    const std::shared_ptr<const Snapshot> library_;
    const unsigned threads_ = processor_count();
    SearchPage page_;

    std::shared_ptr<const StyleSpace> styles_;
    std::optional<NamedMark> from_;
    bool from_is_text_ = false;
    std::vector<NamedMark> positives_, negatives_;
    std::vector<PhotoNumber> seen_;
    PhotoBits passes_, may_show_;  // the filter alone; all conditions together

    const FeedbackMethod* method_ = nullptr;
    std::vector<float> text_;
    Evidence evidence_;
    FacetMarks facet_marks_;
    std::vector<std::size_t> positive_index_, negative_index_;  // indices of evidence_ into the named marks
    std::optional<FeedbackSpace> space_;
    std::unique_ptr<Ranking> by_text_, ranking_;
    std::vector<float> scores_, scores_by_text_;
    ScoreMoments content_moments_;

    struct ActiveFacet {
        Facet facet;
        FacetScores scores;
        double weight = 0;       // in the sum, relative to the content's
        std::string style_term;  // the style term, if it is one
    };
    std::vector<ActiveFacet> facets_;
    double content_weight_ = 1;
    LogisticCalibration calibration_;
    PhotoBits matches_text_;
    std::vector<ScoredRow> order_;  // best first, in page order
    std::unordered_set<std::uint32_t> explored_;
};

Result<NamedMark> SearchRun::find_mark(const std::string& name, const Photo* known) const {
    const auto weight = query_.weights.find(name);
    const auto heavy = static_cast<float>(weight == query_.weights.end() ? 1 : weight->second);
    if (const auto example = examples_.find(name); example != examples_.end())
        return NamedMark{name, std::nullopt, example->second.content, example->second.style, heavy};
    Photo photo;
    if (known != nullptr) {
        photo = *known;
    } else {
        HONE_TRY(photo, catalog_.resolve(name));
    }
    const auto row = engine_.content_->find(photo.number, view_);
    if (!row)
        return fail(ErrorKind::kUnavailable,
                    "the photo {} is not indexed yet; try again when indexing is done", name);
    const auto values = view_.values(*row);
    return NamedMark{to_hex(photo.id), photo.number, {values.begin(), values.end()}, {}, heavy};
}

Result<std::vector<NamedMark>> SearchRun::find_marks(const std::vector<std::string>& names) const {
    std::vector<std::string> photo_names;
    std::ranges::copy_if(names, std::back_inserter(photo_names),
                         [&](const std::string& name) { return !examples_.contains(name); });
    HONE_TRY(const std::vector<Photo> photos, catalog_.resolve(photo_names));
    std::vector<NamedMark> marks;
    auto photo = photos.begin();
    for (const std::string& name : names) {
        HONE_TRY(NamedMark mark, find_mark(name, examples_.contains(name) ? nullptr : &*photo++));
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
    HONE_TRY(positives_, find_marks(query_.like));
    HONE_TRY(negatives_, find_marks(query_.unlike));
    HONE_CHECK(check_contradictions());
    from_is_text_ = from_ && !query_.has_text();
    if (query_.has_text()) {
        HONE_TRY(text_, engine_.model_->embed_text(query_.text));
    } else if (from_) {
        text_ = from_->vector;
    }
    // With both a text and an example, the example counts as a positive.
    if (from_ && !from_is_text_ &&
        std::ranges::none_of(positives_, [&](const NamedMark& mark) { return mark.name == from_->name; }))
        positives_.push_back(*from_);
    page_.query.weights.clear();
    const auto names = [&](const std::vector<NamedMark>& marks, std::vector<std::string>& target) {
        target.clear();
        for (const NamedMark& mark : marks) {
            target.push_back(mark.name);
            if (mark.weight != 1) page_.query.weights[mark.name] = mark.weight;
        }
    };
    names(positives_, page_.query.like);
    names(negatives_, page_.query.unlike);
    if (from_) page_.query.from = from_->name;
    return read_seen();
}

Result<> SearchRun::read_seen() {
    HONE_TRY(const std::vector<Photo> photos, catalog_.resolve(query_.seen));
    page_.query.seen.clear();
    for (const Photo& photo : photos) {
        page_.query.seen.push_back(to_hex(photo.id));
        seen_.push_back(photo.number);
    }
    return {};
}

Result<> SearchRun::check_contradictions() const {
    for (const NamedMark& positive : positives_) {
        for (const NamedMark& negative : negatives_) {
            const bool same = positive.name == negative.name;
            const bool copies = positive.photo && negative.photo &&
                                library_->groups().picture_of(*positive.photo) != PhotoGroups::kNone &&
                                library_->groups().picture_of(*positive.photo) ==
                                    library_->groups().picture_of(*negative.photo);
            if (same)
                return fail(
                    ErrorKind::kUsage,
                    "the photo {} is marked both as fitting and as not fitting; remove one of the marks",
                    positive.name);
            if (copies)
                return fail(ErrorKind::kUsage,
                            "the photos {} and {} are copies of one photo, one marked as fitting, one as not "
                            "fitting; remove one of the marks",
                            positive.name, negative.name);
        }
    }
    return {};
}

// Copies of one picture count once. Photos that were seen without a mark are implicit negatives.
void SearchRun::gather_evidence() {
    std::unordered_set<std::uint32_t> counted;
    const auto first_of_its_picture = [&](PhotoNumber photo) {
        const std::uint32_t picture = library_->groups().picture_of(photo);
        return picture == PhotoGroups::kNone || counted.insert(picture).second;
    };
    const auto take = [&](const std::vector<NamedMark>& marks, std::vector<Mark>& evidence,
                          std::vector<FacetMark>& facet, std::vector<std::size_t>& index) {
        for (std::size_t at = 0; at < marks.size(); ++at) {
            const NamedMark& mark = marks[at];
            if (mark.photo && !first_of_its_picture(*mark.photo)) continue;
            facet.push_back({mark.photo, mark.style, mark.weight, evidence.size()});
            evidence.push_back({mark.vector, mark.weight});
            index.push_back(at);
        }
    };
    evidence_.text = text_;
    take(positives_, evidence_.positives, facet_marks_.positives, positive_index_);
    take(negatives_, evidence_.negatives, facet_marks_.negatives, negative_index_);
    if (from_is_text_) facet_marks_.from = FacetMark{from_->photo, from_->style, 1, 0};
    PhotoBits marked;
    for (const auto* marks : {&positives_, &negatives_}) {
        for (const NamedMark& mark : *marks) {
            if (mark.photo) set(marked, *mark.photo);
        }
    }
    if (from_ && from_->photo) set(marked, *from_->photo);
    for (const PhotoNumber photo : seen_) {
        const auto row = engine_.content_->find(photo, view_);
        if (has(marked, photo) || !row || !first_of_its_picture(photo)) continue;
        set(marked, photo);  // a photo named twice counts once
        facet_marks_.implicit_negatives.push_back({photo, {}, 1, evidence_.implicit_negatives.size()});
        evidence_.implicit_negatives.push_back({view_.values(*row), 1});
    }
    auto& last = facet_marks_.implicit_negatives;
    if (last.size() > kLastImplicitNegatives)
        last.erase(last.begin(), last.end() - static_cast<std::ptrdiff_t>(kLastImplicitNegatives));
}

// Determines the photos that may be on the page: available, matched by the filter, and selected by `show`.
Result<> SearchRun::find_shown() {
    may_show_ = library_->available();
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
        const std::uint32_t group = library_->groups().of(photo);
        if (query_.show == Show::kSeen || group == PhotoGroups::kNone) return;
        // A shown cover stood for its whole group. Without groups, only copies of one picture are the same.
        for (const PhotoNumber other : library_->groups().members(group)) {
            const std::uint32_t picture = library_->groups().picture_of(other);
            const bool copy =
                picture != PhotoGroups::kNone && picture == library_->groups().picture_of(photo);
            if (query_.collapse || copy) set(known, other);
        }
    };
    for (const PhotoNumber photo : seen_) know(photo);
    if (query_.show == Show::kNew) {
        for (const auto* marks : {&positives_, &negatives_}) {
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
    by_text_ = rank_by_text(evidence_);
    if (evidence_.has_marks()) {
        space_.emplace(view_, engine_.statistics(view_), threads_, stop_);
        evidence_ = method_->weigh(std::move(evidence_), *space_);
        ranking_ = method_->rank(evidence_, *space_);
        if (!text_.empty() && evidence_.positives.size() >= kMarksToDoubt &&
            evidence_.negatives.size() + evidence_.implicit_negatives.size() >= kMarksToDoubt) {
            const MarkOrder order = order_of_marks(*method_, evidence_, *space_, *by_text_);
            if (order.by_marks < 0.5 && order.by_marks < order.by_text - kTextWinsBy) {
                page_.text_wins = true;
                ranking_ = rank_by_text(evidence_);
            }
        }
    } else {
        ranking_ = rank_by_text(evidence_);
    }
    scores_ = ranking_->scores(view_, threads_);
    content_moments_ = moments_of(scores_);
}

Result<> SearchRun::score_facets() {
    const auto boost = [&](Facet facet) {
        const auto found = query_.facets.find(facet);
        return found == query_.facets.end() ? 1.0 : found->second;
    };
    const double positive_weight = total_weight(evidence_.positives);
    const double trust = evidence_.positives.size() < 2 ? 0 : positive_weight / (positive_weight + 2);
    FacetState content{Facet::kContent, true, "", 0.5, boost(Facet::kContent), 0};
    if (space_ && evidence_.positives.size() >= 2) {
        content.auc = leave_one_out_auc(*method_, evidence_, *space_, background_of(view_));
    }
    struct Candidate {
        FacetState state;
        std::optional<FacetScores> scores;
        double trust = 1;
    };
    std::vector<Candidate> candidates;
    const auto without = [&](Facet facet, std::string why) {
        candidates.push_back({{facet, false, std::move(why), 0.5, boost(facet), 0}, std::nullopt, 1});
    };
    if (auto styles = engine_.library_.styles()) styles_ = std::move(*styles);
    const bool by_example = evidence_.positives.size() >= 2 || query_.facets.contains(Facet::kStyle);
    if (!styles_ || styles_->styles().view().size() == 0) {
        without(Facet::kStyle, "no photo has a style yet; index the folders again");
    } else if (auto scores =
                   by_example ? score_styles(*styles_, facet_marks_, threads_, stop_) : std::nullopt) {
        candidates.push_back(
            {{Facet::kStyle, true, "", scores->auc, boost(Facet::kStyle), 0}, std::move(scores), 1});
    } else {
        candidates.push_back({{Facet::kStyle, true, "", 0.5, boost(Facet::kStyle), 0}, std::nullopt, 1});
    }
    const bool by_people = evidence_.positives.size() >= 2 || query_.facets.contains(Facet::kPeople);
    if (library_->photos_with_people() == 0)
        without(Facet::kPeople, "no faces are indexed yet");
    else if (auto scores = by_people ? score_people(*library_, facet_marks_, threads_, stop_) : std::nullopt)
        candidates.push_back(
            {{Facet::kPeople, true, "", scores->auc, boost(Facet::kPeople), 0}, std::move(scores), 1});
    else
        candidates.push_back({{Facet::kPeople, true, "", 0.5, boost(Facet::kPeople), 0}, std::nullopt, 1});
    const bool by_capture = evidence_.positives.size() >= 2 || query_.facets.contains(Facet::kMoment);
    if (library_->photos_with_time() + library_->photos_with_position() == 0)
        without(Facet::kMoment, "no photo has a time or a position");
    else if (auto scores =
                 by_capture ? score_captures(*library_, facet_marks_, threads_, stop_) : std::nullopt)
        candidates.push_back({{Facet::kMoment, true, "", scores->auc, boost(Facet::kMoment), 0},
                              std::move(scores),
                              kMomentTrust});
    else
        candidates.push_back({{Facet::kMoment, true, "", 0.5, boost(Facet::kMoment), 0}, std::nullopt, 1});

    // The facet with the best separation sets the measure. The content keeps the weight that the marks do not
    // claim. Another facet counts by the square of its ratio, so one that separates half as well adds a
    // quarter.
    double best = logit(content.auc);
    for (const Candidate& candidate : candidates) best = std::max(best, logit(candidate.state.auc));
    const auto share = [&](double auc) { return best > 0 ? logit(auc) / best : 0; };
    content_weight_ = content.boost * (1 - trust + trust * (best > 0 ? share(content.auc) : 1));
    double total = content_weight_;
    for (Candidate& candidate : candidates) {
        if (!candidate.scores) continue;
        // A boosted facet counts even when the marks say nothing about it.
        const bool boosted = query_.facets.contains(candidate.state.facet);
        const double taught = trust * candidate.trust * std::pow(share(candidate.state.auc), 2);
        const double weight = candidate.state.boost * (boosted ? std::max(taught, 0.5) : taught);
        if (weight < 0.02) continue;
        candidate.state.weight = weight;
        total += weight;
        facets_.push_back({candidate.state.facet, std::move(*candidate.scores), weight, ""});
    }
    if (styles_ && query_.has_text() && boost(Facet::kStyle) > 0) {
        for (const FoundStyleTerm& found : find_style_terms(query_.text)) {
            const bool used =
                !query_.style_terms ||
                std::ranges::find(*query_.style_terms, found.word->name) != query_.style_terms->end();
            page_.style_terms.push_back({found.word->name, used});
            if (!used || styles_->terms().view().size() == 0) continue;
            const double weight =
                kStyleTermWeight * (query_.facets.contains(Facet::kStyle) ? boost(Facet::kStyle) : 1);
            facets_.push_back(
                {Facet::kStyle, score_style_term(*styles_, *found.word, threads_), weight, found.word->name});
            total += weight;
            for (Candidate& candidate : candidates) {
                if (candidate.state.facet == Facet::kStyle) candidate.state.weight += weight;
            }
        }
    }
    if (total <= 0)
        return fail(ErrorKind::kUsage, "every facet that could rank these photos is off; switch one on");
    content.weight = content_weight_ / total;
    page_.facets.push_back(content);
    for (Candidate& candidate : candidates) {
        candidate.state.weight /= total;
        page_.facets.push_back(candidate.state);
    }
    return {};
}

// score = content weight x content + its standard deviation x sum of weight x facet: in the content's unit,
// and equal to the content's score when no facet counts.
void SearchRun::add_facets() {
    if (facets_.empty() && content_weight_ == 1) return;
    for_each_row(view_, [&](std::size_t row, PhotoNumber photo) {
        double sum = content_weight_ * scores_[row];
        for (const ActiveFacet& facet : facets_)
            sum += content_moments_.deviation * facet.weight * facet.scores.of(photo);
        scores_[row] = static_cast<float>(sum);
    });
}

double SearchRun::exact_score(std::size_t row) const {
    double sum = content_weight_ * ranking_->score(view_, row);
    for (const ActiveFacet& facet : facets_)
        sum += content_moments_.deviation * facet.weight * facet.scores.of(view_.label(row));
    return sum;
}

void SearchRun::calibrate() {
    const ScoreMoments moments = moments_of(scores_);
    const auto& manifest = engine_.model_->manifest().calibration;
    const bool text = query_.has_text() && content_weight_ > 0;
    // The calibration by query text alone, in the content's scores.
    const auto text_calibration = [&](std::span<const float> scores) -> std::optional<LogisticCalibration> {
        if (!text) return std::nullopt;
        if (manifest) return calibration_of_manifest(*manifest);
        const auto vocabulary = engine_.background_vocabulary();
        if (!vocabulary) return std::nullopt;
        return calibration_from_vocabulary(*vocabulary, text_, view_, scores, threads_);
    };
    std::optional<LogisticCalibration> calibration;
    if (evidence_.has_marks() && !page_.text_wins) {
        if (content_weight_ > 0)
            calibration = calibration_from_marks(*method_, evidence_, *space_, content_moments_);
        if (calibration) page_.calibration = Calibration::kMarks;
        if (!calibration && text) {
            // These marks do not show where the list ends: as many photos are likely as by the query text.
            const std::vector<float>& by_text = scores_by_text();
            if (const auto likely_by_text = text_calibration(by_text)) {
                const auto likely = static_cast<std::size_t>(std::ranges::count_if(
                    by_text, [&](float score) { return score >= likely_by_text->threshold; }));
                page_.calibration = Calibration::kText;
                calibration_ = calibration_keeping(likely, scores_, moments);
                return;
            }
        }
    } else if ((calibration = text_calibration(scores_))) {
        page_.calibration = Calibration::kText;
    }
    if (!calibration) {
        calibration_ = calibration_of_moments(moments);
        return;
    }
    const bool content_only = facets_.empty() && content_weight_ == 1;
    calibration_ = content_only ? *calibration : carry_over(*calibration, content_moments_, moments);
}

Result<> SearchRun::add_bonus() {
    if (query_.facts) {
        if (const std::vector<std::string> wanted = terms_to_match(query_.text); !wanted.empty()) {
            HONE_TRY(const std::vector<PhotoNumber> holders, catalog_.matching_text(wanted, query_.paths));
            matches_text_ = bits_of(holders);
        }
    }
    bool any_likely = false;
    for_each_row(view_, [&](std::size_t row, PhotoNumber photo) {
        if (!library_->is_available(photo)) {
            scores_[row] = kHidden;
            return;
        }
        scores_[row] += static_cast<float>(bonus(photo, scores_[row]));
        any_likely = any_likely || scores_[row] >= calibration_.threshold;
        if (!has(may_show_, photo)) scores_[row] = kHidden;
    });
    page_.nothing_fits = !any_likely;
    return {};
}

const std::vector<float>& SearchRun::scores_by_text() {
    if (scores_by_text_.empty()) scores_by_text_ = by_text_->scores(view_, threads_);
    return scores_by_text_;
}

// Computes the text ranks of the whole page in one pass over the scores.
void SearchRun::set_text_ranks() {
    if (text_.empty() || !evidence_.has_marks() || page_.hits.empty()) return;
    const std::vector<float>& scores = scores_by_text();
    std::vector<std::pair<float, SearchHit*>> hits;
    for (SearchHit& hit : page_.hits) {
        if (const auto row = engine_.content_->find(hit.photo.number, view_))
            hits.emplace_back(scores[*row], &hit);
    }
    std::ranges::sort(hits, std::less{}, &std::pair<float, SearchHit*>::first);
    std::vector<std::uint64_t> above(hits.size() + 1);  // above[n]: rows above exactly the first n hits
    for_each_row(view_, [&](std::size_t row, PhotoNumber photo) {
        if (has(passes_, photo))
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

std::vector<std::size_t> SearchRun::pool() {
    std::vector<float> by_text = scores_by_text();
    for_each_row(view_, [&](std::size_t row, PhotoNumber photo) {
        if (!has(may_show_, photo)) by_text[row] = kHidden;
    });
    // As many photos as match the query text, as far as known.
    std::size_t size = kMostPool;
    std::vector<ScoredRow> best = top_k(by_text, kMostPool);
    const auto& manifest = engine_.model_->manifest().calibration;
    if (query_.has_text() && manifest) {
        const auto likely =
            std::ranges::count_if(best, [&](const ScoredRow& row) { return row.score >= manifest->likely; });
        size = std::clamp(static_cast<std::size_t>(likely), kLeastPool, kMostPool);
    } else if (const auto vocabulary = query_.has_text() ? engine_.background_vocabulary() : nullptr) {
        size = std::clamp(vocabulary->likely(text_, view_, best, threads_), kLeastPool, kMostPool);
    }
    std::vector<std::size_t> rows;
    for (std::size_t at = 0; at < std::min(size, best.size()); ++at) rows.push_back(best[at].row);
    return rows;
}

// Uses the results of the rounds so far. Unless given, each showed `limit` of the seen photos. A positive in
// none of them was found elsewhere, so it is not a mistake.
bool SearchRun::explores() const {
    if (!method_->explores() || query_.show != Show::kNew || from_ || text_.empty()) return false;
    std::vector<ShownPage> rounds = query_.rounds;
    if (rounds.empty()) {
        PhotoBits positives;
        for (const NamedMark& mark : positives_) {
            if (mark.photo) set(positives, *mark.photo);
        }
        for (std::size_t at = 0; at < seen_.size(); ++at) {
            if (at % query_.limit == 0) rounds.emplace_back();
            ++rounds.back().photos;
            rounds.back().positives += has(positives, seen_[at]) ? 1 : 0;
        }
    }
    std::size_t positives = 0;
    for (const ShownPage& round : rounds) positives += round.positives;
    return positives >= positives_.size() && page_explores(evidence_, rounds, query_.limit);
}

// Orders the best `count` rows, and chooses those of an exploring or diverse page.
void SearchRun::order_rows(std::size_t count) {
    order_ = top_k(scores_, count);
    explored_.clear();
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
            if (const auto row = engine_.content_->find(photo, view_)) shown.push_back(*row);
        }
    } else {
        for (const ScoredRow& row : order_) {
            if (row.score < calibration_.score_at(kPossible) && choice.size() >= kLeastPool) break;
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

// Facts of the photos, in their order, in one statement.
Result<std::vector<SearchHit>> SearchRun::hits_of(std::span<const PhotoNumber> photos) const {
    HONE_TRY(std::vector<ListedPhoto> listed, catalog_.list(photos));
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

std::string SearchRun::source_name(const Source& source) const {
    switch (source.kind) {
        case Source::Kind::kText:
            return from_is_text_ ? from_->name : "text";
        case Source::Kind::kPositive:
            return positives_[positive_index_[source.mark]].name;
        case Source::Kind::kNegative:
            return negatives_[negative_index_[source.mark]].name;
        case Source::Kind::kImplicitNegative:
            return "seen";
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
        const double unit = content_moments_.deviation * facet.weight, value = unit * facet.scores.of(photo);
        const std::string name(facet_name(facet.facet));
        if (!facet.style_term.empty()) {
            reasons.push_back({name, value, "style:" + facet.style_term});
            continue;
        }
        if (value == 0) continue;
        const std::vector<Share> shares = facet.scores.shares(photo);
        double sum = 0;
        for (const Share& share : shares) sum += unit * share.value;
        // Scores are clamped at kMostDeviations; the excess belongs to no source.
        const double kept = std::abs(sum) > std::abs(value) && sum * value > 0 ? value / sum : 1;
        for (const Share& share : shares)
            reasons.push_back({name, unit * share.value * kept, source_name(share.source)});
        const double rest = value - sum * kept;
        if (std::abs(rest) > 1e-9) reasons.push_back({name, rest, "library"});
    }
    if (has(matches_text_, photo)) reasons.push_back({"text_index", bonus(photo, exact_score(row)), "text"});
    return reasons;
}

// Orders equal scores by id, independent of the reading order.
Result<> SearchRun::order_ties() {
    std::vector<std::pair<std::size_t, std::size_t>> ties;  // ranges of order_
    std::vector<PhotoNumber> photos;
    for (std::size_t start = explored_.size(); start < order_.size();) {
        std::size_t end = start + 1;
        while (end < order_.size() && order_[end].score == order_[start].score) ++end;
        if (end - start > 1) {
            ties.emplace_back(start, end);
            for (std::size_t at = start; at < end; ++at) photos.push_back(view_.label(order_[at].row));
        }
        start = end;
    }
    if (ties.empty()) return {};
    HONE_TRY(const std::vector<SearchHit> hits, hits_of(photos));
    std::size_t next = 0;
    for (const auto& [start, end] : ties) {
        std::vector<std::pair<PhotoId, std::uint32_t>> ids;
        for (std::size_t at = start; at < end; ++at) ids.emplace_back(hits[next++].photo.id, order_[at].row);
        std::ranges::sort(ids);
        for (std::size_t at = start; at < end; ++at) order_[at].row = ids[at - start].second;
    }
    return {};
}

// Walks the ranked photos, one per group, until the page is full. Long groups can take more rows than were
// ordered; then more are.
Result<> SearchRun::fill_page() {
    struct Card {
        ScoredRow row;
        std::uint32_t group;
    };
    std::vector<Card> cards;
    const std::size_t first_after = query_.offset + query_.limit;
    for (std::size_t count = std::max(kLeastRescored, kRescoredPerResult * first_after);; count *= 4) {
        HONE_CHECK(check_wanted());
        order_rows(count);
        HONE_CHECK(order_ties());
        cards.clear();
        page_.end = true;
        std::unordered_set<std::uint32_t> shown_groups;
        std::size_t position = 0;
        for (const ScoredRow& row : order_) {
            const std::uint32_t group =
                query_.collapse ? library_->groups().of(view_.label(row.row)) : PhotoGroups::kNone;
            if (group != PhotoGroups::kNone && !shown_groups.insert(group).second) continue;
            if (position == first_after) {
                page_.end = false;
                break;
            }
            if (position++ >= query_.offset) cards.push_back({row, group});
        }
        if (!page_.end || order_.size() >= page_.total) break;
    }

    // The photos of the page and the listed members of their groups, in one statement.
    std::vector<PhotoNumber> photos;
    for (const Card& card : cards) photos.push_back(view_.label(card.row.row));
    std::vector<std::size_t> grouped(cards.size()), listed(cards.size());
    for (std::size_t at = 0; at < cards.size(); ++at) {
        if (cards[at].group == PhotoGroups::kNone) continue;
        for (const PhotoNumber other : library_->groups().members(cards[at].group)) {
            if (other == photos[at] || !has(may_show_, other)) continue;
            if (++grouped[at] > SearchHit::kListedMembers) continue;
            ++listed[at];
            photos.push_back(other);
        }
    }
    HONE_TRY(std::vector<SearchHit> facts, hits_of(photos));
    std::size_t member = cards.size();
    for (std::size_t at = 0; at < cards.size(); ++at) {
        SearchHit& hit = facts[at];
        const ScoredRow& row = cards[at].row;
        hit.score = row.score;
        hit.probability = calibration_.probability(hit.score);
        hit.explores = page_.explores && explored_.contains(row.row);
        hit.reasons = reasons_of(row.row);
        hit.grouped = grouped[at];
        for (std::size_t other = 0; other < listed[at]; ++other, ++member)
            hit.group.emplace_back(std::move(facts[member].photo), std::move(facts[member].listing));
        page_.hits.push_back(std::move(hit));
    }
    return {};
}

Result<SearchPage> SearchRun::rank() {
    const Stopwatch watch;
    HONE_TRY(method_, find_feedback_method(query_.method));
    HONE_CHECK(read_marks());
    gather_evidence();
    if (text_.empty() && evidence_.positives.empty() && evidence_.negatives.empty() &&
        evidence_.implicit_negatives.empty())
        return fail(ErrorKind::kUsage,
                    "these marks leave nothing to search for: add words or a photo that fits");
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
        count_scores(scores_, calibration_, page_);
        HONE_CHECK(fill_page());
        set_text_ranks();
    }
    page_.took_ms = watch.seconds() * 1000;
    return std::move(page_);
}

// Returns the page of a query with a filter only.
Result<SearchPage> SearchRun::list() {
    const Stopwatch watch;
    HONE_TRY(std::vector<PhotoNumber> numbers, catalog_.matching_newest_taken(filter_));
    HONE_CHECK(read_seen());
    if (query_.show != Show::kAll) {
        const PhotoBits seen = bits_of(seen_);
        std::erase_if(numbers,
                      [&](PhotoNumber number) { return has(seen, number) != (query_.show == Show::kSeen); });
    }
    page_.total = page_.likely = numbers.size();
    const std::size_t first = std::min(query_.offset, numbers.size()),
                      last = std::min(first + query_.limit, numbers.size());
    page_.end = last == numbers.size();
    HONE_TRY(page_.hits, hits_of(std::span(numbers).subspan(first, last - first)));
    for (SearchHit& hit : page_.hits) hit.probability = 1;
    page_.took_ms = watch.seconds() * 1000;
    return std::move(page_);
}

SearchEngine::SearchEngine(Library& library, std::shared_ptr<const VectorSpace> content,
                           std::shared_ptr<ImageTextModel> model)
    : library_(library), content_(std::move(content)), model_(std::move(model)) {}

std::uint64_t SearchEngine::searchable() const {
    const auto library = library_.snapshot();
    if (!library) return 0;
    const SpaceView view = content_->view();
    const std::array<std::uint64_t, 3> state{(*library)->version(), view.size(), view.generation()};
    const std::lock_guard lock(searchable_mutex_);
    if (searchable_of_ != state) {
        searchable_ = 0;
        for_each_row(view, [&](std::size_t, PhotoNumber photo) {
            searchable_ += (*library)->is_available(photo) ? 1 : 0;
        });
        searchable_of_ = state;
    }
    return searchable_;
}

std::shared_ptr<const SpaceStatistics> SearchEngine::statistics(const SpaceView& view) const {
    const std::lock_guard lock(mutex_);
    const std::size_t rows = SpaceStatistics::measured_size(view.size());
    if (!statistics_ || measured_ != rows || generation_ != view.generation()) {
        statistics_ = SpaceStatistics::measure(view, processor_count());
        measured_ = rows;
        generation_ = view.generation();
    }
    return statistics_;
}

std::shared_ptr<const BackgroundVocabulary> SearchEngine::background_vocabulary() const {
    if (model_->manifest().calibration) return nullptr;
    const std::lock_guard lock(mutex_);
    if (!vocabulary_) {
        if (auto vocabulary = load_background_vocabulary(library_.vectors_directory(), *model_, false))
            vocabulary_ = std::move(*vocabulary);
    }
    return vocabulary_;
}

Result<> SearchEngine::warm_up() const {
    if (const SpaceView view = content_->view(); view.size() > 0) (void)statistics(view);
    if (model_->manifest().calibration) return {};
    HONE_TRY(const auto made, load_background_vocabulary(library_.vectors_directory(), *model_, true));
    const std::lock_guard lock(mutex_);
    vocabulary_ = made;
    return {};
}

Result<SearchPage> SearchEngine::search(const SearchQuery& query, const ExamplePictures& examples,
                                        const std::stop_token& stop) const {
    HONE_CHECK(validate(query));
    HONE_TRY(PhotoFilter filter, parse_filter(query.filter));
    HONE_TRY(auto library, library_.snapshot());
    SearchRun run(*this, query, examples, std::move(filter), std::move(library), stop);
    try {
        return query.has_question() ? run.rank() : run.list();
    } catch (const SearchStopped&) {
        return cancelled();
    }
}

}  // namespace hone
