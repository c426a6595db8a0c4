// SPDX-License-Identifier: GPL-3.0-or-later
// Simulates users on labelled vectors and measures each feedback method.
#include "cli/bench_feedback.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <random>

#include "base/config.hpp"
#include "base/time.hpp"
#include "cli/context.hpp"
#include "cli/npy.hpp"
#include "search/calibration.hpp"
#include "search/explore.hpp"
#include "wire/document.hpp"

namespace hone {

namespace {

using nlohmann::json;

constexpr std::size_t kSeesawPhotos = 60, kSeesawWanted = 10;
constexpr std::size_t kMapRounds = 3;
constexpr double kWorse = 0.1;
constexpr std::array kUsers{"oracle", "lazy", "noisy", "rank"};

struct SimulatedQuery {
    std::string text, tier;
    std::size_t text_row = 0;
    std::vector<bool> relevant, ignored;  // by row
    std::size_t targets = 0;              // number of relevant rows
};

// A space built from an array in a scratch folder, by the product's own code.
struct Dataset {
    fs::path scratch;
    std::unique_ptr<VectorSpace> space;
    FloatArray texts;
    std::unique_ptr<BackgroundVocabulary> vocabulary;
    std::vector<SimulatedQuery> queries;
    ~Dataset() {
        std::error_code ignored;
        if (!scratch.empty()) fs::remove_all(scratch, ignored);
    }
};

void normalize_rows(FloatArray& array) {
    for (std::size_t row = 0; row < array.rows; ++row) {
        const std::span<float> values = std::span(array.values).subspan(row * array.columns, array.columns);
        const double length = std::sqrt(inner_product(values, values));
        for (float& value : values) value = static_cast<float>(value / std::max(length, 1e-12));
    }
}

Result<std::unique_ptr<VectorSpace>> make_space(const FloatArray& vectors, const fs::path& scratch,
                                                ScanElement scan) {
    HONE_TRY(auto space, VectorSpace::open(scratch, "bench", "bench", vectors.columns, true, scan));
    std::vector<std::uint32_t> labels(vectors.rows);
    std::iota(labels.begin(), labels.end(), 0U);
    HONE_CHECK(space->append(labels, vectors.values));
    return space;
}

Result<fs::path> make_scratch() {
    std::string name = (fs::temp_directory_path() / "hone-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
        return fail("cannot make a folder in {}", printable(fs::temp_directory_path()));
    return fs::path(name);
}

// Reads "row<TAB>dataset<TAB>class" after a header line; returns dataset and class by row.
Result<std::vector<std::pair<std::string, std::string>>> read_classes(const fs::path& file,
                                                                      std::size_t rows) {
    std::ifstream lines(file);
    if (!lines) return fail("cannot read {}", printable(file));
    std::vector<std::pair<std::string, std::string>> classes(rows);
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) {
        if (line.ends_with('\r')) line.pop_back();
        const std::size_t first = line.find('\t'), second = line.find('\t', first + 1);
        std::size_t row = rows;
        if (first != std::string::npos) std::from_chars(line.data(), line.data() + first, row);
        if (second == std::string::npos || row >= rows)
            return fail("{}: the line '{}' is not row, dataset, class", printable(file), line.substr(0, 80));
        classes[row] = {line.substr(first + 1, second - first - 1), line.substr(second + 1)};
    }
    return classes;
}

Result<std::unique_ptr<Dataset>> load(const fs::path& folder) {
    auto data = std::make_unique<Dataset>();
    HONE_TRY(FloatArray images, read_npy(folder / "images_f16.npy"));
    HONE_TRY(data->texts, read_npy(folder / "texts_f32.npy"));
    HONE_TRY(FloatArray vocabulary, read_npy(folder / "nulls_f32.npy"));
    if (data->texts.columns != images.columns || vocabulary.columns != images.columns)
        return fail("{}: images, texts and the background vocabulary differ in their number of columns",
                    printable(folder));
    normalize_rows(images);
    normalize_rows(data->texts);
    normalize_rows(vocabulary);
    data->vocabulary = std::make_unique<BackgroundVocabulary>(vocabulary.values, vocabulary.columns, 100);
    HONE_TRY(const auto classes, read_classes(folder / "images.tsv", images.rows));
    HONE_TRY(const auto bytes, read_file(folder / "queries.json"));
    const json document = json::parse(bytes.begin(), bytes.end(), nullptr, false);
    if (!document.is_array()) return fail("{} is not a JSON array", printable(folder / "queries.json"));
    const auto mask = [&](const json& names) {
        std::vector<bool> rows(images.rows);
        for (const json& name : names) {
            const auto set = name.at(0).get<std::string>(), kind = name.at(1).get<std::string>();
            for (std::size_t row = 0; row < rows.size(); ++row) {
                if (classes[row].first == set && (kind == "*" || classes[row].second == kind))
                    rows[row] = true;
            }
        }
        return rows;
    };
    try {
        for (const json& entry : document) {
            SimulatedQuery query{entry.at("text"), entry.at("tier"), entry.at("text_row"),
                                 mask(entry.at("relevant")), mask(entry.at("ignore"))};
            for (std::size_t row = 0; row < images.rows; ++row) {
                query.targets += query.relevant[row] ? 1 : 0;
                if (query.relevant[row]) query.ignored[row] = false;
            }
            if (query.text_row >= data->texts.rows)
                return fail("query '{}': no text in row {}", query.text, query.text_row);
            if (query.targets > 0) data->queries.push_back(std::move(query));
        }
    } catch (const json::exception& error) {
        return fail("{}: {}", printable(folder / "queries.json"), error.what());
    }
    HONE_TRY(data->scratch, make_scratch());
    HONE_TRY(data->space, make_space(images, data->scratch, ScanElement::kF32));
    return data;
}

// Simulated users.

struct Person {
    std::string kind;
    std::mt19937_64 random;
    std::size_t target = 0;  // for "rank": the remembered photo

