// SPDX-License-Identifier: GPL-3.0-or-later
// What another process writes to a catalogue on a server arrives as changes: in order, whole, at a cost that
// does not depend on the size of the library.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "catalog/leases.hpp"
#include "catalog/sqlite/statement_counts.hpp"
#include "catalog/surrealdb/replica.hpp"
#include "catalog/surrealdb/rows.hpp"
#include "library/library.hpp"
#include "people/people.hpp"
#include "tests/contract/random_writes.hpp"
#include "tests/contract/surrealdb/engine.hpp"
#include "tests/support/manifest_by_hand.hpp"
#include "tests/support/temporary_folder.hpp"

namespace hone {
namespace {

using namespace std::chrono_literals;
using test::difference;
using test::RandomWrites;

// No process looks for changes by itself, so that a test decides when.
surreal::Patience no_pulls() {
    surreal::Patience patience;
    patience.pull_every = 24h;
    return patience;
}

// Returns the snapshot of everything in the replica in this folder.
std::shared_ptr<const Snapshot> whole(const fs::path& folder, const surreal::Address& address) {
    SnapshotKeeper fresh;
    const auto catalog = open_sqlite_catalog(surreal::replica_file(folder, address), false);
    EXPECT_TRUE(catalog) << catalog.error().message;
    EXPECT_TRUE((*catalog)->observe([&](const Changes& changes) { fresh.apply(changes); }));
    return fresh.snapshot();
}

// The catalogue as one of several processes has it.
struct Process {
    Process(const surreal::Address& server, const fs::path& its_folder,
            surreal::Patience patience = no_pulls())
        : address(server), folder(its_folder) {
        EXPECT_TRUE(make_directories(folder));
        const fs::path file = surreal::replica_file(folder, address);
        auto opened = surreal::Replica::open(address, file, true, patience);
        EXPECT_TRUE(opened) << opened.error().message;
        replica = opened->get();
        catalog = *open_hooked_catalog(file, true, std::move(*opened));
        EXPECT_TRUE(catalog->observe([this](const Changes& changes) {
            if (changes.everything) ++wholes;
            if (changes.from_others) ++from_others;
            kept.apply(changes);
        }));
        wholes = 0;
    }
    // Returns how what its observer knows differs from the replica, or "".
    [[nodiscard]] std::string error() const { return difference(*kept.snapshot(), *whole(folder, address)); }

    const surreal::Address address;
    const fs::path folder;
    SnapshotKeeper kept;
    std::atomic<int> wholes = 0, from_others = 0;
    surreal::Replica* replica = nullptr;
    std::unique_ptr<Catalog> catalog;
};

class Follow : public testing::Test {
  protected:
    void SetUp() override {
        HONE_NEEDS_ENGINE();
        address = *test::server_database(folder.path().native());
        Library::use_server(address, no_pulls());
    }
    void TearDown() override { Library::use_server(std::nullopt); }

    // A library that follows, with its vector files.
    struct Opened {
        std::unique_ptr<Library> library;
        std::shared_ptr<VectorSpace> content;
        std::shared_ptr<const StyleSpace> styles;
        int wholes = 0;
        std::unique_ptr<Library::Subscription> subscription;

        // Takes in what other processes have written.
        void pull() const {
            const std::string key = "pull";
            ASSERT_TRUE(library->catalog().leases()->take(std::span(&key, 1)));
            library->catalog().leases()->release(std::span(&key, 1));
        }
    };
    void open_files(Opened& opened) {
        opened.content = *opened.library->open_content(*model);
        opened.styles = *opened.library->styles();
    }
    std::unique_ptr<Opened> open(const std::string& process) {
        auto opened = std::make_unique<Opened>();
        opened->library = *Library::open(folder.path() / process, Access::kWrite, "test");
        EXPECT_TRUE(opened->library->snapshot());
        open_files(*opened);
        opened->subscription = *opened->library->subscribe([all = opened.get()](const Changes& changes) {
            if (changes.everything) ++all->wholes;
        });
        return opened;
    }
    // Compares the snapshot and the vector files with the catalogue.
    void expect_in_step(const Opened& opened, PhotoNumber photos) const {
        Catalog& catalog = opened.library->catalog();
        EXPECT_EQ(difference(**opened.library->snapshot(), *whole(opened.library->directory(), address)), "");
        std::size_t vectors = 0, styles = 0;
        std::vector<PhotoNumber> numbers(photos);
        std::iota(numbers.begin(), numbers.end(), 1);
        const SpaceView content = opened.content->view();
        ASSERT_TRUE(catalog.for_each_vector(
            content_key(*model), numbers, [&](PhotoNumber photo, std::span<const float> values) -> Result<> {
                ++vectors;
                const auto row = content.find(photo);
                EXPECT_TRUE(row) << "vector of photo " << photo;
                if (row) {
                    EXPECT_TRUE(std::ranges::equal(content.values(*row), values)) << photo;
                }
                return {};
            }));
        EXPECT_EQ(content.size(), vectors);
        ASSERT_TRUE(catalog.for_each_style(numbers, [&](PhotoNumber photo, auto, auto) -> Result<> {
            ++styles;
            EXPECT_TRUE(opened.styles->styles().find(photo)) << "style of photo " << photo;
            EXPECT_TRUE(opened.styles->terms().find(photo)) << "style terms of photo " << photo;
            return {};
        }));
        EXPECT_EQ(opened.styles->styles().view().size(), styles);
        EXPECT_EQ(opened.styles->terms().view().size(), styles);
    }

