// SPDX-License-Identifier: GPL-3.0-or-later
// Feedback methods: turn marks into a ranking of all photos. Each method has its own file and one line in
// method.cpp, and is a pure function. docs/feedback.md has formulas, sources and measurements. Safe from any
// thread.
#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "search/space_statistics.hpp"
#include "vector/vector_space.hpp"

namespace hone {

struct Mark {
    std::span<const float> vector;  // of length 1; must outlive everything computed from it
    float weight = 1;               // > 0; a mark of weight 2 counts like two marks
};

struct Evidence {
    std::span<const float> text;  // query vector of length 1; empty without a query text
    std::vector<Mark> positives, negatives;
    std::vector<Mark> implicit_negatives;  // shown and not marked: may be many, each weak evidence
    [[nodiscard]] bool has_marks() const {
        return !positives.empty() || !negatives.empty() || !implicit_negatives.empty();
    }
};

// The origin of a part of a score.
struct Source {
    enum class Kind { kText, kPositive, kNegative, kImplicitNegative, kLibrary };
    Kind kind = Kind::kText;
    std::size_t mark = 0;  // index into the positives or negatives
    bool operator==(const Source&) const = default;
};

struct Share {
    Source source;
    double value = 0;
};

// Scores every photo of one space; larger is better, in the method's own unit. Keeps the parts of the
// evidence that it needs, but not the view. Immutable, so safe from any thread.
class Ranking {
  public:
    virtual ~Ranking() = default;
    // Returns view.size() scores, as approximate as SpaceView::scores(). Ends with Stopped (base/stop.hpp)
    // when a stop is requested.
    [[nodiscard]] virtual std::vector<float> scores(const SpaceView& view, unsigned threads,
                                                    const std::stop_token& stop = {}) const = 0;
    // Returns the exact score of a photo, the same on every run.
    [[nodiscard]] virtual double score(const SpaceView& view, std::size_t row) const {
        return score(view.values(row));
    }
    // Scores any vector of the space. x: d values.
    [[nodiscard]] virtual double score(std::span<const float> x) const = 0;
    // The parts of score(); they add up to it.
    [[nodiscard]] virtual std::vector<Share> shares(const SpaceView& view, std::size_t row) const = 0;
    // Returns w when the score is w . x, else empty.
    [[nodiscard]] virtual std::span<const float> direction() const { return {}; }
};

// score = sum over the terms of weight x vector . x.
class LinearRanking final : public Ranking {
  public:
    explicit LinearRanking(std::size_t dimension) : direction_(dimension) {}
    // Adds weight x vector . x to the score, attributed to `source`. vector: `dimension` values.
    void add(Source source, std::span<const float> vector, double weight);

    using Ranking::score;
    [[nodiscard]] std::span<const float> direction() const override { return direction_; }
    [[nodiscard]] std::vector<float> scores(const SpaceView& view, unsigned threads,
                                            const std::stop_token& stop) const override;
    [[nodiscard]] double score(std::span<const float> x) const override;
    [[nodiscard]] std::vector<Share> shares(const SpaceView& view, std::size_t row) const override;

  private:
    struct Term {
        Source source;
        std::vector<float> vector;  // already weighted
    };
    std::vector<Term> terms_;
    std::vector<float> direction_;
};

// The space that a method ranks.
struct FeedbackSpace {
    const SpaceView& view;
    std::shared_ptr<const SpaceStatistics> statistics;  // of that view
    unsigned threads = 1;
    std::stop_token stop{};  // long computations end with Stopped (base/stop.hpp)
};

// The number of implicit negatives, the last ones, that count where every mark costs extra time: in the
// facets, in rankings without one mark, and in methods that compare marks with each other.
inline constexpr std::size_t kLastImplicitNegatives = 200;

// Immutable, so safe from any thread.
class FeedbackMethod {
  public:
    virtual ~FeedbackMethod() = default;
    [[nodiscard]] virtual std::string_view name() const = 0;
    // True when pages explore while photos were shown and there are no positives.
    [[nodiscard]] virtual bool explores() const { return false; }
    // Returns the evidence with each mark's weight scaled by how reliable the mark looks. Called once per
    // search, before rank().
    [[nodiscard]] virtual Evidence weigh(Evidence evidence, const FeedbackSpace&) const { return evidence; }
    // evidence: contains a query text or at least one mark. Without marks, every method equals
    // rank_by_text().
    [[nodiscard]] virtual std::unique_ptr<Ranking> rank(const Evidence& evidence,
                                                        const FeedbackSpace& space) const = 0;
};

inline constexpr std::string_view kDefaultMethod = "hone";

// The names of all methods.
std::vector<std::string_view> feedback_methods();
// kUsage for an unknown name; the message lists the known ones. The method is valid for the life of the
// process.
Result<const FeedbackMethod*> find_feedback_method(std::string_view name);

// Ranks by query text . x; without a text by the weighted mean of the positives, without those by the negated
// mean of the negatives.
std::unique_ptr<Ranking> rank_by_text(const Evidence& evidence);

// Summed in order in double: the same on every processor.
double inner_product(std::span<const float> a, std::span<const float> b);
// Drops all implicit negatives but the last kLastImplicitNegatives.
void keep_last_implicit_negatives(Evidence& evidence);
// Sum of the marks' weights.
double total_weight(std::span<const Mark> marks);
// Returns the weighted mean; `dimension` zeros without marks.
std::vector<float> mean_of(std::span<const Mark> marks, std::size_t dimension);
// Adds `weight` x the weighted mean of the marks: one term per mark, but a single term for implicit
// negatives.
void add_mean(LinearRanking& ranking, Source::Kind kind, std::span<const Mark> marks, double weight);

// Each in its own file.
std::unique_ptr<FeedbackMethod> make_hone();
std::unique_ptr<FeedbackMethod> make_text_only();
std::unique_ptr<FeedbackMethod> make_average();
std::unique_ptr<FeedbackMethod> make_rocchio();
std::unique_ptr<FeedbackMethod> make_anchored_fit();
std::unique_ptr<FeedbackMethod> make_anchored_fit_with_data();
std::unique_ptr<FeedbackMethod> make_bayes();
std::unique_ptr<FeedbackMethod> make_propagation();

}  // namespace hone