    double chance() { return std::uniform_real_distribution<double>(0, 1)(random); }

    // Returns which photos of the page the user marks as positives.
    std::vector<bool> mark(std::span<const std::size_t> page, const SimulatedQuery& query,
                           const SpaceView& view) {
        std::vector<bool> marks(page.size());
        std::size_t marked = 0;
        for (std::size_t at = 0; at < page.size(); ++at) {
            const bool fits = query.relevant[page[at]];
            if (kind == "oracle") {
                marks[at] = fits;
            } else if (kind == "lazy") {
                marks[at] = fits && marked < 2;
            } else if (kind == "noisy") {
                marks[at] = fits ? chance() >= 0.3 : chance() < 0.05;
            } else {
                const double cosine = inner_product(view.values(page[at]), view.values(target));
                marks[at] = chance() < std::pow((1 + cosine) / 2, 12);
            }
            marked += marks[at] ? 1 : 0;
        }
        return marks;
    }
};

// One search.

struct Quality {
    double f1 = 0, error = 0;
};

struct Outcome {
    double recall = 0, looked_3 = 0, looked_10 = 0, seesaw_ap = 0;
    std::size_t target_round = 0;                     // for "rank"; rounds + 1 when it was never shown
    std::vector<double> residual_ap;                  // after page 1, 2, 3
    std::vector<std::optional<Quality>> calibration;  // query text only, after pages 1, 2, 3
    std::vector<double> milliseconds;                 // per round after the first
};

class Search {
  public:
    Search(const Dataset& data, const SpaceView& view, std::shared_ptr<const SpaceStatistics> statistics,
           const FeedbackMethod& method, const SimulatedQuery& query)
        : data_(data),
          view_(view),
          method_(method),
          query_(query),
          space_{view, std::move(statistics), processor_count()} {
        evidence_.text = data.texts.row(query.text_row);
        text_ranking_ = rank_by_text(evidence_);
        shown_.assign(view.size(), false);
    }

    // Scores all photos with the current evidence and hides those shown or ignored.
    void rank() {
        weighed_ = evidence_.has_marks() ? method_.weigh(evidence_, space_) : evidence_;
        ranking_ = evidence_.has_marks() ? method_.rank(weighed_, space_) : rank_by_text(evidence_);
        scores_ = ranking_->scores(view_, space_.threads);
    }

