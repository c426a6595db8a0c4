// SPDX-License-Identifier: GPL-3.0-or-later
// The search engine on a made-up library without a network.
#include "search/engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "library/library.hpp"
#include "search/text_match.hpp"
#include "tests/support/manifest_by_hand.hpp"
#include "tests/support/temporary_folder.hpp"

namespace hone {
namespace {

using testing::ElementsAre;

// Maps every text to the same point, so that no network is needed.
class OneText final : public ImageTextModel {
  public:
    using ImageTextModel::ImageTextModel;
    Result<std::vector<float>> embed_text(std::string_view) override { return std::vector<float>{1, 0, 0}; }
};

// A library of photos with given vectors.
class Engine : public testing::Test {
  protected:
    void SetUp() override {
        model = std::make_shared<OneText>(test::manifest_by_hand(), ModelOptions{});
        library = *Library::open(folder.path(), Access::kWrite, "test");
        root = *library->catalog().add_folder("/photos");
    }

    // Returns the id.
    std::string add(const std::string& name, std::vector<float> vector, const std::string& path = "",
                    std::optional<AnalysisResults> analysis_results = std::nullopt) {
        normalize(vector);
        FileOutcome::Photo photo;
        photo.photo = {sha256(name), 1, 10, 10, "jpeg", 0};
        photo.vectors = {{content_key(*model), std::move(vector)}};
        photo.analysis_results = std::move(analysis_results);
        if (photo.analysis_results) {
            photo.analysis_results->style = {0};
            photo.analysis_results->hashes = {0};
        }
        const FileOutcome outcome{root.id, {path.empty() ? "/photos/" + name : path, 1, 1, 1, 0}, photo};
        EXPECT_TRUE(library->catalog().commit(std::span(&outcome, 1)));
        return to_hex(sha256(name));
    }

    Result<SearchPage> search(const SearchQuery& query, const std::stop_token& stop = {}) {
        space.reset();  // an open space is used again, without what was added to the catalogue since
        space = *library->open_content(*model);
        return SearchEngine(*library, space, model).search(query, {{"example", {{0, 0, 1}, {}}}}, stop);
    }

    static std::vector<std::string> names(const SearchPage& page) {
        std::vector<std::string> names;
        for (const SearchHit& hit : page.hits) names.push_back(hit.listing.path.filename());
        return names;
    }

