// What is known of the marks -> a ranking of all photos. One method a file and one line in method.cpp; each
// is a pure function of what it is given. Formulas, sources and measurements: docs/feedback.md.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "search/space_statistics.hpp"
#include "vector/vector_space.hpp"

namespace hone {

struct Mark {
    std::span<const float> vector;  // unit length, outlives what is made of it
    float weight = 1;               // > 0; a mark of weight 2 counts as two
};

struct Evidence {
    std::span<const float> text;  // unit length; empty when there are none
    std::vector<Mark> positives, negatives;
    std::vector<Mark> implicit_negatives;  // shown and passed over: may be many, says little
    [[nodiscard]] bool has_marks() const { return !positives.empty() || !negatives.empty() || !implicit_negatives.empty(); }
};

// What a part of a score comes from.
struct Source {
    enum class Kind { kText, kPositive, kNegative, kImplicitNegative, kLibrary };
    Kind kind = Kind::kText;
    std::size_t mark = 0;  // index into Evidence::liked or unliked
    bool operator==(const Source&) const = default;
};

struct Share {
    Source source;
    double value = 0;
};

// Scores of every photo of one space; larger is better, the unit is the method's own. Holds what it needs of
// the evidence, but not the view.
class Ranking {
  public:
    virtual ~Ranking() = default;
    // scores[row], approximate as SpaceView::scores() is.
    [[nodiscard]] virtual std::vector<float> scores(const SpaceView& view, unsigned threads) const = 0;
    // The exact score of a photo: the same on every run.
    [[nodiscard]] virtual double score(const SpaceView& view, std::size_t row) const {
        return score(view.values(row));
    }
    // Of any vector of the space.
    [[nodiscard]] virtual double score(std::span<const float> x) const = 0;
    // Adds up to score().
    [[nodiscard]] virtual std::vector<Share> shares(const SpaceView& view, std::size_t row) const = 0;
    // w when the score is w . x; empty when it is no such product.
    [[nodiscard]] virtual std::span<const float> direction() const { return {}; }
};

// score = sum over the terms of vector . x.
class LinearRanking final : public Ranking {
  public:
    explicit LinearRanking(std::size_t dimension) : direction_(dimension) {}
    void add(Source source, std::span<const float> vector, double weight);

    using Ranking::score;
    [[nodiscard]] std::span<const float> direction() const override { return direction_; }
    [[nodiscard]] std::vector<float> scores(const SpaceView& view, unsigned threads) const override;
    [[nodiscard]] double score(std::span<const float> x) const override;
    [[nodiscard]] std::vector<Share> shares(const SpaceView& view, std::size_t row) const override;

  private:
    struct Term {
        Source source;
        std::vector<float> vector;  // weighted
    };
    std::vector<Term> terms_;
    std::vector<float> direction_;
};

struct FeedbackSpace {
    const SpaceView& view;
    std::shared_ptr<const SpaceStatistics> statistics;  // of that view
    unsigned threads = 1;
};

class FeedbackMethod {
  public:
    virtual ~FeedbackMethod() = default;
    [[nodiscard]] virtual std::string_view name() const = 0;
    // Whether a page explores while photos were shown and none is liked.
    [[nodiscard]] virtual bool explores() const { return false; }
    // The evidence with what each mark is worth beside the others as its weight; done once, before rank().
    [[nodiscard]] virtual Evidence weigh(Evidence evidence, const FeedbackSpace&) const { return evidence; }
    // There is at least one of words, liked, unliked, passed. Without marks every method is rank_by_text().
    [[nodiscard]] virtual std::unique_ptr<Ranking> rank(const Evidence& evidence,
                                                        const FeedbackSpace& space) const = 0;
};

inline constexpr std::string_view kDefaultMethod = "hone";

std::vector<std::string_view> feedback_methods();
// kUsage with the known names when there is no such method. Lives as long as the process.
Result<const FeedbackMethod*> find_feedback_method(std::string_view name);

// words . x; without words the weighted mean of the liked, without those the opposite of what was not.
std::unique_ptr<Ranking> rank_by_text(const Evidence& evidence);

// Summed in order, in double: the same on every processor.
double inner_product(std::span<const float> a, std::span<const float> b);
double total_weight(std::span<const Mark> marks);
// Weighted mean; d zeros when there are no marks.
std::vector<float> mean_of(std::span<const Mark> marks, std::size_t dimension);
// Adds `weight` x the weighted mean of the marks, each mark a term of its own; passed ones are one term.
void add_mean(LinearRanking& ranking, Source::Kind kind, std::span<const Mark> marks, double weight);

// One file each.
std::unique_ptr<FeedbackMethod> make_hone();
std::unique_ptr<FeedbackMethod> make_text_only();
std::unique_ptr<FeedbackMethod> make_average();
std::unique_ptr<FeedbackMethod> make_rocchio();
std::unique_ptr<FeedbackMethod> make_anchored_fit();
std::unique_ptr<FeedbackMethod> make_anchored_fit_with_data();
std::unique_ptr<FeedbackMethod> make_bayes();
std::unique_ptr<FeedbackMethod> make_propagation();

}  // namespace hone
