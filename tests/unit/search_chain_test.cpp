// SPDX-License-Identifier: GPL-3.0-or-later
// The steps of a search on made libraries: no catalogue, no model, no file.
#include "search/chain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "analyze/style_terms.hpp"
#include "search/capture_nearness.hpp"
#include "search/explore.hpp"
#include "search/top_k.hpp"
#include "wire/search.hpp"

namespace hone {
namespace {

using testing::ElementsAre;

constexpr std::size_t kDimension = 8;

PhotoId id_of(PhotoNumber photo) {
    return sha256(std::to_string(photo));
}
std::string name_of(PhotoNumber photo) {
    return to_hex(id_of(photo));
}

// Facts of made photos: numbers from 1 on.
class MadeLookup final : public PhotoLookup {
  public:
    explicit MadeLookup(PhotoNumber last) {
        for (PhotoNumber photo = 1; photo <= last; ++photo) numbers_[name_of(photo)] = photo;
    }
    Result<std::vector<Photo>> resolve(std::span<const std::string> names, const std::stop_token&) override {
        std::vector<Photo> photos;
        for (const std::string& name : names) {
            const auto found = numbers_.find(name);
            if (found == numbers_.end()) return fail(ErrorKind::kNotFound, "no photo {}", name);
            photos.push_back(photo(found->second));
        }
        return photos;
    }
    Result<std::vector<PhotoNumber>> matching(const PhotoFilter&, const std::stop_token&) override {
        return selected;
    }
    Result<std::vector<PhotoNumber>> matching_newest_taken(const PhotoFilter&,
                                                           const std::stop_token&) override {
        return selected;
    }
    Result<std::vector<PhotoNumber>> matching_text(std::span<const std::string>, bool,
                                                   const std::stop_token&) override {
        return with_text;
    }
    Result<std::vector<ListedPhoto>> list(std::span<const PhotoNumber> photos,
                                          const std::stop_token&) override {
        std::vector<ListedPhoto> listed;
        for (const PhotoNumber number : photos) listed.push_back({photo(number), {}});
        return listed;
    }

    std::vector<PhotoNumber> selected, with_text;

  private:
    static Photo photo(PhotoNumber number) {
        Photo made;
        made.number = number;
        made.id = id_of(number);
        return made;
    }
    std::map<std::string, PhotoNumber> numbers_;
};

// `rows` random unit vectors.
std::vector<float> random_rows(std::mt19937& random, std::size_t rows, std::size_t dimension) {
    std::normal_distribution<float> value;
    std::vector<float> vectors(rows * dimension);
    for (std::size_t row = 0; row < rows; ++row) {
        const std::span vector(vectors.data() + row * dimension, dimension);
        double squares = 0;
        for (float& entry : vector) squares += std::pow(entry = value(random), 2);
        for (float& entry : vector) entry = static_cast<float>(entry / std::sqrt(squares));
    }
    return vectors;
}

class Chain : public testing::Test {
  protected:
    static constexpr PhotoNumber kPhotos = 1200;

    void SetUp() override {
        std::mt19937 random(7);
        std::vector<PhotoNumber> numbers;
        Changes everything;
        everything.everything = true;
        for (PhotoNumber photo = 1; photo <= kPhotos; ++photo) {
            numbers.push_back(photo);
            Capture capture{photo, std::nullopt, "camera", std::nullopt};
            if (photo % 5 != 0) capture.local_seconds = 1'000'000'000 + std::int64_t{photo} * 977;
            if (photo % 3 != 0) capture.position = {48 + photo % 40 / 10.0, 11 + photo % 70 / 10.0};
            everything.shown.push_back(capture);
            if (photo % 4 == 0) everything.faces.push_back({photo, {photo % 9 + 1}});
        }
        everything.pairs = {{10, 11, 90, 0.99, true}, {11, 12, 90, 0.99, true}, {1000, 1001, 90, 0.99, true}};
        SnapshotKeeper keeper;
        keeper.apply(everything);
        library.photos = keeper.snapshot();
        library.content = SpaceView(numbers, random_rows(random, kPhotos, kDimension), kDimension);
        library.statistics = SpaceStatistics::measure(library.content, 1);
        library.styles =
            StyleViews{SpaceView(numbers, random_rows(random, kPhotos, kDimension), kDimension),
                       SpaceView(numbers, random_rows(random, kPhotos, kStyleTerms), kStyleTerms)};
        library.model = "made";
        library.threads = 2;
        embed_text = [](std::string_view) { return std::vector<float>{1, 0, 0, 0, 0, 0, 0, 0}; };
    }

