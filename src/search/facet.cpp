// SPDX-License-Identifier: GPL-3.0-or-later
// The scores of each facet, and their leave-one-out AUC.
#include "search/facet.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <memory>

#include "base/parallel.hpp"
#include "base/stop.hpp"
#include "search/auc.hpp"
#include "search/calibration.hpp"
#include "search/capture_nearness.hpp"

namespace hone {

namespace {

constexpr std::size_t kPhotosAtOnce = 1024;
constexpr std::size_t kBackground = 96;  // rows that represent the photos without a judgement

float in_deviations(double score, const ScoreMoments& moments) {
    return std::clamp(static_cast<float>((score - moments.mean) / moments.deviation), -kMostDeviations,
                      kMostDeviations);
}

// Converts scores by row to scores by photo number.
std::vector<float> by_photo(const SpaceView& view, std::span<const float> scores,
                            const ScoreMoments& moments) {
    std::vector<float> photos;
    view.for_each([&](std::size_t row, std::uint32_t label) {
        if (label >= photos.size()) photos.resize(std::max(std::size_t{label} + 1, view.size()));
        photos[label] = in_deviations(scores[row], moments);
    });
    return photos;
}

// In the style space too, an implicit negative is weaker evidence than an explicit one.
class StyleMethod final : public FeedbackMethod {
  public:
    [[nodiscard]] std::string_view name() const override { return "style"; }
    // Style vectors are already whitened (docs/style.md), so their means are good query vectors.
    [[nodiscard]] std::unique_ptr<Ranking> rank(const Evidence& evidence,
                                                const FeedbackSpace& space) const override {
        auto ranking = std::make_unique<LinearRanking>(space.view.values(0).size());
        ranking->add({Source::Kind::kText, 0}, evidence.text, 1);
        add_mean(*ranking, Source::Kind::kPositive, evidence.positives, 1);
        add_mean(*ranking, Source::Kind::kNegative, evidence.negatives, -0.5);
        add_mean(*ranking, Source::Kind::kImplicitNegative, evidence.implicit_negatives, -0.25);
        return ranking;
    }
};

}  // namespace

std::vector<std::size_t> background_of(const SpaceView& view) {
    std::vector<std::size_t> rows(std::min(kBackground, view.size()));
    for (std::size_t at = 0; at < rows.size(); ++at) rows[at] = at * view.size() / rows.size();
    return rows;
}

double leave_one_out_auc(const FeedbackMethod& method, Evidence evidence, const FeedbackSpace& space,
                         std::span<const std::size_t> background_rows) {
    if (evidence.positives.size() < 2) return 0.5;
    keep_last_implicit_negatives(evidence);
    // A left-out positive against all others, in the same ranking.
    double sum = 0;
    const std::size_t count = std::min(evidence.positives.size(), kLeftOut);
    for (std::size_t at = 0; at < count; ++at) {
        throw_if_stopped(space.stop);
        const std::size_t mark = at * evidence.positives.size() / count;
        Evidence without = evidence;
        without.positives.erase(without.positives.begin() + static_cast<std::ptrdiff_t>(mark));
        without.text = {};  // without the query text, to measure the marks alone
        const auto ranking = method.rank(without, space);
        std::vector<double> others;
        for (const auto* marks : {&evidence.negatives, &evidence.implicit_negatives}) {
            for (std::size_t other = 0; other < std::min(marks->size(), 4 * kLeftOut); ++other)
                others.push_back(ranking->score((*marks)[other].vector));
        }
        for (const std::size_t row : background_rows)
            others.push_back(ranking->score(space.view.values(row)));
        const double fit = ranking->score(evidence.positives[mark].vector);
        sum += area_under_roc({fit}, std::move(others));
    }
    return sum / static_cast<double>(count);
}

double logit(double leave_one_out_auc) {
    const double area = std::clamp(leave_one_out_auc, 0.5, 0.99);
    return std::log(area / (1 - area));
}

std::optional<FacetScores> score_styles(const StyleViews& spaces, const FacetMarks& marks, unsigned threads,
                                        const std::stop_token& stop) {
    const SpaceView& view = spaces.styles;
    if (view.size() == 0) return std::nullopt;
    const auto vector_of = [&](const FacetMark& mark) -> std::span<const float> {
        if (!mark.photo) return mark.style;
        const auto row = view.find(*mark.photo);
        return row ? view.values(*row) : std::span<const float>{};
    };
    Evidence evidence;
    std::vector<std::size_t> positive_index, negative_index;
    const auto take = [&](const std::vector<FacetMark>& from, std::vector<Mark>& to,
                          std::vector<std::size_t>* index) {
        for (const FacetMark& mark : from) {
            const auto vector = vector_of(mark);
            if (vector.empty()) continue;
            to.push_back({vector, mark.weight});
            if (index != nullptr) index->push_back(mark.index);
        }
    };
    if (marks.from) evidence.text = vector_of(*marks.from);
    take(marks.positives, evidence.positives, &positive_index);
    take(marks.negatives, evidence.negatives, &negative_index);
    take(marks.implicit_negatives, evidence.implicit_negatives, nullptr);
    if (evidence.text.empty() && evidence.positives.empty() && evidence.negatives.empty())
        return std::nullopt;

    const StyleMethod method;
    const FeedbackSpace space{view, nullptr, threads, stop};
    std::shared_ptr<const Ranking> ranking = method.rank(evidence, space);
    const std::vector<float> scores = ranking->scores(view, threads, stop);
    const ScoreMoments moments = moments_of(scores);
    FacetScores result;
    result.by_photo = by_photo(view, scores, moments);
    result.auc = leave_one_out_auc(method, evidence, space, background_of(view));
    result.shares = [view, ranking, moments, positive_index, negative_index](PhotoNumber photo) {
        std::vector<Share> shares;
        const auto row = view.find(photo);
        if (!row) return shares;
        shares = ranking->shares(view, *row);
        for (Share& share : shares) {
            share.value /= moments.deviation;
            if (share.source.kind == Source::Kind::kPositive)
                share.source.mark = positive_index[share.source.mark];
            if (share.source.kind == Source::Kind::kNegative)
                share.source.mark = negative_index[share.source.mark];
        }
        shares.push_back({{Source::Kind::kLibrary, 0}, -moments.mean / moments.deviation});
        return shares;
    };
    return result;
}

namespace {

// A positive that has the facet.
struct Known {
    double weight = 1;
    Source source;
    PhotoNumber photo = 0;
};

// Scores photos by their nearness to the positives. photos: number of photos. Near has
//   near(photo, positive): 0..1, NaN when one of the two lacks the facet;
//   add(first, positives, weighted, weights): adds for each photo from `first` on the sums of weight x near
//   and of the weights over the positives whose nearness is known.
template <typename Near>
std::optional<FacetScores> score_by_nearness(std::size_t photos, const FacetMarks& marks, const Near& facet,
                                             unsigned threads, const std::stop_token& stop) {
    std::vector<Known> positives;
    const auto take = [&](const FacetMark& mark, Source source) {
        if (!mark.photo) return;
        if (!std::isnan(facet.near(*mark.photo, *mark.photo)))
            positives.push_back({mark.weight, source, *mark.photo});
    };
    if (marks.from) take(*marks.from, {Source::Kind::kText, 0});
    for (const FacetMark& mark : marks.positives) take(mark, {Source::Kind::kPositive, mark.index});
    if (positives.empty()) return std::nullopt;
    double total = 0;
    for (const Known& known : positives) total += known.weight;

    std::vector<float> raw(photos);
    in_parallel(
        photos, threads,
        [&](std::size_t first, std::size_t last) {
            std::array<float, kPhotosAtOnce> weighted, weights;
            for (std::size_t from = first; from < last; from += kPhotosAtOnce) {
                throw_if_stopped(stop);
                const std::size_t count = std::min(kPhotosAtOnce, last - from);
                weighted.fill(0);
                weights.fill(0);
                facet.add(from, positives, std::span(weighted).first(count), std::span(weights).first(count));
                for (std::size_t at = 0; at < count; ++at)
                    raw[from + at] = weights[at] > 0 ? weighted[at] / weights[at]
                                                     : std::numeric_limits<float>::quiet_NaN();
            }
        },
        16 * kPhotosAtOnce);
    std::vector<float> known_scores;
    for (const float score : raw) {
        if (!std::isnan(score)) known_scores.push_back(score);
    }
    const ScoreMoments moments = moments_of(known_scores);
    FacetScores result;
    result.by_photo.resize(raw.size());
    for (std::size_t photo = 0; photo < raw.size(); ++photo)
        result.by_photo[photo] = std::isnan(raw[photo]) ? 0 : in_deviations(raw[photo], moments);
    if (positives.size() >= 2) {
        std::vector<PhotoNumber> others;
        for (const auto* some : {&marks.negatives, &marks.implicit_negatives}) {
            for (const FacetMark& mark : *some) {
                if (mark.photo) others.push_back(*mark.photo);
            }
        }
        for (std::size_t at = 0; at < kBackground && !raw.empty(); ++at)
            others.push_back(static_cast<PhotoNumber>(at * raw.size() / kBackground));
        // Sums over the positives that share the facet with the photo. A left-out positive leaves the sums of
        // the others, so it costs one subtraction per photo.
        struct Sum {
            double weighted = 0, weights = 0;
            [[nodiscard]] double mean() const {
                return weights > 0 ? weighted / weights : std::numeric_limits<double>::quiet_NaN();
            }
        };
        const auto sum_of = [&](PhotoNumber photo) {
            Sum sum;
            for (const Known& known : positives) {
                const double near = facet.near(photo, known.photo);
                if (std::isnan(near)) continue;
                sum.weighted += known.weight * near;
                sum.weights += known.weight;
            }
            return sum;
        };
        std::vector<Sum> sums;
        for (const PhotoNumber other : others) sums.push_back(sum_of(other));
        const auto without = [&](PhotoNumber photo, Sum sum, const Known& left_out) {
            const double near = facet.near(photo, left_out.photo);
            if (std::isnan(near)) return sum.mean();
            sum.weighted -= left_out.weight * near;
            sum.weights -= left_out.weight;
            // What remains of the last weight is a rounding error.
            if (sum.weights < 1e-6) sum.weights = 0;
            return sum.mean();
        };
        double sum = 0, count = 0;
        const std::size_t left = std::min(positives.size(), kLeftOut);
        for (std::size_t at = 0; at < left; ++at) {
            throw_if_stopped(stop);
            const Known& known = positives[at * positives.size() / left];
            std::vector<double> away;
            for (std::size_t other = 0; other < others.size(); ++other) {
                const double value = without(others[other], sums[other], known);
                if (!std::isnan(value)) away.push_back(value);
            }
            const double own = without(known.photo, sum_of(known.photo), known);
            if (std::isnan(own) || away.empty()) continue;
            sum += area_under_roc({own}, std::move(away));
            ++count;
        }
        if (count > 0) result.auc = sum / count;
    }
    auto kept = std::make_shared<const std::vector<Known>>(std::move(positives));
    result.shares = [facet, kept, total, moments](PhotoNumber photo) {
        std::vector<Share> shares;
        for (const Known& known : *kept) {
            const double near = facet.near(photo, known.photo);
            if (!std::isnan(near))
                shares.push_back({known.source, known.weight * near / total / moments.deviation});
        }
        if (!shares.empty())
            shares.push_back({{Source::Kind::kLibrary, 0}, -moments.mean / moments.deviation});
        return shares;
    };
    return result;
}

struct CaptureFacet {
    const Snapshot& library;