    test::TemporaryFolder folder;
    surreal::Address address;
    std::shared_ptr<ImageTextModel> model =
        std::make_shared<ImageTextModel>(test::manifest_by_hand(), ModelOptions{});
};

TEST_F(Follow, EveryWriteOfAnotherProcessArrivesAsChanges) {
    Process writer(address, folder.path() / "writer");
    RandomWrites writes(*writer.catalog, content_key(*model));
    const auto follower = open("follower");
    for (int step = 0; step < 300; ++step) {
        const std::string what = writes.change();
        follower->pull();
        ASSERT_TRUE(follower->library->follow());
        expect_in_step(*follower, writes.photos());
        ASSERT_FALSE(HasFailure()) << "after step " << step << ", " << what;
        EXPECT_FALSE(*follower->library->follow()) << "twice";
        ASSERT_EQ(writer.error(), "");
    }
    EXPECT_LT(writes.photos(), test::kMostPhotos);
    EXPECT_GT((*follower->library->snapshot())->counts().photos, 10U);
    EXPECT_GT(follower->content->view().size(), 10U);
    EXPECT_GT(follower->styles->styles().view().size(), 10U);
    EXPECT_EQ(follower->wholes, 0) << "the library was read again";
    EXPECT_EQ(writer.from_others, 0);
}

TEST_F(Follow, ManyChangesArriveAtOnce) {
    Process writer(address, folder.path() / "writer");
    RandomWrites writes(*writer.catalog, content_key(*model));
    const auto follower = open("follower");
    for (int round = 0; round < 8; ++round) {
        for (int step = 0; step < 40; ++step) writes.change();
        follower->pull();
        ASSERT_TRUE(follower->library->follow());
        expect_in_step(*follower, writes.photos());
        ASSERT_FALSE(HasFailure()) << round;
    }
    EXPECT_EQ(follower->wholes, 0);
    // So many that they are not recorded.
    for (int at = 0; at < 600; ++at) ASSERT_TRUE(writer.catalog->set_setting("a", std::to_string(at)));
    for (int step = 0; step < 10; ++step) writes.change();
    follower->pull();
    ASSERT_TRUE(follower->library->follow());
    expect_in_step(*follower, writes.photos());
    EXPECT_EQ(follower->wholes, 1);
}

TEST_F(Follow, WritesAndPullsOfManyThreadsArriveInOrder) {
    surreal::Patience patience;
    patience.pull_every = 3ms;
    Process one(address, folder.path() / "one", patience), two(address, folder.path() / "two", patience);
    std::atomic<bool> done = false;
    std::jthread pulls([&] {
        while (!done) {
            EXPECT_TRUE(one.replica->catch_up());
            EXPECT_TRUE(two.replica->catch_up());
        }
    });
    {
        std::vector<std::jthread> writers;
        for (unsigned writer = 0; writer < 4; ++writer) {
            writers.emplace_back([&, writer] {
                RandomWrites writes(*(writer % 2 == 0 ? one : two).catalog, content_key(*model),
                                    fmt::format("/{}", writer), writer, false);
                for (int step = 0; step < 60; ++step) writes.change();
            });
        }
    }
    done = true;
    pulls.join();
    ASSERT_TRUE(one.replica->catch_up());
    ASSERT_TRUE(two.replica->catch_up());
    EXPECT_EQ(one.error(), "");
    EXPECT_EQ(two.error(), "");
    EXPECT_EQ(difference(*one.kept.snapshot(), *two.kept.snapshot()), "");
    EXPECT_GT(one.kept.snapshot()->counts().photos, 10U);
    EXPECT_GT(one.from_others, 0);
    EXPECT_GT(two.from_others, 0);
    // In one run of about 200 the library was read again once, which costs time and no correctness.
    EXPECT_LE(one.wholes, 2);
    EXPECT_LE(two.wholes, 2);
}

TEST_F(Follow, WhatAnotherProcessTookIntoTheSameReplicaIsRead) {
    Process writer(address, folder.path() / "writer"), follower(address, folder.path() / "follower");
    RandomWrites writes(*writer.catalog);
    const auto change_and_take = [&] {
        for (int step = 0; step < 10; ++step) writes.change();
        ASSERT_TRUE(open_surreal_catalog(address, follower.folder, false, no_pulls()));
        EXPECT_NE(follower.error(), "") << "nothing came";
    };
    change_and_take();
    ASSERT_TRUE(follower.replica->catch_up());
    EXPECT_EQ(follower.error(), "");
    EXPECT_EQ(follower.wholes, 1);
    ASSERT_TRUE(follower.replica->catch_up());
    EXPECT_EQ(follower.wholes, 1) << "again";

    change_and_take();
    ASSERT_TRUE(follower.catalog->set_setting("a", "b"));  // a write finds it, too
    EXPECT_EQ(follower.error(), "");
    EXPECT_EQ(follower.wholes, 2);
}

TEST_F(Follow, AReaderLeavesTheChangesToTheProcessThatFollows) {
    surreal::Patience patience;
    patience.pull_every = 50ms;
    Process writer(address, folder.path() / "writer"),
        follower(address, folder.path() / "follower", patience);
    RandomWrites writes(*writer.catalog);
    for (int round = 0; round < 10; ++round) {
        for (int step = 0; step < 5; ++step) writes.change();
        const auto reader = open_surreal_catalog(address, follower.folder, false, no_pulls());
        ASSERT_TRUE(reader) << reader.error().message;
        EXPECT_EQ(*(*reader)->known_photos(), *writer.catalog->known_photos()) << "the reader is behind";
    }
    ASSERT_TRUE(follower.replica->catch_up());
    EXPECT_EQ(follower.error(), "");
    EXPECT_EQ(follower.wholes, 0);
}

TEST_F(Follow, AProcessThatEndsBetweenAPullAndItsObserverLosesNothing) {
    Process writer(address, folder.path() / "writer");
    RandomWrites writes(*writer.catalog, content_key(*model));
    const auto change = [&] {
        for (int step = 0; step < 20; ++step) writes.change();
    };
    change();
    {
        const auto follower = open("follower");
        ASSERT_TRUE(follower->library->store_snapshot());
    }
    change();
    // Its pull is in the replica, and nobody heard of it.
    ASSERT_TRUE(open_surreal_catalog(address, folder.path() / "follower", false, no_pulls()));
    {
        const auto follower = open("follower");
        expect_in_step(*follower, writes.photos());
        // Nor has anybody followed this one when the snapshot is stored.
        change();
        follower->pull();
        ASSERT_TRUE(follower->library->store_snapshot());
    }
    const auto follower = open("follower");
    expect_in_step(*follower, writes.photos());
}

TEST_F(Follow, AChangeThatComesBetweenTheVectorFilesAndTheSnapshotIsFollowed) {
    Process writer(address, folder.path() / "writer");
    RandomWrites writes(*writer.catalog, content_key(*model));
    for (int step = 0; step < 20; ++step) writes.change();
    Opened follower;
    follower.library = *Library::open(folder.path() / "follower", Access::kWrite, "test");
    open_files(follower);
    for (int step = 0; step < 20; ++step) writes.change();
    follower.pull();
    ASSERT_TRUE(follower.library->snapshot());
    ASSERT_TRUE(follower.library->follow());
    expect_in_step(follower, writes.photos());
}

TEST_F(Follow, ASubscriptionEnds) {
    Process writer(address, folder.path() / "writer");
    const auto follower = open("follower");
    int heard = 0;
    auto subscription = *follower->library->subscribe([&](const Changes&) { ++heard; });
    RandomWrites writes(*writer.catalog);
    for (int step = 0; step < 10; ++step) writes.change();
    follower->pull();
    EXPECT_EQ(heard, 1);
    subscription.reset();
    for (int step = 0; step < 10; ++step) writes.change();
    follower->pull();
    EXPECT_EQ(heard, 1);
}

TEST_F(Follow, PeopleHearOfTheChangesOfOtherProcesses) {
    FacePack pack;
    pack.embedder.emplace();
    pack.embedder->dimension = 1;
    pack.embedder->link = pack.embedder->same = 0.5;
    struct Grouping : Process {
        Grouping(const surreal::Address& server, const fs::path& its_folder, const FacePack& pack)
            : Process(server, its_folder), people(*catalog, &pack, "faces") {
            EXPECT_TRUE(catalog->observe([this](const Changes& changes) {
                kept.apply(changes);
                people.note(changes);
            }));
            people.note({});
        }
        ~Grouping() { catalog.reset(); }
        // Its cost in steps of SQLite.
        std::uint64_t update() {
            const std::uint64_t before = statement_counts().steps;
            EXPECT_TRUE(people.update());
            return statement_counts().steps - before;
        }
        People people;
    };
    Grouping one(address, folder.path() / "one", pack), two(address, folder.path() / "two", pack);
    const FolderId root = one.catalog->add_folder("/p")->id;
    const auto save = [&](int first, int last) {
        std::vector<FileOutcome> outcomes;
        for (int at = first; at < last; ++at) {
            FileOutcome::Photo photo;
            photo.photo = {sha256(std::to_string(at)), 1, 10, 10, "jpeg", 0};
            photo.faces.emplace().resize(1);
            photo.faces->front().vector = {static_cast<float>(at % 2)};
            photo.face_model = "faces";
            outcomes.push_back({root, {fmt::format("/p/{}.jpg", at), 1, 1, 1, 0}, photo});
        }
        ASSERT_TRUE(one.catalog->commit(outcomes));
    };
    constexpr int kFaces = 400;
    save(0, kFaces);
    one.update();
    ASSERT_EQ(one.catalog->people()->size(), 2U);
    ASSERT_TRUE(two.replica->catch_up());
    const std::uint64_t all = two.update();  // reads all faces once

    save(kFaces, kFaces + 1);
    one.update();
    ASSERT_TRUE(two.replica->catch_up());
    std::string state = *two.catalog->state();
    EXPECT_LT(two.update(), all / 4) << "it read all faces";
    EXPECT_EQ(*two.catalog->state(), state) << "it wrote what the other had written";

    ASSERT_TRUE(one.people.name(one.catalog->people()->front().id, "Anna"));
    ASSERT_TRUE(two.replica->catch_up());
    state = *two.catalog->state();
    two.update();
    EXPECT_EQ(*two.catalog->state(), state);
    ASSERT_TRUE(two.people.questions(5));
    EXPECT_EQ(two.error(), "");
    const auto people = *two.catalog->people();
    ASSERT_EQ(people.size(), 2U);
    EXPECT_EQ(people[0].faces + people[1].faces, kFaces + 1U);
    EXPECT_EQ(people[0].name + people[1].name, "Anna");
    // Its next edit knows the other's name.
    const auto merged = two.people.merge(std::vector<PersonId>{people[0].id, people[1].id});
    ASSERT_TRUE(merged) << merged.error().message;
    EXPECT_EQ(two.catalog->person(merged->person)->name, "Anna");
}

// Writes a library of made rows to the server: every photo has a file, metadata, a vector, a style and a
// face; ten faces are one person.
void make_library(Process& process, const VectorKey& key, int photos) {
    ASSERT_TRUE(process.catalog->add_folder("/p"));
    SQLite::Database database(surreal::replica_file(process.folder, process.address).native(),
                              SQLite::OPEN_READWRITE);
    database.exec(fmt::format(
        "BEGIN;"
        "CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {0})"
        "  SELECT i FROM n;"
        "INSERT INTO photo (id, sha, bytes, width, height, format, color, added_at) SELECT i, "
        "  CAST(printf('%032d', i) AS BLOB), 1000, 640, 480, 'jpeg', 0, 0 FROM n;"
        "INSERT INTO place (id, folder_id, path, size, modified_ns, inode, state, photo_id) SELECT i, 1, "
        "  CAST(printf('/p/%d/%d.jpg', i / 100, i) AS BLOB), 1000, 1, i, 0, i FROM n;"
        "INSERT INTO metadata (photo_id, taken_at, taken_source, make, model, document) SELECT i, "
        "  1000000 + 60 * i, 'exif', 'Canon', 'EOS', '{{}}' FROM n;"
        "INSERT INTO vector SELECT i, '{1}', '{2}', x'0000803f0000000000000000' FROM n;"
        "INSERT INTO look SELECT i, x'00', x'0000000000000000' FROM n;"
        "INSERT INTO person (id) SELECT i FROM n WHERE i % 10 = 0;"
        "INSERT INTO face (id, photo_id, model, x, y, width, height, score, person_id) SELECT i, i, 'faces', "
        "  0, 0, 10, 10, .9, (i + 9) / 10 * 10 FROM n;"
        "COMMIT",
        photos, key.space, key.model));
    surreal::Client client(process.address, {});
    Statements statements(database);
    const surreal::Tables tables(database);
    surreal::Array documents, people;
    const auto send = [&](const char* table, surreal::Array& rows) {
        const auto sent = client.query(fmt::format("INSERT INTO {} $rows RETURN NONE", table),
                                       {{"rows", std::exchange(rows, {})}});
        ASSERT_TRUE(sent) << sent.error().message;
    };
    for (int photo = 1; photo <= photos; ++photo) {
        documents.push_back(document_of(statements, tables, photo));
        if (photo % 10 == 0) {
            people.emplace_back(surreal::Object{{"id", surreal::RecordId{"hone_person", std::int64_t{photo}}},
                                                {"name", ""},
                                                {"hidden", std::int64_t{0}}});
        }
        if (documents.size() == 500) send("hone_bundle", documents);
    }
    send("hone_bundle", documents);
    send("hone_person", people);
    // With it go the numbers that were given.
    ASSERT_TRUE(process.catalog->set_setting("made", "yes"));
}

TEST_F(Follow, CostsTheSameInALargeLibrary) {
    struct Costs {
        StatementCounts photo, person;
    };
    const auto costs = [&](int photos) {
        const surreal::Address server =
            *test::server_database(fmt::format("{} {}", folder.path().native(), photos));
        Library::use_server(server, no_pulls());
        const std::string name = std::to_string(photos);
        {
            Process maker(server, folder.path() / ("maker" + name));
            make_library(maker, content_key(*model), photos);
        }
        Process writer(server, folder.path() / ("writer" + name));
        const auto follower = open("follower" + name);
        EXPECT_EQ((*follower->library->snapshot())->counts().photos, static_cast<std::uint64_t>(photos));
        EXPECT_EQ(follower->content->view().size(), static_cast<std::size_t>(photos));
        const auto cost = [&] {
            const StatementCounts before = statement_counts();
            follower->pull();
            EXPECT_TRUE(*follower->library->follow());
            const StatementCounts after = statement_counts();
            return StatementCounts{after.statements - before.statements, after.steps - before.steps};
        };
        const auto save = [&](const std::string& file) {
            FileOutcome::Photo photo;
            photo.photo = {sha256(file), 1000, 640, 480, "jpeg", 0};
            photo.vectors = {{content_key(*model), {0, 1, 0}}};
            photo.analysis_results.emplace();
            photo.analysis_results->style = {0};
            photo.analysis_results->hashes = {0};
            photo.analysis_results->taken = {1'000'000, std::nullopt, TakenSource::kExif};
            photo.faces.emplace().resize(1);
            photo.face_model = "faces";
            const FileOutcome outcome{1, {"/p/new/" + file, 1000, 1, 1, 0}, photo};
            EXPECT_TRUE(writer.catalog->commit(std::span(&outcome, 1)));
        };
        const auto rename = [&](PersonId person) {
            PeopleChange change;
            change.what = "named";
            change.people = {{person, fmt::format("Anna {}", person), false}};
            const auto faces = writer.catalog->faces_of_person(person);
            EXPECT_EQ(faces->size(), 10U);
            for (const Face& face : *faces) change.faces.push_back({face.id, person, true});
            EXPECT_TRUE(writer.catalog->change_people(change));
        };
        // The first time, SQLite reads the schema.
        save("first.jpg");
        rename(400);
        cost();
        Costs result;
        save("second.jpg");
        result.photo = cost();
        rename(500);
        result.person = cost();
        EXPECT_EQ((*follower->library->snapshot())->counts().photos, static_cast<std::uint64_t>(photos) + 2);
        EXPECT_TRUE((*follower->library->snapshot())->people()[500].named);
        EXPECT_EQ(follower->content->view().size(), static_cast<std::size_t>(photos) + 2);
        EXPECT_EQ(follower->styles->styles().view().size(), static_cast<std::size_t>(photos) + 2);
        EXPECT_EQ(follower->wholes, 0);
        return result;
    };
    const Costs small = costs(1'000), large = costs(20'000);
    const auto compare = [](const char* what, const StatementCounts& one, const StatementCounts& two) {
        EXPECT_GT(one.statements, 0U) << what;
        EXPECT_EQ(one.statements, two.statements) << what;
        EXPECT_LE(two.steps, one.steps + one.steps / 4 + 50) << what;
    };
    compare("a saved photo", small.photo, large.photo);
    compare("an edit of a person", small.person, large.person);
}

}  // namespace
}  // namespace hone