    Result<SearchPage> search(const SearchQuery& query) {
        return hone::search(library, lookup, embed_text, query, {}, {});
    }
    // All of the page but the time it took.
    static std::string everything_of(Result<SearchPage> page) {
        EXPECT_TRUE(page) << page.error().message;
        if (!page) return "";
        page->took_ms = 0;
        return dump(to_document(*page));
    }
    static std::vector<std::string> names(PhotoNumber first, PhotoNumber last) {
        std::vector<std::string> names;
        for (PhotoNumber photo = first; photo <= last; ++photo) names.push_back(name_of(photo));
        return names;
    }
    static SearchQuery with_marks() {
        SearchQuery query;
        query.text = "a dark dog";
        query.like = names(100, 104);
        query.unlike = names(200, 202);
        query.seen = names(300, 340);
        return query;
    }
    // The values of a chain, up to each step.
    struct Steps {
        Question question;
        Gathered gathered;
        ContentScores content;
        FacetedScores faceted;
        CalibratedScores calibrated;
        Cards cards;
    };
    // Not copied: later values refer to earlier ones.
    std::unique_ptr<Steps> steps_of(const SearchQuery& query) {
        auto steps = std::make_unique<Steps>();
        steps->question = *understand(library, lookup, embed_text, query, {}, {});
        steps->gathered = *gather(library, steps->question, {});
        steps->content = score_content(library, steps->question, steps->gathered, {});
        steps->faceted = *weigh_facets(library, steps->question, steps->gathered, steps->content, {});
        steps->calibrated =
            calibrate(library, steps->question, steps->gathered, steps->content, steps->faceted, {});
        steps->cards = *group(library, lookup, steps->question, steps->gathered, steps->content,
                              steps->faceted, steps->calibrated, {});
        return steps;
    }