    test::TemporaryFolder folder;
    std::shared_ptr<ImageTextModel> model;
    std::unique_ptr<Library> library;
    std::shared_ptr<VectorSpace> space;
    Folder root;
};

AnalysisResults rated(int stars, std::int64_t taken = 0) {
    AnalysisResults analysis_results;
    analysis_results.metadata.rating = stars;
    analysis_results.taken = {taken, std::nullopt, TakenSource::kExif};
    return analysis_results;
}

SearchQuery liking(std::vector<std::string> like) {
    SearchQuery query;
    query.like = std::move(like);
    return query;
}

TEST_F(Engine, RanksByCosineAndLeavesMarksOut) {
    const std::string dog = add("dog", {1, 0, 0});
    add("puppy", {0.9F, 0.1F, 0});
    add("cat", {0.5F, 0.5F, 0});
    add("car", {0, 0, 1});
    SearchQuery query = liking({dog});
    query.method = "average";
    const auto page = search(query);
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_THAT(names(*page), ElementsAre("puppy", "cat", "car"));
    EXPECT_EQ(page->total, 3U);
    EXPECT_NEAR(page->hits[1].score, std::sqrt(0.5), 1e-6);
}

TEST_F(Engine, GivesUpWhenNobodyWaits) {
    const std::string dog = add("dog", {1, 0, 0});
    std::stop_source stop;
    stop.request_stop();
    const auto page = search(liking({dog}), stop.get_token());
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().kind, ErrorKind::kUnavailable);
}

// A burst of more photos than are ordered at first: its card is one, and the others follow.
TEST_F(Engine, PagesAreFullThoughABurstIsLong) {
    constexpr int kShots = 1300, kOthers = 12;
    const std::string dog = add("dog", {1, 0, 0});
    for (int shot = 0; shot < kShots; ++shot) {
        AnalysisResults results = rated(0, 1'000'001 + shot);
        results.metadata.make = "Canon";
        add(fmt::format("shot{}", shot), {0.99F, 0.01F, 0}, "", results);
    }
    for (int other = 0; other < kOthers; ++other)
        add(fmt::format("other{}", other), {0.5F, 0.5F, static_cast<float>(other) / 100});
    SearchQuery query = liking({dog});
    query.method = "average";
    query.limit = 5;
    std::size_t cards = 0;
    for (bool end = false; !end; query.offset += query.limit) {
        const auto page = search(query);
        ASSERT_TRUE(page) << page.error().message;
        end = page->end;
        EXPECT_EQ(page->hits.size(), end ? 3U : 5U);
        cards += page->hits.size();
        ASSERT_LE(cards, kOthers + 1U);
    }
    EXPECT_EQ(cards, kOthers + 1U);
}

TEST_F(Engine, BoundsWhatARequestMayAsk) {
    const std::string dog = add("dog", {1, 0, 0});
    SearchQuery query = liking(std::vector<std::string>(SearchQuery::kMostMarks + 1, dog));
    EXPECT_EQ(search(query).error().kind, ErrorKind::kUsage);
    query = {};
    query.unlike = std::vector<std::string>(SearchQuery::kMostMarks + 1, dog);
    EXPECT_EQ(search(query).error().kind, ErrorKind::kUsage);
}

TEST_F(Engine, SeenPhotosAndNegativesAreExcluded) {
    const std::string dog = add("dog", {1, 0, 0}), puppy = add("puppy", {0.9F, 0.1F, 0}),
                      cat = add("cat", {0.5F, 0.5F, 0});
    add("car", {0, 0, 1});
    SearchQuery query = liking({dog});
    query.seen = {puppy};
    query.unlike = {cat};
    EXPECT_THAT(names(*search(query)), ElementsAre("car"));
}

TEST_F(Engine, ReasonsAddUpToTheScore) {
    const std::string dog = add("dog", {1, 0, 0}), cat = add("cat", {0.3F, 0.9F, 0}),
                      car = add("car", {0, 0.1F, 1});
    add("pet", {0.7F, 0.6F, 0.1F});
    SearchQuery query = liking({dog, cat});
    query.unlike = {car};
    for (const char* method : {"average", "rocchio"}) {
        query.method = method;
        const auto page = search(query);
        ASSERT_TRUE(page) << page.error().message;
        double sum = 0;
        for (const Reason& reason : page->hits[0].reasons) sum += reason.weight;
        EXPECT_NEAR(sum, page->hits[0].score, 1e-6) << method;
        EXPECT_EQ(page->hits[0].reasons[0].from, dog);
        EXPECT_EQ(page->hits[0].reasons.size(), std::string_view(method) == "rocchio" ? 3U : 2U);
    }
}

TEST_F(Engine, ManyReasonsAreListedShortAndStillAddUp) {
    std::vector<std::string> marks;
    for (int photo = 0; photo < 150; ++photo)
        marks.push_back(add("mark" + std::to_string(photo), {1, 0.01F * static_cast<float>(photo), 0}));
    add("pet", {0.7F, 0.6F, 0.1F});
    SearchQuery query = liking(marks);
    query.method = "average";
    const auto page = search(query);
    ASSERT_TRUE(page) << page.error().message;
    const std::vector<Reason>& reasons = page->hits[0].reasons;
    ASSERT_GT(reasons.size(), 2U);
    EXPECT_LE(reasons.size(), SearchHit::kListedReasons + 1);
    double sum = 0, weakest = 1e9;
    for (const Reason& reason : reasons) {
        sum += reason.weight;
        if (reason.from != "others") weakest = std::min(weakest, std::abs(reason.weight));
    }
    EXPECT_NEAR(sum, page->hits[0].score, 1e-6);
    EXPECT_EQ(reasons.back().from, "others");
    // The others are weaker on average than the weakest one that is listed.
    EXPECT_LT(std::abs(reasons.back().weight) / static_cast<double>(151 - reasons.size()), weakest);
}

TEST_F(Engine, EqualScoresStandInTheOrderOfTheirIds) {
    const std::string dog = add("dog", {1, 0, 0});
    std::vector<std::string> ids;
    for (int copy = 0; copy < 20; ++copy) ids.push_back(add("twin" + std::to_string(copy), {0, 1, 0}));
    std::ranges::sort(ids);
    SearchQuery query = liking({dog});
    const auto all = *search(query);
    ASSERT_EQ(all.hits.size(), 20U);
    for (std::size_t at = 0; at < 20; ++at) EXPECT_EQ(to_hex(all.hits[at].photo.id), ids[at]);
    query.limit = 7;
    std::vector<std::string> paged;
    for (query.offset = 0; query.offset < 20; query.offset += 7) {
        const SearchPage page = *search(query);
        for (const SearchHit& hit : page.hits) paged.push_back(to_hex(hit.photo.id));
    }
    EXPECT_EQ(paged, ids) << "pages are parts of one order";
}

TEST_F(Engine, ThePageIsAPureFunctionOfTheQuery) {
    for (int photo = 0; photo < 50; ++photo)
        add("photo" + std::to_string(photo), {std::sin(photo * 1.0F), std::cos(photo * 2.0F), 0.3F});
    SearchQuery query;
    query.from = "example";
    const auto first = *search(query), second = *search(query);
    ASSERT_EQ(first.hits.size(), second.hits.size());
    for (std::size_t at = 0; at < first.hits.size(); ++at) {
        EXPECT_EQ(first.hits[at].photo.id, second.hits[at].photo.id);
        EXPECT_EQ(first.hits[at].score, second.hits[at].score);
    }
}

TEST_F(Engine, PhotosOfRemovedFoldersAreNotFound) {
    const std::string dog = add("dog", {1, 0, 0});
    add("cat", {0, 1, 0});
    EXPECT_EQ(search(liking({dog}))->total, 1U);
    ASSERT_TRUE(library->catalog().remove_folder(root.id));
    EXPECT_EQ(search(liking({dog}))->total, 0U) << "and the mark still counts";
}

TEST_F(Engine, SaysWhatItCannotFind) {
    add("dog", {1, 0, 0});
    EXPECT_EQ(search(liking({std::string(64, '0')})).error().kind, ErrorKind::kNotFound);
    EXPECT_EQ(search({}).error().kind, ErrorKind::kUsage);
}

TEST_F(Engine, AMarkGivenTwiceCountsOnce) {
    const std::string dog = add("dog", {1, 0, 0}), cat = add("cat", {0, 1, 0});
    add("pet", {0.6F, 0.8F, 0});
    EXPECT_EQ(search(liking({dog, dog, cat}))->hits[0].score, search(liking({dog, cat}))->hits[0].score);
    EXPECT_EQ(search(liking({dog.substr(0, 12), dog, cat}))->query.like.size(), 2U)
        << "prefixes name the same photo";
}

TEST_F(Engine, AnEmptyLibraryGivesAnEmptyPage) {
    SearchQuery query;
    query.from = "example";
    const auto page = search(query);
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_EQ(page->total, 0U);
    EXPECT_TRUE(page->hits.empty());
}

TEST_F(Engine, CopiesAreOneResult) {
    const std::string dog = add("dog", {1, 0, 0});
    add("cat", {0, 1, 0}, "/photos/one.jpg");
    add("cat", {0, 1, 0}, "/photos/two.jpg");
    const auto page = *search(liking({dog}));
    ASSERT_EQ(page.hits.size(), 1U);
    EXPECT_EQ(page.hits[0].listing.copies, 2U);
}

TEST_F(Engine, AFilterCutsBeforeTheRankingSoThatThePageIsFull) {
    const std::string dog = add("dog", {1, 0, 0});
    // The nearer a photo is, the fewer stars it has.
    for (int at = 0; at < 100; ++at) {
        const auto away = static_cast<float>(at) / 100;
        add(fmt::format("{:02}", at), {1, away, 0}, "", rated(at / 20));
    }
    SearchQuery query = liking({dog});
    query.limit = 10;
    query.filter = "  rating:>=4  ";
    const auto page = search(query);
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_THAT(names(*page), ElementsAre("80", "81", "82", "83", "84", "85", "86", "87", "88", "89"));
    EXPECT_EQ(page->total, 20U);
    EXPECT_EQ(page->query.filter, "rating:4..") << "as understood";
    std::uint64_t counted = 0;
    for (const std::uint64_t count : page->histogram.counts) counted += count;
    EXPECT_EQ(counted, 20U);
    query.filter = "rating:>4";
    EXPECT_EQ(search(query)->total, 0U);
    query.filter = " ";
    EXPECT_EQ(search(query)->total, 100U);
}

TEST_F(Engine, AFilterChangesNoScore) {
    const std::string dog = add("dog", {1, 0, 0});
    for (int at = 0; at < 30; ++at)
        add(fmt::format("{:02}", at), {1, static_cast<float>(at) / 10, 0}, "", rated(at % 3));
    SearchQuery query = liking({dog});
    const SearchPage all = *search(query);
    query.filter = "rating:2";
    const SearchPage some = *search(query);
    ASSERT_EQ(some.hits.size(), 10U);
    for (const SearchHit& hit : some.hits) {
        const auto same =
            std::ranges::find(all.hits, hit.photo.id, [](const SearchHit& of) { return of.photo.id; });
        ASSERT_NE(same, all.hits.end());
        EXPECT_EQ(hit.score, same->score);
        EXPECT_EQ(hit.probability, same->probability);
    }
}

TEST_F(Engine, AFilterAloneListsTheNewestTakenFirst) {
    add("old", {1, 0, 0}, "", rated(5, 1'000));
    add("new", {0, 1, 0}, "", rated(5, 3'000));
    add("middle", {0, 0, 1}, "", rated(5, 2'000));
    add("unrated", {0, 0, 1}, "", rated(0, 4'000));
    const std::string seen = add("seen", {0, 0, 1}, "", rated(5, 5'000));
    SearchQuery query;
    query.filter = "rating:5";
    query.seen = {seen};
    const auto page = search(query);
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_THAT(names(*page), ElementsAre("new", "middle", "old"));
    EXPECT_EQ(page->total, 3U);
    EXPECT_EQ(page->likely, 3U);
    EXPECT_EQ(page->hits[0].probability, 1);
    ASSERT_TRUE(page->hits[0].listing.taken);
    EXPECT_EQ(page->hits[0].listing.taken->local_seconds, 3'000);
    query.limit = 1;
    query.offset = 1;
    EXPECT_THAT(names(*search(query)), ElementsAre("middle"));
    query.offset = 3;
    EXPECT_THAT(names(*search(query)), ElementsAre());
    ASSERT_TRUE(library->catalog().remove_folder(root.id));
    EXPECT_EQ(search(query)->total, 0U) << "only available photos";
}

TEST_F(Engine, AWrongFilterSaysWhereAndWhat) {
    const std::string dog = add("dog", {1, 0, 0});
    for (SearchQuery query : {SearchQuery{}, liking({dog})}) {
        query.filter = "taken:2019 raiting:3";
        const auto page = search(query);
        ASSERT_FALSE(page);
        EXPECT_EQ(page.error().kind, ErrorKind::kUsage);
        EXPECT_EQ(page.error().message,
                  "filter, column 12: there is no field 'raiting'; did you mean rating?");
        query.filter = "people:Ada";
        EXPECT_EQ(search(query)->total, 0U);
    }
}

SearchQuery asking(const std::string& text) {
    SearchQuery query;
    query.text = text;
    return query;
}

// Photos at given cosines to every text, and a model that names a `sure` cosine.
class Sure : public Engine {
  protected:
    void SetUp() override {
        Engine::SetUp();
        Manifest manifest = model->manifest();
        manifest.calibration = ScoreCalibration{0.6, 20, 0.8};
        model = std::make_shared<OneText>(manifest, ModelOptions{});
        for (const float cosine : {0.3F, 0.5F, 0.65F, 0.75F}) last = add_at(cosine);
    }
    std::string add_at(float cosine) {
        return add(fmt::format("{}.jpg", cosine), {cosine, std::sqrt(1 - cosine * cosine), 0});
    }

    std::string last;
};

TEST_F(Sure, NothingIsLikelyUntilAPhotoIsSure) {
    const SearchPage unsure = *search(asking("a fork"));
    EXPECT_TRUE(unsure.nothing_fits);
    EXPECT_EQ(unsure.likely, 0U);
    EXPECT_NEAR(unsure.likely_cut, 0.8, 1e-6);
    EXPECT_LT(unsure.hits.front().probability, 0.5);
    add_at(0.85F);
    const SearchPage sure = *search(asking("a fork"));
    EXPECT_FALSE(sure.nothing_fits);
    EXPECT_EQ(sure.likely, 3U);
    EXPECT_NEAR(sure.likely_cut, 0.6, 1e-6);
    ASSERT_EQ(sure.hits.size(), unsure.hits.size() + 1);
    for (std::size_t at = 0; at < unsure.hits.size(); ++at) {
        EXPECT_EQ(sure.hits[at + 1].score, unsure.hits[at].score);
        EXPECT_GT(sure.hits[at + 1].probability, unsure.hits[at].probability);
    }
}

TEST_F(Sure, APhotoThatIsGoneDoesNotCount) {
    const Folder other = *library->catalog().add_folder("/other");
    root = other;
    add("gone.jpg", {1, 0, 0}, "/other/gone.jpg");
    EXPECT_EQ(search(asking("a fork"))->likely, 3U);
    ASSERT_TRUE(library->catalog().remove_folder(other.id));
    EXPECT_EQ(search(asking("a fork"))->likely, 0U);
}

TEST_F(Sure, APositiveShowsThatSomePhotosMatch) {
    SearchQuery query = asking("a fork");
    query.like = {last};
    const SearchPage page = *search(query);
    EXPECT_EQ(page.calibration, Calibration::kText);
    EXPECT_EQ(page.likely, 1U) << "0.65; the positive is not in the list";
}

// 40 photos increasingly similar to the query text, and one that is not but has the text in its name.
class Facts : public Engine {
  protected:
    void SetUp() override {
        Engine::SetUp();
        for (int at = 0; at < 40; ++at)
            others.push_back(add(fmt::format("other{:02}.jpg", at), {0.02F * static_cast<float>(at), 1, 0}));
        named = add("IMG_1234.jpg", {-0.2F, 0, 1}, "/photos/Alps/IMG_1234.jpg");
    }

    // Returns the first hit with its reasons; checks that they add up to its score and cover all of it.
    SearchHit checked_first(const SearchPage& page) {
        EXPECT_EQ(names(page).front(), "IMG_1234.jpg");
        const SearchHit& hit = page.hits.front();
        double sum = 0;
        for (const Reason& reason : hit.reasons) sum += reason.weight;
        EXPECT_NEAR(sum, hit.score, 1e-6);
        EXPECT_EQ(hit.reasons.back().facet, "text_index");
        EXPECT_EQ(hit.reasons.back().from, "text");
        EXPECT_GT(hit.reasons.back().weight, 0);
        EXPECT_GE(hit.probability, kLiftedProbability - 1e-6);
        EXPECT_GE(page.likely, 1U);
        EXPECT_NEAR(page.histogram.to, hit.score, 1e-6);
        EXPECT_EQ(page.histogram.counts.back(), 1U);
        return hit;
    }

    std::vector<std::string> others;
    std::string named;
};

TEST_F(Facts, ANameFindsItsPhotoAndTheOthersKeepTheirPlaces) {
    SearchQuery query = asking("IMG_1234");
    const SearchPage with = *search(query);
    checked_first(with);
    ASSERT_EQ(with.hits[0].reasons.size(), 2U);
    EXPECT_EQ(with.hits[0].reasons[0].facet, "content");
    query.facts = false;
    const SearchPage without = *search(query);
    EXPECT_EQ(names(without).back(), "IMG_1234.jpg") << "it looks least like the words";
    EXPECT_EQ(without.hits.back().reasons.size(), 1U);
    EXPECT_EQ(with.likely, without.likely + 1);
    std::vector<std::string> rest = names(with), all = names(without);
    rest.erase(rest.begin());
    all.pop_back();
    EXPECT_EQ(rest, all);
    for (std::size_t at = 0; at < all.size(); ++at)
        EXPECT_EQ(with.hits[at + 1].score, without.hits[at].score);
}

TEST_F(Facts, AllWordsMustStandThere) {
    EXPECT_EQ(names(*search(asking("the photo IMG_1234 in the alps"))).front(), "IMG_1234.jpg");
    EXPECT_EQ(names(*search(asking("IMG_1234 in Vienna"))).back(), "IMG_1234.jpg");
    EXPECT_EQ(names(*search(asking("a photo of the"))).back(), "IMG_1234.jpg") << "nothing is left to match";
}

TEST_F(Facts, KeywordsTitleAndCameraCountToo) {
    AnalysisResults analysis_results;
    analysis_results.metadata.keywords = {"Gypsum Dunes"};
    analysis_results.metadata.title = "Dawn";
    analysis_results.metadata.make = "Leica";
    add("plain.jpg", {-1, 0, 0.1F}, "", analysis_results);
    for (const char* text : {"dunes", "gypsum dawn", "leica"})
        EXPECT_EQ(names(*search(asking(text))).front(), "plain.jpg") << text;
}

TEST_F(Facts, TheBonusStaysWithMarks) {
    SearchQuery query = asking("IMG_1234");
    query.like = {others[3]};
    query.unlike = {others[0]};
    query.method = "rocchio";
    EXPECT_EQ(checked_first(*search(query)).reasons.size(), 4U)
        << "words as picture, two marks, words as text";
    query.text = "";
    EXPECT_EQ(names(*search(query)).back(), "IMG_1234.jpg") << "no words, no bonus";
}

TEST_F(Facts, ACalibratedModelLiftsByItsOwnCalibration) {
    Manifest manifest = model->manifest();
    manifest.calibration = ScoreCalibration{};
    manifest.calibration->likely = 0.9;
    manifest.calibration->slope = 20;
    model = std::make_shared<OneText>(manifest, ModelOptions{});
    const SearchHit hit = checked_first(*search(asking("IMG_1234")));
    const double unit = std::log(0.95 / 0.05) / 20;
    EXPECT_GT(hit.score, 0.9 + unit - 1e-6);
    EXPECT_LT(hit.score, 0.9 + 2 * unit);
}

TEST_F(Facts, AFilterHidesAlsoWhatHoldsTheWords) {
    SearchQuery query = asking("IMG_1234");
    query.filter = "-folder:alps";
    EXPECT_EQ(search(query)->total, 40U);
    query.filter = "folder:alps";
    const SearchPage page = *search(query);
    EXPECT_THAT(names(page), ElementsAre("IMG_1234.jpg"));
}

TEST(TextMatch, DropsWhatNamesNothing) {
    EXPECT_THAT(terms_to_match("A photo of the DOG, on (the) Beach dog"), ElementsAre("dog", "beach"));
    EXPECT_THAT(terms_to_match("IMG_1234"), ElementsAre("img_1234"));
    EXPECT_THAT(terms_to_match(" -- ' the \n"), ElementsAre());
    EXPECT_THAT(terms_to_match("\xD0\xA4\xD0\xBE\xD1\x82\xD0\xBE"),
                ElementsAre("\xD0\xA4\xD0\xBE\xD1\x82\xD0\xBE"));
    std::string many;
    for (std::size_t word = 0; word < kMostTextTerms; ++word) many += fmt::format("w{} ", word);
    EXPECT_EQ(terms_to_match(many).size(), kMostTextTerms);
    EXPECT_THAT(terms_to_match(many + "more"), ElementsAre());
}

TEST(TextMatch, LiftsAboveTheLikelyCutAndKeepsTheOrder) {
    for (const LogisticCalibration calibration :
         {LogisticCalibration{0.1, 60}, LogisticCalibration{-0.3, 4}}) {
        double before = -10;
        for (double score = -1; score <= 1; score += 0.01) {
            const double bonus = text_bonus(calibration, score);
            EXPECT_GT(bonus, 0);
            EXPECT_GT(calibration.probability(score + bonus), kLiftedProbability - 1e-9) << score;
            EXPECT_GE(score + bonus, before) << score;
            before = score + bonus;
        }
        const double unit = calibration.score_at(0.95) - calibration.score_at(0.5);
        EXPECT_NEAR(text_bonus(calibration, calibration.threshold), 2 * unit, 1e-12);
        EXPECT_NEAR(text_bonus(calibration, calibration.threshold + 1), 2 * unit, 1e-12);
        EXPECT_NEAR(calibration.threshold - unit + text_bonus(calibration, calibration.threshold - unit),
                    calibration.threshold + unit * (1 + std::exp(-1.0)), 1e-12);
    }
}

TEST_F(Engine, OtherModelsVectorsAreNamed) {
    add("dog", {1, 0, 0});
    Manifest other = model->manifest();
    other.name = "other";
    other.dimension = 5;
    other.image.files[Precision::kF32].sha256 = "other";
    const ImageTextModel wrong(other, {});
    const auto checked = library->check_model(wrong);
    ASSERT_FALSE(checked);
    EXPECT_NE(checked.error().message.find("hone index"), std::string::npos);
    EXPECT_NE(checked.error().message.find("(3)"), std::string::npos);
    EXPECT_TRUE(library->check_model(*model));
}

// Marks, seen photos and groups.
class Rounds : public Engine {
  protected:
    // 60 photos of six kinds, three of a kind taken within two seconds of each other; the query text is the x
    // axis.
    void SetUp() override {
        Engine::SetUp();
        for (int at = 0; at < 60; ++at) {
            const auto angle = static_cast<float>(at % 6), away = static_cast<float>(at) / 100;
            ids.push_back(
                add(fmt::format("{:02}", at), {std::cos(angle) + away, std::sin(angle), 0.5F - away}));
        }
    }
    void same_picture(int one, int other) {
        const SamePicture pair{number(one), number(other), 80, 0.99, true};
        ASSERT_TRUE(library->catalog().add_same_pictures(std::span(&pair, 1)));
    }
    [[nodiscard]] PhotoNumber number(int at) {
        return library->catalog().resolve(ids[static_cast<std::size_t>(at)])->number;
    }
    static std::vector<std::string> ids_of(const SearchPage& page) {
        std::vector<std::string> found;
        for (const SearchHit& hit : page.hits) found.push_back(to_hex(hit.photo.id));
        return found;
    }
    std::vector<std::string> ids;
};

TEST_F(Rounds, TakingTheLastMarkBackGivesThePageBeforeExactly) {
    for (const std::string_view method : feedback_methods()) {
        SearchQuery query = asking("words");
        query.method = method;
        query.like = {ids[1], ids[7]};
        query.seen = {ids[2], ids[3]};
        const SearchPage before = *search(query);
        query.unlike = {ids[4]};
        (void)*search(query);
        query.unlike.clear();
        const SearchPage after = *search(query);
        EXPECT_EQ(ids_of(before), ids_of(after)) << method;
        for (std::size_t at = 0; at < before.hits.size(); ++at)
            EXPECT_EQ(before.hits[at].score, after.hits[at].score);
    }
}

TEST_F(Rounds, EachResultSaysWhichNumberItWasByTheWordsAlone) {
    SearchQuery query = asking("words");
    query.show = Show::kAll;
    query.limit = 60;
    const std::vector<std::string> by_text = ids_of(*search(query));
    EXPECT_FALSE(search(query)->hits.front().text_rank);
    query.like = {ids[3], ids[9]};
    query.unlike = {ids[5]};
    const auto expect_numbers = [&](const std::vector<std::string>& order) {
        const SearchPage page = *search(query);
        ASSERT_GT(page.hits.size(), 20U);
        EXPECT_NE(ids_of(page), order);
        for (const SearchHit& hit : page.hits) {
            const auto file = std::ranges::find(order, to_hex(hit.photo.id)) - order.begin();
            EXPECT_EQ(hit.text_rank, static_cast<std::uint64_t>(file) + 1);
        }
    };
    expect_numbers(by_text);
    // Among the photos of the filter, even when seen photos are not on the page.
    query.show = Show::kNew;
    query.seen = {ids[0], ids[6]};
    query.filter = "NOT name:59";
    std::vector<std::string> filtered = by_text;
    std::erase(filtered, ids[59]);
    expect_numbers(filtered);
}

TEST_F(Rounds, WithoutMarksEveryMethodGivesThePageOfTheWords) {
    SearchQuery query = asking("words");
    query.method = "text";
    const SearchPage text = *search(query);
    for (const std::string_view method : feedback_methods()) {
        query.method = method;
        EXPECT_EQ(ids_of(*search(query)), ids_of(text)) << method;
    }
}

TEST_F(Rounds, ReasonsAddUpWithEveryMethod) {
    for (const std::string_view method : feedback_methods()) {
        SearchQuery query = asking("words");
        query.method = method;
        query.like = {ids[1], ids[7]};
        query.unlike = {ids[5]};
        query.seen = {ids[2], ids[3], ids[7]};
        const SearchPage page = *search(query);
        ASSERT_FALSE(page.hits.empty());
        for (const SearchHit& hit : page.hits) {
            double sum = 0;
            for (const Reason& reason : hit.reasons) sum += reason.weight;
            EXPECT_NEAR(sum, hit.score, 1e-4) << method;
        }
    }
}

TEST_F(Rounds, ACopyOfAMarkedOrSeenPhotoIsNotShownAgain) {
    same_picture(1, 31);
    same_picture(2, 32);
    SearchQuery query = asking("words");
    query.like = {ids[1]};
    query.seen = {ids[2]};
    const auto page = ids_of(*search(query));
    EXPECT_THAT(page, testing::Not(testing::Contains(ids[31])));
    EXPECT_THAT(page, testing::Not(testing::Contains(ids[32])));
    EXPECT_EQ(page.size(), 56U);
    query.show = Show::kAll;
    EXPECT_EQ(search(query)->total, 60U);
    query.show = Show::kSeen;
    EXPECT_THAT(ids_of(*search(query)), ElementsAre(ids[2]));
}

TEST_F(Rounds, CopiesAmongTheMarksCountOnce) {
    SearchQuery query = asking("words");
    query.method = "average";
    query.like = {ids[1], ids[2]};
    const double score = search(query)->hits[0].score;
    same_picture(1, 31);
    query.like = {ids[1], ids[31], ids[2]};
    EXPECT_EQ(search(query)->hits[0].score, score);
}

TEST_F(Rounds, MarksThatContradictEachOtherAreRefused) {
    same_picture(1, 31);
    SearchQuery query = asking("words");
    query.like = {ids[1]};
    query.unlike = {ids[1].substr(0, 20)};
    EXPECT_EQ(search(query).error().kind, ErrorKind::kUsage) << "also by a shorter name";
    query.unlike = {ids[31]};
    const auto page = search(query);
    ASSERT_FALSE(page);
    EXPECT_NE(page.error().message.find(ids[1]), std::string::npos);
    EXPECT_NE(page.error().message.find(ids[31]), std::string::npos);
}

TEST_F(Rounds, CopiesStandOnOneCard) {
    same_picture(1, 31);
    same_picture(1, 37);
    SearchQuery query = asking("words");
    const SearchPage cards = *search(query);
    EXPECT_EQ(cards.hits.size(), 58U);
    EXPECT_EQ(cards.total, 60U) << "photos are counted, not cards";
    const auto card = std::ranges::find_if(cards.hits, [](const SearchHit& hit) { return hit.grouped > 0; });
    ASSERT_NE(card, cards.hits.end());
    EXPECT_EQ(card->grouped, 2U);
    EXPECT_EQ(card->group.size(), 2U);
    query.collapse = false;
    EXPECT_EQ(search(query)->hits.size(), 60U);
    query.collapse = true;
    std::vector<std::string> paged;
    query.limit = 7;
    for (query.offset = 0; query.offset < 58; query.offset += 7) {
        for (const std::string& id : ids_of(*search(query))) paged.push_back(id);
    }
    EXPECT_EQ(paged, ids_of(cards)) << "the offset counts cards";
}

TEST_F(Rounds, APageWithoutALikeExplores) {
    SearchQuery query = asking("words");
    query.limit = 8;
    query.seen = {ids[0], ids[6], ids[12]};
    const SearchPage page = *search(query);
    EXPECT_TRUE(page.explores);
    EXPECT_TRUE(std::ranges::all_of(page.hits, &SearchHit::explores));
    query.offset = 8;
    for (const std::string& id : ids_of(*search(query)))
        EXPECT_THAT(ids_of(page), testing::Not(testing::Contains(id)));
    query.offset = 0;
    query.like = {ids[1]};
    EXPECT_FALSE(search(query)->explores) << "not once something is liked";
    query.rounds = {{20, 0}, {20, 1}, {20, 0}};
    EXPECT_TRUE(search(query)->explores) << "again when that led nowhere";
    query.unlike = {ids[6]};
    EXPECT_FALSE(search(query)->explores) << "not for somebody who crosses out with care";
    query.unlike.clear();
    query.rounds.pop_back();
    EXPECT_FALSE(search(query)->explores);
    query.rounds = {{60, 0}};
    EXPECT_FALSE(search(query)->explores) << "a like from elsewhere is not a mistake";
    query.rounds.clear();
    query.like.clear();
    query.method = "rocchio";
    EXPECT_FALSE(search(query)->explores) << "nor by another method";
    query.method = kDefaultMethod;
    query.limit = 5;
    EXPECT_FALSE(search(query)->explores) << "nor on a short page";
}

TEST_F(Rounds, AHeavyMarkPullsMore) {
    SearchQuery query = asking("words");
    query.method = "average";
    query.like = {ids[1], ids[3]};
    const auto share_of = [&](const std::string& id) {
        const SearchPage page = *search(query);
        for (const Reason& reason : page.hits[0].reasons) {
            if (reason.from == id) return reason.weight;
        }
        return 0.0;
    };
    const double light = share_of(ids[1]);
    EXPECT_NE(light, 0);
    query.weights[ids[1]] = 3;
    EXPECT_GT(std::abs(share_of(ids[1])), std::abs(light));
    query.weights = {{ids[9], 2}};
    EXPECT_EQ(search(query).error().kind, ErrorKind::kUsage) << "a weight without a mark";
    query.weights = {{ids[1], 0}};
    EXPECT_EQ(search(query).error().kind, ErrorKind::kUsage);
}

TEST_F(Rounds, AFacetThatIsOffDoesNotCountAndAllOffIsRefused) {
    SearchQuery query = asking("words");
    const SearchPage plain = *search(query);
    query.facets = {{Facet::kStyle, 0}, {Facet::kMoment, 0}};
    EXPECT_EQ(ids_of(*search(query)), ids_of(plain));
    query.facets = {{Facet::kContent, 0}};
    EXPECT_EQ(search(query).error().kind, ErrorKind::kUsage);
    query.facets = {{Facet::kStyle, 11}};
    EXPECT_EQ(search(query).error().kind, ErrorKind::kUsage);
}

// Photos with styles: their content is on one axis, their style on the other.
class Styles : public Engine {
  protected:
    // kind: direction of the content; look: byte pattern, far from that of another style.
    std::string add_photo(const std::string& name, int kind, int style) {
        std::vector<float> vector{0.1F, 0.1F, 0.1F};
        vector[static_cast<std::size_t>(kind)] += 1 + 0.01F * static_cast<float>(name.size());
        FileOutcome::Photo photo;
        normalize(vector);
        photo.photo = {sha256(name), 1, 10, 10, "jpeg", 0};
        photo.vectors = {{content_key(*model), std::move(vector)}};
        photo.analysis_results.emplace();
        photo.analysis_results->style.resize(229);
        for (std::size_t at = 0; at < 229; ++at) {
            const std::size_t wave = (at * static_cast<std::size_t>(style + 2)) % 7 + name.size() % 2;
            photo.analysis_results->style[at] = static_cast<std::uint8_t>(at < 102 ? 12 * wave : 20 * wave);
        }
        photo.analysis_results->hashes = {0};
        const FileOutcome outcome{root.id, {"/photos/" + name, 1, 1, 1, 0}, photo};
        EXPECT_TRUE(library->catalog().commit(std::span(&outcome, 1)));
        return to_hex(sha256(name));
    }
    void SetUp() override {
        Engine::SetUp();
        for (int kind = 0; kind < 3; ++kind) {
            for (int style = 0; style < 3; ++style) {
                for (int at = 0; at < 12; ++at)
                    ids[kind][style].push_back(
                        add_photo(fmt::format("k{}l{}n{}", kind, style,
                                              std::string(static_cast<std::size_t>(at) + 1, 'x')),
                                  kind, style));
            }
        }
    }
    static const FacetState& facet(const SearchPage& page, Facet which) {
        return *std::ranges::find(page.facets, which, &FacetState::facet);
    }
    std::array<std::array<std::vector<std::string>, 3>, 3> ids;
};

TEST_F(Styles, MarksOfOneStyleAndDifferentSubjectsRaiseTheStyleAboveTheContent) {
    SearchQuery query;
    query.like = {ids[0][1][0], ids[1][1][1], ids[2][1][2], ids[0][1][3]};
    query.seen = {ids[0][0][0], ids[1][2][1], ids[2][0][2], ids[0][2][3], ids[1][0][4], ids[2][2][5]};
    const auto page = search(query);
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_GT(facet(*page, Facet::kStyle).weight, facet(*page, Facet::kContent).weight);
    EXPECT_GT(facet(*page, Facet::kStyle).auc, facet(*page, Facet::kContent).auc + 0.15);
}

TEST_F(Styles, MarksOfOneSubjectAndDifferentStylesDoTheOpposite) {
    SearchQuery query;
    query.like = {ids[1][0][0], ids[1][1][1], ids[1][2][2], ids[1][0][3]};
    query.seen = {ids[0][0][0], ids[2][1][1], ids[0][2][2], ids[2][0][3], ids[0][1][4], ids[2][2][5]};
    const auto page = search(query);
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_LT(facet(*page, Facet::kStyle).weight, facet(*page, Facet::kContent).weight);
    EXPECT_GT(facet(*page, Facet::kContent).auc, facet(*page, Facet::kStyle).auc + 0.15);
}

TEST_F(Styles, SimilarByStyleFindsTheStyleWhateverItShows) {
    SearchQuery query;
    query.from = ids[0][2][0];
    ASSERT_TRUE(rank_by_space(query, "style"));
    query.limit = 20;
    const auto page = search(query);
    ASSERT_TRUE(page) << page.error().message;
    const auto same = std::ranges::count_if(page->hits, [](const SearchHit& hit) {
        return hit.listing.path.string().find("l2") != std::string::npos;
    });
    EXPECT_GE(same, 15) << "of 20, where a third of the library looks like it";
    for (const SearchHit& hit : page->hits) {
        double sum = 0;
        for (const Reason& reason : hit.reasons) {
            sum += reason.weight;
            EXPECT_EQ(reason.facet, "style");
        }
        EXPECT_NEAR(sum, hit.score, 1e-4);
    }
    EXPECT_FALSE(rank_by_space(query, "smell"));
}

TEST_F(Styles, AStyleTermIsUnderstoodAndCanBeSwitchedOff) {
    SearchQuery query = asking("a dark dog");
    const SearchPage read = *search(query);
    ASSERT_EQ(read.style_terms.size(), 1U);
    EXPECT_EQ(read.style_terms[0].word, "dark");
    EXPECT_TRUE(read.style_terms[0].used);
    EXPECT_EQ(std::ranges::count(read.hits[0].reasons, "style:dark", &Reason::from), 1);
    query.style_terms.emplace();
    const SearchPage plain = *search(query);
    ASSERT_EQ(plain.style_terms.size(), 1U) << "still named, so that it can be switched on again";
    EXPECT_FALSE(plain.style_terms[0].used);
    EXPECT_EQ(std::ranges::count(plain.hits[0].reasons, "style:dark", &Reason::from), 0);
}

}  // namespace
}  // namespace hone
