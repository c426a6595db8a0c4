// SPDX-License-Identifier: GPL-3.0-or-later
// The changes that a catalogue reports lead to the same snapshot as reading the whole library.
#include "library/snapshot.hpp"
#include "library/snapshot_file.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

#include "tests/contract/catalogs.hpp"
#include "tests/support/temporary_folder.hpp"
#include "wire/people.hpp"

namespace hone {
namespace {

constexpr PhotoNumber kMostPhotos = 400;
constexpr std::size_t kMostPeople = 2000;

// Returns the first difference, or "".
std::string difference(const Snapshot& a, const Snapshot& b) {
    const auto same = [](double one, double two) {
        return one == two || (std::isnan(one) && std::isnan(two));
    };
    if (a.counts().photos != b.counts().photos)
        return fmt::format("{} photos, not {}", a.counts().photos, b.counts().photos);
    if (a.counts().failed != b.counts().failed)
        return fmt::format("{} failed, not {}", a.counts().failed, b.counts().failed);
    if (a.counts().skipped != b.counts().skipped) return "skipped files";
    for (FolderId folder = 0; folder < 50; ++folder) {
        if (a.files_of(folder) != b.files_of(folder)) return fmt::format("files of folder {}", folder);
    }
    if (a.photos_with_time() != b.photos_with_time()) return "photos with a time";
    if (a.photos_with_position() != b.photos_with_position()) return "photos with a position";
    if (a.photos_with_people() != b.photos_with_people()) return "photos with people";
    if (a.faces() != b.faces()) return fmt::format("{} faces, not {}", a.faces(), b.faces());
    for (std::size_t person = 0; person < kMostPeople; ++person) {
        if (a.people()[person] != b.people()[person]) return fmt::format("numbers of person {}", person);
    }
    for (PhotoNumber photo = 0; photo < kMostPhotos; ++photo) {
        const CapturePoint &one = a.capture(photo), &two = b.capture(photo);
        if (a.is_available(photo) != b.is_available(photo)) return fmt::format("availability of {}", photo);
        if (!same(one.seconds, two.seconds) || !same(one.latitude, two.latitude) ||
            !same(one.longitude, two.longitude))
            return fmt::format("capture of {}", photo);
        if (!std::ranges::equal(a.people_of(photo), b.people_of(photo)))
            return fmt::format("people of {}", photo);
        if (a.groups().pictures().set_of(photo) != b.groups().pictures().set_of(photo))
            return fmt::format("picture of {}", photo);
        if (a.groups().bursts().set_of(photo) != b.groups().bursts().set_of(photo))
            return fmt::format("burst of {}", photo);
        const std::uint32_t left = a.groups().of(photo), right = b.groups().of(photo);
        if ((left == PhotoGroups::kNone) != (right == PhotoGroups::kNone) ||
            (left != PhotoGroups::kNone &&
             !std::ranges::equal(a.groups().members(left), b.groups().members(right))))
            return fmt::format("group of {}", photo);
    }
    return "";
}

class Snapshots : public testing::TestWithParam<test::CatalogImplementation> {
  protected:
    void SetUp() override {
        if (std::string_view(GetParam().name) == "surrealdb") HONE_NEEDS_ENGINE();
        auto opened = GetParam().open(folder.path(), true);
        ASSERT_TRUE(opened) << opened.error().message;
        catalog = std::move(*opened);
        for (const char* path : {"/a", "/b"}) folders.push_back(*catalog->add_folder(path));
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
    std::uint32_t below(std::uint32_t count) {
        return std::uniform_int_distribution<std::uint32_t>(0, count - 1)(random);
    }

    FileOutcome some_outcome() {
        const Folder& root = folders[below(2)];
        const std::uint32_t name = below(30);
        const bool raw = below(5) == 0;
        FileOutcome outcome{
            root.id,
            {root.path / fmt::format("d{}/{}.{}", name % 3, name, raw ? "dng" : "jpg"), 1, 1000, 7, 0},
            {}};
        const std::uint32_t kind = below(10);
        if (kind == 0) {
            outcome.what = FileOutcome::Failed{"decode", "broken"};
            return outcome;
        }
        if (kind == 1) {
            outcome.what = FileOutcome::Skipped{below(2) == 0 ? "text" : "video"};
            return outcome;
        }
        FileOutcome::Photo photo;
        photo.photo = {sha256(fmt::format("{} {}", below(60), raw)), 1, 10, 10, raw ? "dng" : "jpeg", 0};
        if (below(4) != 0) {
            AnalysisResults results;
            results.style = {0};
            results.hashes = {0};
            results.metadata.make = below(2) == 0 ? "Canon" : "Nikon";
            results.taken = {1'000'000 + below(40), std::nullopt,
                             below(5) == 0 ? TakenSource::kModified : TakenSource::kExif};
            if (below(3) == 0) {
                results.metadata.latitude = below(90);
                results.metadata.longitude = below(90);
            }
            photo.analysis_results = results;
        }
        if (below(3) == 0) {
            photo.faces.emplace().resize(below(4));
            photo.face_model = "faces";
            for (std::size_t face = 0; face < photo.faces->size(); ++face)
                (*photo.faces)[face].box = {static_cast<float>(100 * face), 0, 10, 10};
        }
        outcome.what = std::move(photo);
        return outcome;
    }

    // Someone with a face, mostly; 0: there is none.
    PersonId some_person() {
        const auto people = *catalog->people();
        return people.empty() ? 0 : people[below(static_cast<std::uint32_t>(people.size()))].id;
    }

    void edit_a_person() {
        const PersonId id = some_person();
        if (id == 0) return;
        Person person = *catalog->person(id);
        const auto faces = *catalog->faces_of_person(id);
        PeopleChange edit;
        edit.what = "edited";
        switch (below(5)) {
            case 0:
                person.name = below(3) == 0 ? "" : fmt::format("Anna {}", below(20));
                edit.people.push_back(person);
                for (const Face& face : faces) edit.faces.push_back({face.id, id, true});
                break;
            case 1:
                person.hidden = !person.hidden;
                edit.people.push_back(person);
                break;
            case 2:  // a merge: the other's name is free then
                edit.people.push_back({id, "", person.hidden});
                for (const Face& face : faces) edit.faces.push_back({face.id, some_person(), true});
                break;
            case 3:  // a split
                edit.added = 1;
                edit.faces.push_back({faces.front().id, -1, true});
                edit.rejections.push_back({faces.front().id, id});
                break;
            default:
                for (const Face& face : faces) edit.faces.push_back({face.id, 0, false});
        }
        const auto done = catalog->change_people(edit);
        EXPECT_TRUE(done || done.error().kind == ErrorKind::kConflict) << done.error().message;
    }

    // Compares every page of the list of people with the whole list of the catalogue.
    void check_pages() {
        const auto all = *catalog->people();
        std::uint64_t faces = 0;
        for (PhotoNumber photo = 1; photo <= photos; ++photo) faces += catalog->faces_of(photo)->size();
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

    PhotoNumber some_photo() { return 1 + below(std::max(1U, photos)); }

    // Returns what was done.
    std::string change() {
        switch (below(16)) {
            case 0: {
                const fs::path directory = folders[below(2)].path / fmt::format("d{}", below(3));
                std::vector<bool> seen(500);
                for (std::size_t file = 0; file < seen.size(); ++file) seen[file] = below(3) != 0;
                EXPECT_TRUE(catalog->end_scan({directory, true, {}}, seen));
                return "end_scan";
            }
            case 1:
                EXPECT_TRUE(catalog->mark_available(1 + below(80)));
                return "mark_available";
            case 2: {
                const PhotoNumber first = some_photo(), second = some_photo();
                if (first == second || !*catalog->photo(first) || !*catalog->photo(second)) return "nothing";
                const SamePicture pair{first, second, 30, .9, below(3) != 0};
                EXPECT_TRUE(catalog->add_same_pictures(std::span(&pair, 1)));
                return "add_same_pictures";
            }
            case 3:
            case 9: {
                // The machine's grouping, which leaves some faces with nobody.
                PeopleChange grouping;
                grouping.added = 2;
                for (int photo = 0; photo < 3; ++photo) {
                    for (const Face& face : *catalog->faces_of(some_photo()))
                        grouping.faces.push_back({face.id, -PersonId{below(3)}, false});
                }
                EXPECT_TRUE(catalog->change_people(grouping));
                return "a grouping";
            }
            case 6:
                edit_a_person();
                return "an edit of a person";
            case 7: {
                const auto missing = catalog->missing_photos(std::numeric_limits<std::int64_t>::max());
                if (missing->empty() || below(4) != 0) return "nothing";
                const PhotoNumber photo = missing->at(below(static_cast<std::uint32_t>(missing->size())));
                EXPECT_TRUE(catalog->forget(std::span(&photo, 1)));
                return "forget";
            }
            case 8: {
                const FaceFacts face{{1, 2, 3, 4}, {}, 0.5F, {}, {}};
                const PhotoNumber photo = some_photo();
                if (*catalog->photo(photo)) {
                    EXPECT_TRUE(catalog->add_face(photo, face));
                }
                return "add_face";
            }
            case 4:
                EXPECT_TRUE(catalog->undo_people_edit());
                return "undo_people_edit";
            case 5: {
                if (below(4) != 0) return "nothing";
                const std::size_t at = below(2);
                EXPECT_TRUE(catalog->remove_folder(folders[at].id));
                folders[at] = *catalog->add_folder(folders[at].path);
                return "remove_folder";
            }
            default: {
                std::vector<FileOutcome> outcomes;
                for (std::uint32_t file = 0; file <= below(4); ++file) outcomes.push_back(some_outcome());
                const auto committed = catalog->commit(outcomes);
                EXPECT_TRUE(committed) << committed.error().message;
                for (const CommittedFile& file : *committed)
                    photos = std::max(photos, file.photo.value_or(0));
                return "commit";
            }
        }
    }

    std::mt19937 random{20261130};
    test::TemporaryFolder folder;
    SnapshotKeeper kept;
    std::vector<Folder> folders;
    std::unique_ptr<Catalog> catalog;
    PhotoNumber photos = 0;
};

TEST_P(Snapshots, FollowEveryWrite) {
    const int steps = std::string_view(GetParam().name) == "sqlite" ? 600 : 120;
    for (int step = 0; step < steps; ++step) {
        const std::string what = change();
        ASSERT_LT(photos, kMostPhotos);
        ASSERT_EQ(difference(*kept.snapshot(), *whole()), "") << "after step " << step << ", " << what;
        if (step % 10 != 0) continue;
        SnapshotKeeper stored;
        stored.apply(decode_snapshot(encode_snapshot({"", {}, kept.everything()}))->everything);
        ASSERT_EQ(difference(*stored.snapshot(), *kept.snapshot()), "") << "stored after step " << step;
    }
    EXPECT_GT(kept.snapshot()->counts().photos, 10U);
    EXPECT_GT(kept.snapshot()->photos_with_people(), 0U);
}

TEST_P(Snapshots, EveryWriteGivesTheCatalogueANewState) {
    for (int step = 0; step < 60; ++step) {
        const std::string before = *catalog->state();
        const auto version = kept.snapshot()->version();
        const std::string what = change();
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
    for (int step = 0; step < 20; ++step) change();
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
    const int steps = std::string_view(GetParam().name) == "sqlite" ? 300 : 100;
    std::size_t most = 0;
    for (int step = 0; step < steps; ++step) {
        const std::string what = change();
        check_pages();
        ASSERT_FALSE(HasFailure()) << "after step " << step << ", " << what;
        most = std::max(most, listed_people(*kept.snapshot(), {true, true}, 0, 100).page.size());
    }
    EXPECT_GT(most, 3U);
}

TEST_P(Snapshots, OneThatIsHeldDoesNotChange) {
    for (int step = 0; step < 20; ++step) change();
    const auto held = kept.snapshot();
    const Snapshot before = *held;
    for (int step = 0; step < 20; ++step) change();
    EXPECT_EQ(difference(*held, before), "");
    EXPECT_GT(kept.snapshot()->version(), held->version());
}

INSTANTIATE_TEST_SUITE_P(All, Snapshots, test::every_catalog(), test::name_of_catalog);

}  // namespace
}  // namespace hone