    std::vector<std::size_t> page(std::size_t count) {
        std::vector<float> free = scores_;
        hide(free);
        const bool explore = method_.explores() && page_explores(evidence_, pages_, count);
        if (explore) {
            std::vector<float> by_text = text_ranking_->scores(view_, space_.threads);
            hide(by_text);
            std::vector<std::size_t> pool;
            for (const ScoredRow& row : top_k(by_text, pool_size())) pool.push_back(row.row);
            return exploring_page(view_, *space_.statistics, pool, order_, count, space_.threads);
        }
        std::vector<std::size_t> rows;
        for (const ScoredRow& row : top_k(free, count)) rows.push_back(row.row);
        return rows;
    }

    void learn(std::span<const std::size_t> page, const std::vector<bool>& marks) {
        pages_.push_back({page.size(), static_cast<std::size_t>(std::ranges::count(marks, true))});
        for (std::size_t at = 0; at < page.size(); ++at) {
            shown_[page[at]] = true;
            order_.push_back(page[at]);
            (marks[at] ? evidence_.positives : evidence_.implicit_negatives)
                .push_back({view_.values(page[at]), 1});
        }
    }

    // Returns the average precision of the unseen rest; std::nullopt when none of it is relevant.
    [[nodiscard]] std::optional<double> residual_ap() const {
        std::vector<std::uint32_t> order;
        for (std::uint32_t row = 0; row < scores_.size(); ++row) {
            if (!shown_[row] && !query_.ignored[row]) order.push_back(row);
        }
        std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) {
            return std::pair(-scores_[a], a) < std::pair(-scores_[b], b);
        });
        double found = 0, sum = 0;
        for (std::size_t rank = 0; rank < order.size(); ++rank) {
            if (query_.relevant[order[rank]]) sum += ++found / static_cast<double>(rank + 1);
        }
        if (found == 0) return std::nullopt;
        return sum / found;
    }

    // Returns the calibration for the scores of the last rank().
    [[nodiscard]] LogisticCalibration calibration() {
        const ScoreMoments moments = moments_of(scores_);
        if (evidence_.has_marks()) {
            if (const auto calibration = calibration_from_marks(method_, weighed_, space_, moments))
                return *calibration;
            return calibration_keeping(likely_by_text(), scores_, moments);
        }
        return calibration_by_text(scores_);
    }

    // Returns the F1 of the likely photos, and the expected calibration error (ten bins) over the photos
    // around the end of the list: the best 2 x targets, at least 200.
    [[nodiscard]] Quality quality() {
        const LogisticCalibration fitted = calibration();
        std::array<double, 10> count{}, sum{}, fits{};
        double both = 0, called = 0, total = 0;
        std::vector<float> kept = scores_;
        for (std::size_t row = 0; row < kept.size(); ++row) {
            if (query_.ignored[row]) kept[row] = kHidden;
        }
        for (std::size_t row = 0; row < kept.size(); ++row) {
            if (kept[row] == kHidden) continue;
            const bool likely = kept[row] >= fitted.threshold, fit = query_.relevant[row];
            both += likely && fit ? 1 : 0;
            called += likely ? 1 : 0;
        }
        for (const ScoredRow& row : top_k(kept, kept.size())) {
            const double p = fitted.probability(row.score);
            const std::size_t bin = std::min<std::size_t>(9, static_cast<std::size_t>(p * 10));
            ++count[bin];
            ++total;
            sum[bin] += p;
            fits[bin] += query_.relevant[row.row] ? 1 : 0;
        }
        Quality quality;
        quality.f1 = 2 * both / std::max(1.0, called + static_cast<double>(query_.targets));
        for (std::size_t bin = 0; bin < count.size(); ++bin) {
            if (count[bin] > 0) quality.error += std::abs(sum[bin] - fits[bin]) / total;
        }
        return quality;
    }