    [[nodiscard]] double near(PhotoNumber photo, PhotoNumber positive) const {
        return nearness(library.capture(photo), library.capture(positive));
    }
    void add(std::size_t first, std::span<const Known> positives, std::span<float> weighted,
             std::span<float> weights) const {
        std::vector<CapturePoint> photos;
        for (std::size_t at = 0; at < weighted.size(); ++at)
            photos.push_back(library.capture(static_cast<PhotoNumber>(first + at)));
        std::vector<WeightedCapture> marks;
        for (const Known& known : positives)
            marks.push_back({library.capture(known.photo), static_cast<float>(known.weight)});
        add_nearness(photos, marks, weighted, weights);
    }
};

// The fraction of the people in either photo who are in both (Jaccard 1901).
struct PeopleFacet {
    const Snapshot& library;

    [[nodiscard]] double near(PhotoNumber photo, PhotoNumber positive) const {
        const auto a = library.people_of(photo), b = library.people_of(positive);
        if (a.empty() || b.empty()) return std::numeric_limits<double>::quiet_NaN();
        const auto both = static_cast<double>(std::ranges::count_if(
            a, [&](PersonId person) { return std::ranges::find(b, person) != b.end(); }));
        return both / (static_cast<double>(a.size() + b.size()) - both);
    }
    void add(std::size_t first, std::span<const Known> positives, std::span<float> weighted,
             std::span<float> weights) const {
        std::vector<PersonId> wanted;
        float all = 0;
        for (const Known& known : positives) {
            const auto people = library.people_of(known.photo);
            wanted.insert(wanted.end(), people.begin(), people.end());
            all += static_cast<float>(known.weight);
        }
        std::ranges::sort(wanted);
        for (std::size_t at = 0; at < weighted.size(); ++at) {
            const auto photo = static_cast<PhotoNumber>(first + at);
            const auto people = library.people_of(photo);
            if (people.empty()) continue;
            // Most photos show none of them.
            if (std::ranges::none_of(
                    people, [&](PersonId person) { return std::ranges::binary_search(wanted, person); })) {
                weights[at] += all;
                continue;
            }
            for (const Known& known : positives) {
                weighted[at] += static_cast<float>(known.weight * near(photo, known.photo));
                weights[at] += static_cast<float>(known.weight);
            }
        }
    }
};

}  // namespace

std::optional<FacetScores> score_captures(const Snapshot& library, const FacetMarks& marks, unsigned threads,
                                          const std::stop_token& stop) {
    return score_by_nearness(library.size(), marks, CaptureFacet{library}, threads, stop);
}

std::optional<FacetScores> score_people(const Snapshot& library, const FacetMarks& marks, unsigned threads,
                                        const std::stop_token& stop) {
    return score_by_nearness(library.size(), marks, PeopleFacet{library}, threads, stop);
}

std::vector<FoundStyleTerm> find_style_terms(std::string_view text) {
    // Text as " one  two ", with every character outside words as a blank.
    std::string padded(1, ' ');
    for (const char sign : text) {
        const auto byte = static_cast<unsigned char>(sign);
        const bool part = byte >= 0x80 || std::isalnum(byte) != 0 || sign == '&' || sign == '-';
        padded += part ? static_cast<char>(std::tolower(byte)) : ' ';
        if (!part && padded.size() > 1 && padded[padded.size() - 2] == ' ') padded.pop_back();
    }
    padded += ' ';
    std::vector<std::pair<std::string_view, const ReadableStyleTerm*>> spellings;
    for (const ReadableStyleTerm& word : StyleSpace::vocabulary()) {
        for (const std::string& spelling : word.spellings) spellings.emplace_back(spelling, &word);
    }
    std::ranges::sort(spellings, [](const auto& a, const auto& b) {
        return std::pair(b.first.size(), a.first) < std::pair(a.first.size(), b.first);
    });
    std::vector<FoundStyleTerm> found;
    for (const auto& [spelling, word] : spellings) {
        const std::string wanted = " " + std::string(spelling) + " ";
        const std::size_t place = padded.find(wanted);
        if (place == std::string::npos) continue;
        padded.replace(place + 1, spelling.size(), "\x01");  // consumed: shorter terms cannot match inside it
        if (std::ranges::find(found, word, &FoundStyleTerm::word) == found.end())
            found.push_back({word, std::string(spelling)});
    }
    return found;
}

FacetScores score_style_term(const StyleViews& spaces, const ReadableStyleTerm& word, unsigned threads,
                             const std::stop_token& stop) {
    const SpaceView& view = spaces.terms;
    std::vector<float> one(view.values(0).size());
    one[word.column] = 1;
    const std::vector<float> scores = view.scores(one, threads, stop);
    FacetScores result;
    result.by_photo = by_photo(view, scores, moments_of(scores));
    return result;
}

}  // namespace hone
