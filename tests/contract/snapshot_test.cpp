// SPDX-License-Identifier: GPL-3.0-or-later
// The changes that a catalogue reports lead to the same snapshot as reading the whole library.
#include "library/snapshot.hpp"
#include "library/snapshot_file.hpp"

#include <gmock/gmock.h>

#include "tests/contract/catalogs.hpp"
#include "tests/contract/random_writes.hpp"
#include "tests/support/temporary_folder.hpp"
#include "wire/people.hpp"

namespace hone {
namespace {

using test::difference;

class Snapshots : public testing::TestWithParam<test::CatalogImplementation> {
  protected:
    void SetUp() override {
        if (std::string_view(GetParam().name) == "surrealdb") HONE_NEEDS_ENGINE();
        auto opened = GetParam().open(folder.path(), true);
        ASSERT_TRUE(opened) << opened.error().message;
        catalog = std::move(*opened);
        writes.emplace(*catalog);
        follow();
    }
    void follow() {
        ASSERT_TRUE(catalog->observe([this](const Changes& changes) {
            if (!changes.everything) kept.apply(changes);
        }));
    }
    // The snapshot that a reader of everything has now.
    std::shared_ptr<const Snapshot> whole() {
        SnapshotKeeper fresh;
        EXPECT_TRUE(catalog->observe([&](const Changes& changes) { fresh.apply(changes); }));
        follow();
        return fresh.snapshot();
    }
    // Compares every page of the list of people with the whole list of the catalogue.
    void check_pages() {
        const auto all = *catalog->people();
        std::uint64_t faces = 0;
        for (PhotoNumber photo = 1; photo <= writes->photos(); ++photo)
            faces += catalog->faces_of(photo)->size();
        for (const PeopleFilter filter :
             {PeopleFilter{false, false}, {true, false}, {false, true}, {true, true}}) {
            std::vector<PersonCount> expected;
            for (const PersonCount& person : all) {
                const bool single = person.name.empty() && person.photos < 2;
                if ((filter.hidden || !person.hidden) && (filter.singles || !single))
                    expected.push_back(person);
            }
            constexpr std::size_t kLimit = 3;
            for (std::size_t offset = 0; offset <= expected.size() + kLimit; offset += kLimit) {
                PeopleRequest request;
                request.filter = filter;
                request.offset = offset;
                request.limit = kLimit;
                const auto page = people_page(*kept.snapshot(), *catalog, request);
                ASSERT_TRUE(page) << page.error().message;
                EXPECT_EQ(page->all()["total"], expected.size());
                EXPECT_EQ(page->all()["faces"], faces);
                const auto& people = page->all()["people"];
                ASSERT_EQ(people.size(),
                          std::min(kLimit, expected.size() - std::min(offset, expected.size())));
                for (std::size_t at = 0; at < people.size(); ++at) {
                    const PersonCount& person = expected[offset + at];
                    EXPECT_EQ(people[at]["id"], person.id);
                    EXPECT_EQ(people[at]["name"],
                              person.name.empty() ? nlohmann::json() : nlohmann::json(person.name));
                    EXPECT_EQ(people[at]["hidden"], person.hidden);
                    EXPECT_EQ(people[at]["faces"], person.faces);
                    EXPECT_EQ(people[at]["photos"], person.photos);
                    EXPECT_EQ(people[at]["cover"]["id"], person.cover);
                }
            }
        }
    }

    test::TemporaryFolder folder;
    SnapshotKeeper kept;
    std::unique_ptr<Catalog> catalog;
    std::optional<test::RandomWrites> writes;
};

TEST_P(Snapshots, FollowEveryWrite) {
    const int steps = std::string_view(GetParam().name) == "sqlite" ? 600 : 120;
    std::size_t with_copies = 0;
    for (int step = 0; step < steps; ++step) {
        const std::string what = writes->change();
        ASSERT_LT(writes->photos(), test::kMostPhotos);
        for (PhotoNumber photo = 0; photo <= writes->photos(); ++photo)
            with_copies += kept.snapshot()->copies()[photo].files.size() > 1 ? 1 : 0;
        ASSERT_EQ(difference(*kept.snapshot(), *whole()), "") << "after step " << step << ", " << what;
        if (step % 10 != 0) continue;
        SnapshotKeeper stored;
        stored.apply(decode_snapshot(encode_snapshot({"", {}, kept.everything()}))->everything);
        ASSERT_EQ(difference(*stored.snapshot(), *kept.snapshot()), "") << "stored after step " << step;
    }
    EXPECT_GT(kept.snapshot()->counts().photos, 10U);
    EXPECT_GT(kept.snapshot()->photos_with_people(), 0U);
    EXPECT_GT(with_copies, 0U);
}

TEST_P(Snapshots, EveryWriteGivesTheCatalogueANewState) {
    for (int step = 0; step < 60; ++step) {
        const std::string before = *catalog->state();
        const auto version = kept.snapshot()->version();
        const std::string what = writes->change();
        if (kept.snapshot()->version() != version) {
            EXPECT_NE(*catalog->state(), before) << what;
        }
        if (what == "nothing") {
            EXPECT_EQ(*catalog->state(), before);
        }
    }
    EXPECT_FALSE(catalog->state()->empty());
}

TEST_P(Snapshots, WhatIsKnownOfTheStateIsNotRead) {
    for (int step = 0; step < 20; ++step) writes->change();
    const std::string state = *catalog->state();
    Changes made;
    made.everything = true;
    made.failed = 12345;
    std::int64_t failed = 0;
    const auto observer = [&](const Changes& changes) { failed = changes.failed; };
    ASSERT_TRUE(catalog->observe(observer, [&](const std::string& now) {
        EXPECT_EQ(now, state);
        return std::optional(made);
    }));
    EXPECT_EQ(failed, 12345);
    ASSERT_TRUE(catalog->observe(observer, [](const std::string&) { return std::optional<Changes>(); }));
    EXPECT_LT(failed, 12345);
}

TEST_P(Snapshots, GiveThePagesOfPeople) {
    const int steps = std::string_view(GetParam().name) == "sqlite" ? 300 : 150;
    std::size_t most = 0;
    for (int step = 0; step < steps; ++step) {
        const std::string what = writes->change();
        check_pages();
        ASSERT_FALSE(HasFailure()) << "after step " << step << ", " << what;
        most = std::max(most, listed_people(*kept.snapshot(), {true, true}, 0, 100).page.size());
    }
    EXPECT_GT(most, 3U);
}

TEST_P(Snapshots, OneThatIsHeldDoesNotChange) {
    for (int step = 0; step < 20; ++step) writes->change();
    const auto held = kept.snapshot();
    const Snapshot before = *held;
    for (int step = 0; step < 20; ++step) writes->change();
    EXPECT_EQ(difference(*held, before), "");
    EXPECT_GT(kept.snapshot()->version(), held->version());
}

INSTANTIATE_TEST_SUITE_P(All, Snapshots, test::every_catalog(), test::name_of_catalog);

}  // namespace
}  // namespace hone