  private:
    void hide(std::vector<float>& scores) const {
        for (std::size_t row = 0; row < scores.size(); ++row) {
            if (shown_[row] || query_.ignored[row]) scores[row] = kHidden;
        }
    }
    [[nodiscard]] LogisticCalibration calibration_by_text(std::span<const float> scores) const {
        return calibration_from_vocabulary(*data_.vocabulary, evidence_.text, view_, scores, space_.threads);
    }
    // Returns the number of photos likely by query text alone; cached.
    std::size_t likely_by_text() {
        if (!likely_by_text_) {
            const std::vector<float> scores = text_ranking_->scores(view_, space_.threads);
            const double cut = calibration_by_text(scores).threshold;
            likely_by_text_ = static_cast<std::size_t>(
                std::ranges::count_if(scores, [&](float score) { return score >= cut; }));
        }
        return *likely_by_text_;
    }
    // Returns the number of photos that match the query text; cached.
    std::size_t pool_size() {
        if (!pool_size_) {
            const auto best = top_k(text_ranking_->scores(view_, space_.threads), kMostPool);
            pool_size_ = std::clamp(data_.vocabulary->likely(evidence_.text, view_, best, space_.threads),
                                    kLeastPool, kMostPool);
        }
        return *pool_size_;
    }

    const Dataset& data_;
    const SpaceView& view_;
    const FeedbackMethod& method_;
    const SimulatedQuery& query_;
    FeedbackSpace space_;
    Evidence evidence_, weighed_;
    std::unique_ptr<Ranking> text_ranking_, ranking_;
    std::vector<float> scores_;
    std::vector<bool> shown_;
    std::vector<ShownPage> pages_;
    std::vector<std::size_t> order_;
    std::optional<std::size_t> likely_by_text_, pool_size_;
};

Outcome simulate(const Dataset& data, const SpaceView& view,
                 const std::shared_ptr<const SpaceStatistics>& statistics, const FeedbackMethod& method,
                 std::size_t number, const FeedbackBenchFlags& flags, const std::string& user) {
    const SimulatedQuery& query = data.queries[number];
    const bool seesaw = flags.protocol == "seesaw";
    const std::size_t page_size = seesaw ? 1 : flags.page, rounds = seesaw ? kSeesawPhotos : flags.rounds;
    Person person{user, std::mt19937_64(flags.seed * 1'000'003 + number), 0};
    if (user == "rank") {
        std::size_t nth = std::uniform_int_distribution<std::size_t>(0, query.targets - 1)(person.random);
        for (std::size_t row = 0; row < query.relevant.size(); ++row) {
            if (query.relevant[row] && nth-- == 0) person.target = row;
        }
    }
    Search search(data, view, statistics, method, query);
    const double looked_at_most = static_cast<double>(page_size * rounds);
    Outcome outcome{0, looked_at_most, looked_at_most, 0, rounds + 1, {}, {}, {}};
    std::size_t hits = 0, looked = 0;
    for (std::size_t round = 0; round < rounds; ++round) {
        const Stopwatch watch;
        search.rank();
        const std::vector<std::size_t> page = search.page(page_size);
        if (round > 0) outcome.milliseconds.push_back(watch.seconds() * 1000);
        if (!seesaw && round >= 1 && round <= kMapRounds) {
            if (const auto ap = search.residual_ap()) outcome.residual_ap.push_back(*ap);
        }
        if (!seesaw && round <= kMapRounds) outcome.calibration.emplace_back(search.quality());
        for (const std::size_t row : page) {
            ++looked;
            if (row == person.target && outcome.target_round > rounds) outcome.target_round = round + 1;
            if (!query.relevant[row]) continue;
            ++hits;
            if (hits == 3) outcome.looked_3 = static_cast<double>(looked);
            if (hits == 10) outcome.looked_10 = static_cast<double>(looked);
            if (hits <= kSeesawWanted)
                outcome.seesaw_ap += static_cast<double>(hits) / static_cast<double>(looked);
        }
        if (seesaw && hits >= kSeesawWanted) break;
        search.learn(page, person.mark(page, query, view));
    }
    const double wanted = std::min(looked_at_most, static_cast<double>(query.targets));
    outcome.recall = static_cast<double>(hits) / wanted;
    outcome.seesaw_ap /= static_cast<double>(std::min(kSeesawWanted, query.targets));
    return outcome;
}

