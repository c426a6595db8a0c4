// SPDX-License-Identifier: GPL-3.0-or-later
// People on a real catalogue: users' edits hold, survive re-indexing and can be undone.
#include "people/people.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/sha256.hpp"
#include "tests/contract/surrealdb/engine.hpp"
#include "tests/support/temporary_folder.hpp"

namespace hone {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::size_t kNumbers = 4;

FacePack small_pack() {
    FacePack pack;
    pack.embedder.emplace();
    pack.embedder->dimension = kNumbers;
    pack.embedder->link = 0.5;
    pack.embedder->same = 0.6;
    return pack;
}

class PeopleTest : public testing::TestWithParam<const char*> {
  protected:
    PeopleTest() : pack_(small_pack()) {}

    void SetUp() override {
        const bool on_server = std::string_view(GetParam()) == "surrealdb";
        if (on_server) HONE_NEEDS_ENGINE();
        auto opened = on_server ? test::open_on_server(folder_.path(), true)
                                : open_sqlite_catalog(folder_.path() / "catalog.db", true);
        ASSERT_TRUE(opened) << opened.error().message;
        catalog_ = std::move(*opened);
        folder_id_ = catalog_->add_folder("/photos")->id;
        people_ = std::make_unique<People>(*catalog_, &pack_, "net");
    }

    static FaceFacts face(float x, std::vector<float> vector) {
        FaceFacts facts;
        facts.box = {x, 10, 50, 50};
        facts.score = 0.9F;
        facts.vector = std::move(vector);
        return facts;
    }
    // Returns the photo's number.
    PhotoNumber add(const std::string& name, std::vector<FaceFacts> faces, const std::string& model = "net",
                    const std::optional<Region>& region = {}) {
        FileOutcome::Photo photo;
        photo.photo = {sha256(name), name.size(), 640, 480, "jpeg", 0};
        photo.faces = std::move(faces);
        photo.face_model = model;
        photo.done = {{"faces", 1, model}};
        if (region) {
            AnalysisResults& analysis_results = photo.analysis_results.emplace();
            analysis_results.metadata.regions = {*region};
            analysis_results.style.assign(229, 0);
            analysis_results.hashes = {1};
        }
        const FileOutcome outcome{folder_id_, {"/photos/" + name, name.size(), 1, 1, 0}, std::move(photo)};
        const auto committed = catalog_->commit(std::span(&outcome, 1));
        EXPECT_TRUE(committed) << committed.error().message;
        return *committed->front().photo;
    }
    Face only_face(PhotoNumber photo) { return catalog_->faces_of(photo)->at(0); }
    void update() {
        const auto done = people_->update();
        ASSERT_TRUE(done) << done.error().message;
    }
    PersonId person_of(PhotoNumber photo) { return only_face(photo).person; }

    test::TemporaryFolder folder_;
    const FacePack pack_;
    std::unique_ptr<Catalog> catalog_;
    FolderId folder_id_ = 0;
    std::unique_ptr<People> people_;
};

const std::vector<float> kAnna{1, 0, 0, 0}, kAnnaToo{1, 0.2F, 0, 0}, kBen{0, 0, 2, 0};

TEST_P(PeopleTest, FacesOfOnePersonComeTogether) {
    const PhotoNumber a = add("a", {face(0, kAnna)}), b = add("b", {face(0, kAnnaToo)}),
                      c = add("c", {face(0, kBen)});
    update();
    EXPECT_EQ(person_of(a), person_of(b));
    EXPECT_NE(person_of(a), person_of(c));
    EXPECT_NE(person_of(c), 0);
}

TEST_P(PeopleTest, ANameSurvivesNewPhotosAndOtherNetworks) {
    const PhotoNumber a = add("a", {face(0, kAnna)});
    update();
    const FaceId id = only_face(a).id;
    ASSERT_TRUE(people_->name(person_of(a), " Anna "));
    const PhotoNumber b = add("b", {face(0, kAnnaToo)});
    update();
    EXPECT_EQ(catalog_->person(person_of(b))->name, "Anna");
    // Indexed again with another network, slightly shifted.
    FaceFacts again = face(4, {5, 5, 5, 5});
    add("a", {again}, "other");
    EXPECT_EQ(only_face(a).id, id);
    EXPECT_EQ(catalog_->person(person_of(a))->name, "Anna");
    // And no longer detected.
    add("a", {}, "third");
    EXPECT_EQ(only_face(a).id, id);
}

TEST_P(PeopleTest, ANameIsOnePersons) {
    const PhotoNumber a = add("a", {face(0, kAnna)}), c = add("c", {face(0, kBen)});
    update();
    ASSERT_TRUE(people_->name(person_of(a), "Anna"));
    const auto again = people_->name(person_of(c), "Anna");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().kind, ErrorKind::kConflict);
    EXPECT_THAT(again.error().message, HasSubstr("merge"));
}

TEST_P(PeopleTest, WhatWasSplitStaysApartAndUndoPutsItBack) {
    const PhotoNumber a = add("a", {face(0, kAnna)}), b = add("b", {face(0, kAnnaToo)});
    update();
    const PersonId before = person_of(a);
    const FaceId split_off = only_face(b).id;
    const auto split = people_->split(before, std::span(&split_off, 1));
    ASSERT_TRUE(split) << split.error().message;
    EXPECT_EQ(person_of(b), split->person);
    EXPECT_EQ(person_of(a), before);
    add("d", {face(0, {1, 0.1F, 0, 0})});
    update();
    EXPECT_NE(person_of(a), person_of(b));
    ASSERT_TRUE(people_->undo());
    EXPECT_EQ(person_of(a), person_of(b));
    EXPECT_EQ(people_->undo().error().kind, ErrorKind::kNotFound);
}

