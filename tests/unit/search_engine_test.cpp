#include "search/engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "ingest/library.hpp"
#include "tests/support/temporary_folder.hpp"

namespace hone {
namespace {

using testing::ElementsAre;

// A library of pictures with vectors by hand; marks only, so that no network is needed.
class Engine : public testing::Test {
  protected:
    void SetUp() override {
        Manifest manifest;
        manifest.name = "by-hand";
        manifest.dimension = 3;
        manifest.image.files[Precision::kF32] = {"none", "none", 0};
        manifest.text.files[Precision::kF32] = {"none", "none", 0};
        model = std::make_shared<ImageTextModel>(manifest, ModelOptions{});
        library = *Library::open(folder.path(), Access::kWrite, "test");
        root = *library->catalog().add_folder("/photos");
    }

    // Gives the id.
    std::string add(const std::string& name, std::vector<float> vector, const std::string& path = "") {
        normalize(vector);
        FileOutcome::IsPhoto photo;
        photo.photo = {sha256(name), 1, 10, 10, "jpeg", 0};
        photo.key = content_key(*model);
        photo.vector = std::move(vector);
        const FileOutcome outcome{root.id, {path.empty() ? "/photos/" + name : path, 1, 1, 1, 0}, photo};
        EXPECT_TRUE(library->catalog().commit(std::span(&outcome, 1)));
        return to_hex(sha256(name));
    }

    Result<SearchPage> search(const SearchQuery& query) {
        EXPECT_TRUE(library->reload_present());
        space = *library->open_content(*model);
        return SearchEngine(library->catalog(), library->present(), space, model)
            .search(query, {{"example", {0, 0, 1}}});
    }

    static std::vector<std::string> names(const SearchPage& page) {
        std::vector<std::string> names;
        for (const SearchHit& hit : page.hits) names.push_back(hit.path.filename());
        return names;
    }

    test::TemporaryFolder folder;
    std::shared_ptr<ImageTextModel> model;
    std::unique_ptr<Library> library;
    std::shared_ptr<VectorSpace> space;
    Folder root;
};

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
    const auto page = search(liking({dog}));
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_THAT(names(*page), ElementsAre("puppy", "cat", "car"));
    EXPECT_EQ(page->total, 3U);
    EXPECT_NEAR(page->hits[1].score, std::sqrt(0.5), 1e-6);
}

TEST_F(Engine, SeenAndUnlikedAreLeftOut) {
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
    EXPECT_EQ(page.hits[0].copies, 2U);
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
    EXPECT_NE(checked.error().message.find("--reembed"), std::string::npos);
    EXPECT_NE(checked.error().message.find("3 numbers"), std::string::npos);
    EXPECT_TRUE(library->check_model(*model));
}

}  // namespace
}  // namespace hone