double mean(std::span<const double> values) {
    return values.empty()
               ? 0
               : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double percentile(std::vector<double> values, double share) {
    if (values.empty()) return 0;
    std::ranges::sort(values);
    return values[std::min(values.size() - 1,
                           static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

json quantiles_json(const std::vector<double>& values) {
    return {{"mean", mean(values)},
            {"p50", percentile(values, .5)},
            {"p75", percentile(values, .75)},
            {"p90", percentile(values, .9)}};
}

// Summarises the queries of one tier.
json summary(const Dataset& data, const std::string& method, const std::string& user, const std::string& tier,
             const std::vector<Outcome>& outcomes, const std::vector<Outcome>& by_text) {
    std::vector<double> recall, looked_3, looked_10, seesaw, rounds, milliseconds;
    std::array<std::vector<double>, kMapRounds> ap;
    std::array<std::vector<double>, kMapRounds + 1> f1, error;
    double worse = 0;
    for (std::size_t at = 0; at < outcomes.size(); ++at) {
        if (data.queries[at].tier != tier) continue;
        const Outcome& one = outcomes[at];
        recall.push_back(one.recall);
        looked_3.push_back(one.looked_3);
        looked_10.push_back(one.looked_10);
        seesaw.push_back(one.seesaw_ap);
        rounds.push_back(static_cast<double>(one.target_round));
        milliseconds.insert(milliseconds.end(), one.milliseconds.begin(), one.milliseconds.end());
        for (std::size_t round = 0; round < std::min(kMapRounds, one.residual_ap.size()); ++round)
            ap[round].push_back(one.residual_ap[round]);
        for (std::size_t round = 0; round < one.calibration.size() && round <= kMapRounds; ++round) {
            if (!one.calibration[round]) continue;
            f1[round].push_back(one.calibration[round]->f1);
            error[round].push_back(one.calibration[round]->error);
        }
        worse += one.recall < by_text[at].recall - kWorse ? 1 : 0;
    }
    json calibration = json::array();
    for (std::size_t round = 0; round <= kMapRounds; ++round)
        calibration.push_back({{"pages", round}, {"f1", mean(f1[round])}, {"error", mean(error[round])}});
    return {{"method", method},
            {"user", user},
            {"tier", tier},
            {"queries", recall.size()},
            {"recall_at_120", mean(recall)},
            {"map_residual", {mean(ap[0]), mean(ap[1]), mean(ap[2])}},
            {"looked_to_3rd", quantiles_json(looked_3)},
            {"looked_to_10th", quantiles_json(looked_10)},
            {"worse_than_text", recall.empty() ? 0 : worse / static_cast<double>(recall.size())},
            {"seesaw_ap", mean(seesaw)},
            {"target_round", mean(rounds)},
            {"ms", {{"p50", percentile(milliseconds, .5)}, {"p95", percentile(milliseconds, .95)}}},
            {"calibration", calibration}};
}

void print_row(const json& row, bool seesaw) {
    if (seesaw) {
        fmt::print("{:10} {:7} {:4} {:4} queries  AP {:.4f}  found in {:5.1f} photos (3rd)  {:5.2f} ms\n",
                   row["method"].get<std::string>(), row["user"].get<std::string>(),
                   row["tier"].get<std::string>(), row["queries"].get<std::size_t>(),
                   row["seesaw_ap"].get<double>(), row["looked_to_3rd"]["mean"].get<double>(),
                   row["ms"]["p50"].get<double>());
        return;
    }
    const auto& calibration = row["calibration"];
    fmt::print(
        "{:10} {:7} {:2} {:4}  {:.4f}  {:.3f} {:.3f} {:.3f}  {:6.1f} {:6.1f}  {:5.1f} %  {:6.1f} {:6.1f}  "
        "{:.2f} {:.2f} {:.2f} {:.2f}  {:.3f} {:.3f} {:.3f} {:.3f}\n",
        row["method"].get<std::string>(), row["user"].get<std::string>(), row["tier"].get<std::string>(),
        row["queries"].get<std::size_t>(), row["recall_at_120"].get<double>(),
        row["map_residual"][0].get<double>(), row["map_residual"][1].get<double>(),
        row["map_residual"][2].get<double>(), row["looked_to_3rd"]["mean"].get<double>(),
        row["looked_to_10th"]["mean"].get<double>(), 100 * row["worse_than_text"].get<double>(),
        row["ms"]["p50"].get<double>(), row["ms"]["p95"].get<double>(), calibration[0]["f1"].get<double>(),
        calibration[1]["f1"].get<double>(), calibration[2]["f1"].get<double>(),
        calibration[3]["f1"].get<double>(), calibration[0]["error"].get<double>(),
        calibration[1]["error"].get<double>(), calibration[2]["error"].get<double>(),
        calibration[3]["error"].get<double>());
}

// N photos around 500 centres: the cost of a round when the whole library is scanned.
Result<> bench_rounds(const FeedbackBenchFlags& flags, const GlobalOptions& options) {
    constexpr std::size_t kDimension = 512, kCenters = 500, kSearches = 15;
    std::mt19937_64 random(flags.seed);
    std::normal_distribution<float> normal;
    FloatArray centers{kCenters, kDimension, std::vector<float>(kCenters * kDimension)};
    for (float& value : centers.values) value = normal(random);
    Dataset data;
    HONE_TRY(data.scratch, make_scratch());
    HONE_TRY(data.space,
             VectorSpace::open(data.scratch, "bench", "bench", kDimension, true, ScanElement::kAuto));
    constexpr std::size_t kPart = 10'000;
    std::uint32_t state = 1;
    for (std::size_t start = 0; start < flags.synthetic; start += kPart) {
        const std::size_t count = std::min(kPart, flags.synthetic - start);
        FloatArray part{count, kDimension, std::vector<float>(count * kDimension)};
        std::vector<std::uint32_t> labels(count);
        for (std::size_t row = 0; row < count; ++row) {
            labels[row] = static_cast<std::uint32_t>(start + row);
            const auto center = centers.row((start + row) * 7919 % kCenters);
            for (std::size_t at = 0; at < kDimension; ++at) {
                state =
                    state * 1664525 + 1013904223;  // Numerical Recipes; speed matters more than quality here
                part.values[row * kDimension + at] =
                    center[at] + 2 * (static_cast<float>(state >> 8) / 8388608.0F - 1);
            }
        }
        normalize_rows(part);
        HONE_CHECK(data.space->append(labels, part.values));
    }
    data.texts = FloatArray{
        kSearches, kDimension, {centers.values.begin(), centers.values.begin() + kSearches * kDimension}};
    for (float& value : data.texts.values) value += normal(random);
    normalize_rows(data.texts);
    normalize_rows(centers);
    data.vocabulary = std::make_unique<BackgroundVocabulary>(centers.values, kDimension, 100);
    const SpaceView view = data.space->view();
    const Stopwatch watch;
    const auto statistics = SpaceStatistics::measure(view, processor_count());
    const double learning = watch.seconds() * 1000;
    HONE_TRY(const FeedbackMethod* method,
             find_feedback_method(flags.method == "all" ? std::string(kDefaultMethod) : flags.method));
    std::vector<double> explored, greedy;
    for (std::size_t number = 0; number < kSearches; ++number) {
        SimulatedQuery query{"", "", number, std::vector<bool>(view.size()), std::vector<bool>(view.size())};
        Search search(data, view, statistics, *method, query);
        for (std::size_t round = 0; round < 6; ++round) {
            const Stopwatch round_watch;
            search.rank();
            const auto page = search.page(flags.page);
            (void)search.calibration();
            const double took = round_watch.seconds() * 1000;
            if (round == 1 || round == 2) explored.push_back(took);
            if (round > 2) greedy.push_back(took);
            std::vector<bool> marks(page.size());
            for (std::size_t at = 0; at < page.size() && round >= 2; at += 5) marks[at] = true;
            search.learn(page, marks);
        }
    }
    const json answer{
        {"photos", view.size()},
        {"dimension", kDimension},
        {"method", method->name()},
        {"statistics_ms", learning},
        {"exploring_ms", {{"p50", percentile(explored, .5)}, {"p95", percentile(explored, .95)}}},
        {"ms", {{"p50", percentile(greedy, .5)}, {"p95", percentile(greedy, .95)}}}};
    if (options.json) {
        fmt::print("{}\n", dump(answer, 2));
        return {};
    }
    fmt::print(
        "{} photos x {}, method {}: a round {:.1f} ms (p95 {:.1f}); an exploring round {:.1f} ms (p95 "
        "{:.1f}); once a library {:.0f} ms\n",
        view.size(), kDimension, method->name(), percentile(greedy, .5), percentile(greedy, .95),
        percentile(explored, .5), percentile(explored, .95), learning);
    return {};
}

}  // namespace

Result<> bench_feedback(const FeedbackBenchFlags& flags, const GlobalOptions& options) {
    if (flags.synthetic > 0) return bench_rounds(flags, options);
    if (flags.embeddings.empty())
        return fail(ErrorKind::kUsage, "name the set with --embeddings DIR, or a size with --synthetic N");
    HONE_TRY(const auto data, load(flags.embeddings));
    const SpaceView view = data->space->view();
    if (view.size() == 0 || data->queries.empty())
        return fail("{} holds no photos or no queries", flags.embeddings);
    const auto statistics = SpaceStatistics::measure(view, processor_count());
    std::vector<const FeedbackMethod*> methods;
    for (const std::string_view name : feedback_methods()) {
        HONE_TRY(const FeedbackMethod* method, find_feedback_method(name));
        if (flags.method == "all" || flags.method == name) methods.push_back(method);
    }
    if (methods.empty()) {
        HONE_TRY(const FeedbackMethod* unknown, find_feedback_method(flags.method));
        (void)unknown;
    }
    HONE_TRY(const FeedbackMethod* text, find_feedback_method("text"));
    std::vector<std::string> users;
    if (flags.user == "all")
        users.assign(kUsers.begin(), kUsers.end());
    else
        users.push_back(flags.user);

    std::ofstream per_query;
    if (!flags.per_query.empty()) {
        per_query.open(flags.per_query);
        per_query
            << "method,user,tier,query,text,targets,recall_at_120,looked_to_3rd,looked_to_10th,seesaw_ap\n";
        if (!per_query) return fail("cannot write {}", flags.per_query);
    }
    const bool seesaw = flags.protocol == "seesaw";
    if (!options.json && !seesaw)
        fmt::print(
            "method     user tier  rec@120  AP after 1, 2, 3    looked to 3rd, 10th   worse  ms p50, p95   "
            "F1 of the cut, 0 to 3 pages  calibration error\n");
    json results = json::array();
    for (const std::string& user : users) {
        std::vector<Outcome> by_text;
        const auto run = [&](const FeedbackMethod& method) {
            std::vector<Outcome> outcomes;
            for (std::size_t number = 0; number < data->queries.size(); ++number)
                outcomes.push_back(simulate(*data, view, statistics, method, number, flags, user));
            return outcomes;
        };
        by_text = run(*text);
        for (const FeedbackMethod* method : methods) {
            const std::vector<Outcome> outcomes = method == text ? by_text : run(*method);
            std::map<std::string, int> tiers;
            for (const SimulatedQuery& query : data->queries) tiers[query.tier] = 1;
            for (const auto& [tier, one] : tiers) {
                json row = summary(*data, std::string(method->name()), user, tier, outcomes, by_text);
                if (!options.json) print_row(row, seesaw);
                std::fflush(stdout);
                results.push_back(std::move(row));
            }
            for (std::size_t at = 0; per_query.is_open() && at < outcomes.size(); ++at) {
                const SimulatedQuery& query = data->queries[at];
                std::string quoted = query.text;
                std::ranges::replace(quoted, '"', '\'');
                per_query << fmt::format("{},{},{},{},\"{}\",{},{:.6f},{},{},{:.6f}\n", method->name(), user,
                                         query.tier, at, quoted, query.targets, outcomes[at].recall,
                                         outcomes[at].looked_3, outcomes[at].looked_10,
                                         outcomes[at].seesaw_ap);
            }
        }
    }
    if (options.json) fmt::print("{}\n", dump({{"results", results}}, 2));
    return {};
}

}  // namespace hone