TEST_P(PeopleTest, NotTheSamePersonIsKeptForEver) {
    const PhotoNumber a = add("a", {face(0, kAnna)}), b = add("b", {face(0, kAnnaToo)});
    update();
    ASSERT_TRUE(people_->name(person_of(a), "Anna"));
    const PersonId anna = person_of(a);
    const FaceId other = only_face(b).id;
    ASSERT_TRUE(people_->reject(std::span(&other, 1), anna));
    EXPECT_NE(person_of(b), anna);
    // Also after re-indexing everything.
    People anew(*catalog_, &pack_, "net");
    ASSERT_TRUE(anew.update());
    EXPECT_NE(person_of(b), anna);
    EXPECT_EQ(person_of(a), anna);
}

TEST_P(PeopleTest, TwoNamesAreMergedOnlyWhenToldWhichStays) {
    const PhotoNumber a = add("a", {face(0, kAnna)}), c = add("c", {face(0, kBen)});
    update();
    const PersonId both[] = {person_of(a), person_of(c)};
    ASSERT_TRUE(people_->name(both[0], "Anna"));
    ASSERT_TRUE(people_->name(both[1], "Ben"));
    EXPECT_EQ(people_->merge(both).error().kind, ErrorKind::kConflict);
    const auto merged = people_->merge(both, "Ben");
    ASSERT_TRUE(merged) << merged.error().message;
    EXPECT_EQ(person_of(a), person_of(c));
    EXPECT_EQ(catalog_->person(person_of(a))->name, "Ben");
    ASSERT_TRUE(people_->undo());
    EXPECT_EQ(catalog_->person(person_of(a))->name, "Anna");
    EXPECT_EQ(catalog_->person(person_of(c))->name, "Ben");
}

TEST_P(PeopleTest, APhotoShowsNobodyTwiceUnlessAPersonSaysSo) {
    const PhotoNumber a = add("a", {face(0, kAnna), face(200, kAnna)});
    update();
    const std::vector<Face> faces = *catalog_->faces_of(a);
    EXPECT_NE(faces[0].person, faces[1].person);
    const FaceId ids[] = {faces[0].id, faces[1].id};
    ASSERT_TRUE(people_->assign(ids, 0, "Anna"));
    EXPECT_EQ(catalog_->faces_of(a)->at(0).person, catalog_->faces_of(a)->at(1).person);
}

TEST_P(PeopleTest, RegionsOfTheMetadataNamePeople) {
    Region region{"Anna", "Face", (10 + 25) / 640.0, (10 + 25) / 480.0, 60 / 640.0, 60 / 480.0};
    const PhotoNumber a = add("a", {face(10, kAnna)}, "net", region);
    region.name = "Ben";
    region.x = 0.9;
    const PhotoNumber b = add("b", {face(10, kBen)}, "net", region);
    update();
    EXPECT_EQ(catalog_->person(person_of(a))->name, "Anna");
    ASSERT_THAT(*catalog_->faces_of(b), SizeIs(2)) << "the one that only the metadata knows, and the other";
    EXPECT_EQ(catalog_->people()->size(), 3U);
    update();
    EXPECT_THAT(*catalog_->faces_of(b), SizeIs(2));
}

TEST_P(PeopleTest, KeptGroupsFollowWhatOthersWrote) {
    const GroupFiles files{folder_.path() / "faces", true};
    const auto open = [&] { people_ = std::make_unique<People>(*catalog_, &pack_, "net", files); };
    people_.reset();
    open();
    const PhotoNumber a = add("a", {face(0, kAnna)}), b = add("b", {face(0, kBen)});
    update();
    ASSERT_TRUE(people_->name(person_of(a), "Anna"));
    people_.reset();
    // Somebody else adds a photo, rejects a face and names a person meanwhile.
    const PhotoNumber c = add("c", {face(0, kAnnaToo)}), d = add("d", {face(0, kBen)});
    PeopleChange change;
    change.what = "edit";
    change.rejections = {{only_face(c).id, person_of(a)}};
    change.people = {{person_of(b), "Ben", false}};
    change.faces = {{only_face(b).id, person_of(b), true}};
    ASSERT_TRUE(catalog_->change_people(change));
    open();
    update();
    EXPECT_NE(person_of(c), person_of(a));
    EXPECT_EQ(person_of(d), person_of(b));
    people_.reset();
    open();
    const auto similar = people_->similar(only_face(b), 10);
    ASSERT_TRUE(similar) << similar.error().message;
    EXPECT_THAT(*similar, SizeIs(3));
}

TEST_P(PeopleTest, AsksAboutTheNearlyAlike) {
    add("a", {face(0, kAnna)});
    add("b", {face(0, kAnnaToo)});
    const PhotoNumber c = add("c", {face(0, {1, 0.75F, 0, 0})});
    update();
    const auto questions = people_->questions(5);
    ASSERT_TRUE(questions) << questions.error().message;
    ASSERT_EQ(questions->size(), 1U);
    EXPECT_EQ(questions->front().face.photo, c);
    EXPECT_NEAR(questions->front().distance, 0.55, 1e-3);
}

TEST_P(PeopleTest, EstimatesCanBeForgotten) {
    FaceFacts aged = face(0, kAnna);
    aged.estimate = {31, 0.2F, 28, 40};
    const PhotoNumber a = add("a", {aged});
    EXPECT_EQ(only_face(a).estimate->age_high, 40);
    ASSERT_TRUE(catalog_->forget_estimates());
    EXPECT_FALSE(only_face(a).estimate);
}

INSTANTIATE_TEST_SUITE_P(Catalogs, PeopleTest, testing::Values("sqlite", "surrealdb"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace hone