    SearchedLibrary library;
    MadeLookup lookup{kPhotos};
    EmbedText embed_text;
};

TEST_F(Chain, EqualValuesGiveEqualPagesBitForBitOnAnyNumberOfThreads) {
    std::vector<SearchQuery> queries(6, with_marks());
    for (SearchQuery& query : queries) query.limit = 30;
    queries[1] = {};
    queries[1].text = "a dark dog";
    queries[2].diverse = true;
    queries[3].facets = {{Facet::kStyle, 2}, {Facet::kPeople, 2}, {Facet::kMoment, 2}};
    queries[4].like.clear();
    queries[4].unlike.clear();
    queries[5] = {};
    queries[5].from = name_of(44);
    for (const std::string_view method : feedback_methods()) {
        // The steps after the method's are the same for all.
        for (SearchQuery query : std::span(queries).first(method == kDefaultMethod ? queries.size() : 1)) {
            query.method = method;
            library.threads = 2;
            const std::string first = everything_of(search(query));
            EXPECT_EQ(first, everything_of(search(query))) << method;
            library.threads = 1;
            EXPECT_EQ(first, everything_of(search(query))) << method;
        }
    }
}

TEST_F(Chain, EveryStepStopsWhenNobodyWaits) {
    const SearchQuery query = with_marks();
    const auto steps = steps_of(query);
    std::stop_source nobody;
    nobody.request_stop();
    const std::stop_token stop = nobody.get_token();
    const auto& [question, gathered, content, faceted, calibrated, cards] = *steps;
    EXPECT_THROW((void)understand(library, lookup, embed_text, query, {}, stop), Stopped);
    EXPECT_THROW((void)gather(library, question, stop), Stopped);
    EXPECT_THROW((void)score_content(library, question, gathered, stop), Stopped);
    EXPECT_THROW((void)weigh_facets(library, question, gathered, content, stop), Stopped);
    EXPECT_THROW((void)calibrate(library, question, gathered, content, faceted, stop), Stopped);
    EXPECT_THROW((void)group(library, lookup, question, gathered, content, faceted, calibrated, stop),
                 Stopped);
    EXPECT_THROW((void)fill(library, lookup, question, gathered, content, faceted, calibrated, cards, stop),
                 Stopped);
}

TEST_F(Chain, EveryLongLoopOfAStepStopsWhenNobodyWaits) {
    const auto steps = steps_of(with_marks());
    std::stop_source nobody;
    nobody.request_stop();
    const std::stop_token stop = nobody.get_token();
    const FeedbackSpace space = feedback_space(library, stop);
    const Evidence& evidence = steps->content.evidence;
    const FacetMarks& marks = steps->gathered.facet_marks;
    for (const std::string_view name : feedback_methods()) {
        const FeedbackMethod& method = **find_feedback_method(name);
        EXPECT_THROW((void)leave_one_out_auc(method, evidence, space, background_of(library.content)),
                     Stopped)
            << name;
        EXPECT_THROW((void)order_of_marks(method, evidence, space, *steps->content.ranking), Stopped) << name;
        EXPECT_THROW((void)calibration_from_marks(method, evidence, space, steps->content.moments), Stopped)
            << name;
    }
    EXPECT_THROW((void)library.content.scores(steps->question.text, 1, stop), Stopped);
    EXPECT_THROW((void)steps->content.ranking->scores(library.content, 1, stop), Stopped);
    EXPECT_THROW((void)score_styles(*library.styles, marks, 1, stop), Stopped);
    EXPECT_THROW((void)score_captures(*library.photos, marks, 1, stop), Stopped);
    EXPECT_THROW((void)score_people(*library.photos, marks, 1, stop), Stopped);
    for (const char* name : {"fit", "fit-data", "propagate"})
        EXPECT_THROW((void)(*find_feedback_method(name))->rank(evidence, space), Stopped) << name;
    EXPECT_THROW((void)library.statistics->laplacian_penalty(library.content, 1, stop), Stopped);
    EXPECT_THROW((void)top_k(steps->content.scores, 10, stop), Stopped);
    const std::vector<std::size_t> pool{1, 2, 3, 4, 5, 6, 7, 8, 9};
    EXPECT_THROW((void)exploring_page(library.content, *library.statistics, pool, {}, 8, 1, stop), Stopped);
    SearchPage page;
    page.hits.resize(1);
    EXPECT_THROW((void)to_document(page, stop), Stopped);
}

TEST_F(Chain, AStoppedSearchIsAnError) {
    std::stop_source nobody;
    nobody.request_stop();
    const auto page = hone::search(library, lookup, embed_text, with_marks(), {}, nobody.get_token());
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().kind, ErrorKind::kUnavailable);
}

TEST_F(Chain, UnderstandReadsTheQueryWhole) {
    SearchQuery query = with_marks();
    query.weights[query.like[1]] = 3;
    query.like.push_back(query.like[1]);
    query.filter = "  rating:>=4 ";
    lookup.selected = {100, 500, 501};
    lookup.with_text = {500};
    const Question question = *understand(library, lookup, embed_text, query, {}, {});
    EXPECT_EQ(question.query.filter, "rating:4..");
    ASSERT_EQ(question.positives.size(), 5U) << "a photo marked twice counts once";
    EXPECT_EQ(question.positives[1].photo, 101U);
    EXPECT_EQ(question.positives[1].weight, 3);
    EXPECT_EQ(question.negatives.size(), 3U);
    EXPECT_EQ(question.seen.size(), 41U);
    EXPECT_EQ(question.text, std::vector<float>({1, 0, 0, 0, 0, 0, 0, 0}));
    ASSERT_EQ(question.parts.size(), 1U);
    EXPECT_EQ(question.parts[0].style_term->name, "dark");
    EXPECT_EQ(std::ranges::count(question.passes, true), 3);
    EXPECT_TRUE(has(question.holds_text, 500));
    EXPECT_FALSE(has(question.holds_text, 501));
}

TEST_F(Chain, UnderstandRefusesWhatContradictsItself) {
    SearchQuery query;
    query.like = {name_of(10)};
    query.unlike = {name_of(12)};
    const auto copies = understand(library, lookup, embed_text, query, {}, {});
    ASSERT_FALSE(copies);
    EXPECT_EQ(copies.error().kind, ErrorKind::kUsage);
    query.unlike = {"none"};
    EXPECT_EQ(understand(library, lookup, embed_text, query, {}, {}).error().kind, ErrorKind::kNotFound);
}

TEST_F(Chain, GatherCountsCopiesOnceAndTakesSeenPhotosAsWeakNegatives) {
    SearchQuery query;
    query.like = {name_of(10), name_of(12), name_of(20)};
    query.seen = {name_of(10), name_of(11), name_of(30), name_of(30)};
    const Question question = *understand(library, lookup, embed_text, query, {}, {});
    const Gathered gathered = *gather(library, question, {});
    EXPECT_EQ(gathered.evidence.positives.size(), 2U) << "10 and 12 are one picture";
    EXPECT_THAT(gathered.positive_index, ElementsAre(0, 2));
    EXPECT_EQ(gathered.evidence.implicit_negatives.size(), 1U);
    for (const PhotoNumber known : {10U, 11U, 12U, 20U, 30U}) EXPECT_FALSE(has(gathered.may_show, known));
    EXPECT_TRUE(has(gathered.may_show, 40));
    EXPECT_FALSE(has(gathered.may_show, kPhotos + 1));
}

TEST_F(Chain, ScoresAreThoseOfTheMethodPlusTheFacets) {
    SearchQuery query = with_marks();
    query.facets = {{Facet::kStyle, 2}, {Facet::kPeople, 2}, {Facet::kMoment, 2}};
    const auto steps = steps_of(query);
    ASSERT_GE(steps->faceted.facets.size(), 3U);
    double weights = 0;
    for (const FacetState& state : steps->faceted.states) weights += state.weight;
    EXPECT_NEAR(weights, 1, 1e-9);
    for (const std::size_t row : {0UL, 77UL, 1100UL})
        EXPECT_NEAR(steps->faceted.scores[row], exact_score(library, steps->content, steps->faceted, row),
                    1e-5);
}

TEST_F(Chain, CalibrateHidesWhatMustNotBeShown) {
    const auto steps = steps_of(with_marks());
    library.content.for_each([&](std::size_t row, PhotoNumber photo) {
        EXPECT_EQ(steps->calibrated.scores[row] == kHidden, !has(steps->gathered.may_show, photo)) << photo;
    });
}

TEST_F(Chain, PagesArePartsOfOneOrderAndShowAGroupOnce) {
    SearchQuery query = with_marks();
    query.limit = 10'000;
    EXPECT_FALSE(search(query)) << "more than a page holds";
    query.limit = 500;
    std::vector<PhotoNumber> all, paged;
    for (bool end = false; !end; query.offset += query.limit) {
        const SearchPage page = *search(query);
        for (const SearchHit& hit : page.hits) all.push_back(hit.photo.number);
        end = page.end;
    }
    query.limit = 70;
    query.offset = 0;
    for (bool end = false; !end; query.offset += query.limit) {
        const SearchPage page = *search(query);
        EXPECT_TRUE(page.end || page.hits.size() == 70);
        for (const SearchHit& hit : page.hits) paged.push_back(hit.photo.number);
        end = page.end;
    }
    EXPECT_EQ(all, paged);
    // 5 + 3 marked, 41 seen; 10, 11, 12 and 1000, 1001 are one card each.
    EXPECT_EQ(all.size(), kPhotos - 49 - 3);
    std::ranges::sort(all);
    EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
}

TEST_F(Chain, AnEmptySpaceGivesAnEmptyPage) {
    library.content = {};
    library.statistics = nullptr;
    SearchQuery query;
    query.text = "dog";
    const auto page = search(query);
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_EQ(page->total, 0U);
    EXPECT_TRUE(page->end);
}

TEST(CaptureNearness, ManyAtATimeAreAsNearAsEachPair) {
    std::mt19937 random(3);
    std::uniform_real_distribution<double> unit(0, 1);
    const auto capture = [&](const CapturePoint* beside) {
        CapturePoint made;
        if (unit(random) < 0.8)
            made.seconds = beside != nullptr ? beside->seconds + 7200 * unit(random) : 3e9 * unit(random);
        if (unit(random) < 0.7) {
            made.latitude = static_cast<float>(beside != nullptr ? beside->latitude + 0.01 * unit(random)
                                                                 : 180 * unit(random) - 90);
            made.longitude = static_cast<float>(beside != nullptr ? beside->longitude + 0.01 * unit(random)
                                                                  : 360 * unit(random) - 180);
        }
        return made;
    };
    std::vector<WeightedCapture> marks;
    for (int mark = 0; mark < 20; ++mark) marks.push_back({capture(nullptr), 1 + mark % 3 * 0.5F});
    std::vector<CapturePoint> photos;
    for (int photo = 0; photo < 3000; ++photo)
        photos.push_back(capture(photo % 2 == 0 ? nullptr : &marks[photo % marks.size()].point));
    std::vector<float> weighted(photos.size(), 1), weights(photos.size(), 2);
    add_nearness(photos, marks, weighted, weights);
    double largest = 0;
    for (std::size_t photo = 0; photo < photos.size(); ++photo) {
        double sum = 1, total = 2, bound = 0;
        for (const WeightedCapture& mark : marks) {
            const double near = nearness(photos[photo], mark.point);
            if (std::isnan(near)) continue;
            EXPECT_GE(near, 0);
            EXPECT_LE(near, 1);
            sum += mark.weight * near;
            total += mark.weight;
            bound += 2e-3 * mark.weight;
            largest = std::max(largest, near);
        }
        EXPECT_NEAR(weighted[photo], sum, bound + 1e-6);
        EXPECT_FLOAT_EQ(weights[photo], static_cast<float>(total));
    }
    EXPECT_GT(largest, 0.5) << "some are near";
}

TEST(CaptureNearness, IsOneAtTheSameMomentAndNearlyNothingFarAway) {
    const CapturePoint here{1e9, 48, 11}, there{2e9, -33, 151};
    EXPECT_DOUBLE_EQ(nearness(here, here), 1);
    EXPECT_LT(nearness(here, there), 1e-9);
    EXPECT_TRUE(std::isnan(nearness({}, here)));
    CapturePoint time;
    time.seconds = 1e9 + 3600;
    EXPECT_NEAR(nearness(time, here), (std::exp(-1) + std::exp(-1 / 24.0) + std::exp(-1 / 720.0)) / 3, 1e-12);
}

}  // namespace
}  // namespace hone
