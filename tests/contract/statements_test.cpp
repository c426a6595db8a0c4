// SPDX-License-Identifier: GPL-3.0-or-later
// What an event or a request costs in the catalogue: as many statements in a large library as in a small one,
// and no statement that reads all rows of a table.
#include "catalog/sqlite/statement_counts.hpp"

#include <gmock/gmock.h>
#include <sqlite3.h>

#include <numeric>

#include "catalog/catalog.hpp"
#include "library/snapshot.hpp"
#include "people/people.hpp"
#include "search/duplicates.hpp"
#include "search/filter_parser.hpp"
#include "tests/support/temporary_folder.hpp"
#include "wire/people.hpp"

namespace hone {
namespace {

// A library of made rows: every photo has a file, metadata, a vector, analyses, a style and a face; ten faces
// are one person. Every photo also shows person 10, as a face without a vector. Of each ten photos, two are
// the same picture, one has two files and two are a burst.
class MadeLibrary {
  public:
    // The face vectors of a person are equal, those of two people are 1 apart.
    explicit MadeLibrary(int photos) : photos_(photos) {
        {
            const auto made = open_sqlite_catalog(file(), true);
            if (!made || !(*made)->add_folder("/p")) std::abort();
        }
        sqlite3* database = nullptr;
        sqlite3_open(file().c_str(), &database);
        const std::string sql = fmt::format(
            "PRAGMA synchronous = OFF; BEGIN;"
            "CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
            "{}) "
            "SELECT i FROM n;"
            "INSERT INTO photo (id, sha, bytes, width, height, format, color, added_at) SELECT i, "
            "CAST(printf('%032d', i) AS BLOB), 1000, 640, 480, 'jpeg', 0, 0 FROM n;"
            "INSERT INTO place (id, folder_id, path, size, modified_ns, inode, state, photo_id) SELECT i, 1, "
            "CAST(printf('/p/%d/%d.jpg', i / 100, i) AS BLOB), 1000, 1, i, 0, i FROM n;"
            "INSERT INTO place (folder_id, path, size, modified_ns, inode, state, photo_id) SELECT 1, "
            "CAST(printf('/p/copies/%d.jpg', i) AS BLOB), 1000, 2, 1000000 + i, 0, i FROM n WHERE i % 10 = 3;"
            "INSERT INTO same_picture SELECT i, i + 1, 30, .9, 1 FROM n WHERE i % 10 = 5;"
            "INSERT INTO metadata (photo_id, taken_at, taken_source, make, model, document) SELECT i, "
            "1000000 + 60 * (i - (i % 10 = 8)), 'exif', 'Canon', 'EOS', '{{}}' FROM n;"
            "INSERT INTO analysis SELECT i, a, 1, 'model', 0 FROM n, (SELECT 'content' a UNION SELECT "
            "'metadata' "
            "UNION SELECT 'faces');"
            "INSERT INTO vector SELECT i, 'content', 'model', x'0000803f00000000' FROM n;"
            "INSERT INTO look SELECT i, x'00', x'00' FROM n;"
            "INSERT INTO person (id) SELECT i FROM n WHERE i % 10 = 0;"
            "INSERT INTO face (id, photo_id, model, x, y, width, height, score, vector, person_id) SELECT i, "
            "i, "
            "'faces', 0, 0, 10, 10, .9, x'0000803f', (i + 9) / 10 * 10 FROM n WHERE (i + 9) / 10 * 10 <= {};"
            "INSERT INTO words (rowid, name, folder, title, keywords, camera) SELECT i, printf('%d', i), "
            "'p', '', "
            "'', 'Canon' FROM n; INSERT INTO setting VALUES ('faces-changes', '1'); COMMIT;",
            photos, photos);
        char* error = nullptr;
        if (sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &error) != SQLITE_OK) {
            ADD_FAILURE() << error;
            sqlite3_free(error);
        }
        sqlite3_exec(database, "BEGIN", nullptr, nullptr, nullptr);
        sqlite3_stmt* update = nullptr;
        sqlite3_prepare_v2(database, "UPDATE face SET vector = ? WHERE person_id = ?", -1, &update, nullptr);
        for (int person = 10; person <= photos; person += 10) {
            const auto value = static_cast<float>(person / 10);
            sqlite3_bind_blob(update, 1, &value, sizeof value, SQLITE_TRANSIENT);
            sqlite3_bind_int(update, 2, person);
            EXPECT_EQ(sqlite3_step(update), SQLITE_DONE);
            sqlite3_reset(update);
        }
        sqlite3_finalize(update);
        EXPECT_EQ(sqlite3_exec(database,
                               "INSERT INTO face (photo_id, model, x, y, width, height, score, person_id) "
                               "SELECT id, 'faces', 0, 0, id, id, .5, 10 FROM photo; COMMIT",
                               nullptr, nullptr, nullptr),
                  SQLITE_OK);
        sqlite3_close(database);
        catalog_ = *open_sqlite_catalog(file(), true);
        if (!catalog_->observe([this](const Changes& changes) {
                keeper_.apply(changes);
                if (people_ != nullptr) people_->note(changes);
            }))
            std::abort();
    }
    Catalog& catalog() { return *catalog_; }
    [[nodiscard]] int photos() const { return photos_; }
    [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const { return keeper_.snapshot(); }
    // What SQLite says of its plan for this statement.
    [[nodiscard]] std::vector<std::string> plan(const std::string& sql) const {
        sqlite3* database = nullptr;
        sqlite3_open_v2(file().c_str(), &database, SQLITE_OPEN_READONLY, nullptr);
        sqlite3_stmt* query = nullptr;
        sqlite3_prepare_v2(database, ("EXPLAIN QUERY PLAN " + sql).c_str(), -1, &query, nullptr);
        std::vector<std::string> steps;
        constexpr int kDetail = 3;
        while (query != nullptr && sqlite3_step(query) == SQLITE_ROW)
            steps.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(query, kDetail)));
        sqlite3_finalize(query);
        sqlite3_close(database);
        return steps;
    }
    // Tells these people of every change.
    void tell(People* people) { people_ = people; }
    // Groups that earlier runs left on the disk.
    [[nodiscard]] GroupFiles groups() const { return {folder_.path() / "faces", true}; }

  private:
    [[nodiscard]] fs::path file() const { return folder_.path() / "catalog.db"; }

    const int photos_;
    test::TemporaryFolder folder_;
    SnapshotKeeper keeper_;
    People* people_ = nullptr;
    std::unique_ptr<Catalog> catalog_;
};

FileOutcome new_photo(const std::string& name) {
    FileOutcome::Photo photo;
    photo.photo = {sha256(name), 1000, 640, 480, "jpeg", 0};
    photo.vectors = {{{"content", "model"}, {1, 0}}};
    AnalysisResults results;
    results.style = {0};
    results.hashes = {0};
    results.metadata.make = "Canon";
    results.metadata.model = "EOS";
    results.taken = {1'000'000, std::nullopt, TakenSource::kExif};
    photo.analysis_results = results;
    photo.faces.emplace().resize(1);
    photo.faces->front().vector = {1};
    photo.face_model = "faces";
    photo.done = {{"content", 1, "model"}, {"metadata", 1, ""}, {"faces", 1, "faces"}};
    return {1, {"/p/new/" + name + ".jpg", 1000, 1, 1, 0}, photo};
}

// Every event and request, by name.
std::vector<std::pair<std::string, std::function<bool(MadeLibrary&)>>> all_calls() {
    const auto middle = [](MadeLibrary& library) { return static_cast<PhotoNumber>(library.photos() / 2); };
    const auto sixty = [middle](MadeLibrary& library) {
        std::vector<PhotoNumber> photos;
        for (PhotoNumber at = 0; at < 60; ++at) photos.push_back(middle(library) + at);
        return photos;
    };
    const auto duplicates = [](DuplicateKind kind, bool last) {
        return [kind, last](MadeLibrary& library) {
            constexpr std::size_t kGroups = 20;
            const std::size_t all = static_cast<std::size_t>(library.photos()) / 10;
            const auto page = find_duplicates(library.catalog(), *library.snapshot(), kind,
                                              last ? all - 2 * kGroups : 0, kGroups);
            // A call above has emptied a folder of a hundred photos.
            return page && page->groups.size() == kGroups && page->total >= all - 10 && page->total <= all;
        };
    };
    return {
        {"a visited file", [](MadeLibrary& l) { return l.catalog().find_file("/p/5/500.jpg").has_value(); }},
        {"a moved file",
         [](MadeLibrary& l) { return l.catalog().find_moved({"/p/x.jpg", 1000, 1, 500, 0}).has_value(); }},
        {"a saved file",
         [](MadeLibrary& l) {
             const FileOutcome outcome = new_photo("saved");
             return l.catalog().commit(std::span(&outcome, 1)).has_value();
         }},
        {"the end of a folder's scan",
         [](MadeLibrary& l) { return l.catalog().end_scan({"/p/3", true, {}}, {}).has_value(); }},
        {"the results of a page",
         [sixty](MadeLibrary& l) {
             const auto photos = sixty(l);
             const auto listed = l.catalog().list(photos);
             return listed && listed->size() == photos.size();
         }},
        {"marks by id",
         [sixty](MadeLibrary& l) {
             std::vector<std::string> ids;
             const auto listed = l.catalog().list(sixty(l));
             for (const ListedPhoto& one : *listed) ids.push_back(to_hex(one.photo.id));
             return l.catalog().resolve(ids).has_value();
         }},
        {"a photo's page",
         [middle](MadeLibrary& l) {
             const PhotoNumber photo = middle(l);
             return l.catalog().analysis_results(photo) && l.catalog().faces_of(photo) &&
                    l.catalog().analyses(photo) && l.catalog().shown_as(photo) &&
                    l.catalog().stands_for(photo);
         }},
        {"exact duplicates", duplicates(DuplicateKind::kExact, false)},
        {"the last exact duplicates", duplicates(DuplicateKind::kExact, true)},
        {"near duplicates", duplicates(DuplicateKind::kNear, false)},
        {"the last near duplicates", duplicates(DuplicateKind::kNear, true)},
        {"bursts", duplicates(DuplicateKind::kBurst, false)},
        {"the last bursts", duplicates(DuplicateKind::kBurst, true)},
        {"a person's entry", [](MadeLibrary& l) { return l.catalog().person_count(500).has_value(); }},
        {"a page of people",
         [](MadeLibrary& l) {
             PeopleRequest request;
             request.filter = {true, true};
             request.limit = 20;
             const auto page = people_page(*l.snapshot(), l.catalog(), request);
             // Person 10 first: on every photo but those whose folder a call above has emptied.
             return page && page->all()["people"].size() == 20 && page->all()["total"] > l.photos() / 20 &&
                    page->all()["people"][0]["photos"] > l.photos() / 2;
         }},
        {"naming a person",
         [](MadeLibrary& l) {
             PeopleChange change;
             change.what = "named";
             change.people = {{500, "Anna", false}};
             const auto faces = l.catalog().faces_of_person(500);
             for (const Face& face : *faces) change.faces.push_back({face.id, 500, true});
             return l.catalog().change_people(change).has_value();
         }},
        {"a pair of the same picture",
         [](MadeLibrary& l) {
             const SamePicture pair{1, 2, 30, .9, true};
             return l.catalog().add_same_pictures(std::span(&pair, 1)).has_value();
         }},
        {"a finished analysis",
         [middle](MadeLibrary& l) {
             const PhotoNumber photo = middle(l);
             return l.catalog().mark_analyzed(std::span(&photo, 1), {"pose", 1, ""}).has_value();
         }},
        {"an undone edit", [](MadeLibrary& l) { return l.catalog().undo_people_edit().has_value(); }},
        {"the numbers of the status page",
         [](MadeLibrary& l) { return l.snapshot()->counts().photos > 0 && l.catalog().folders(); }},
    };
}

TEST(Statements, CostTheSameInALargeLibrary) {
    constexpr int kSmall = 1'000, kLarge = 100'000;
    MadeLibrary small(kSmall), large(kLarge);
    EXPECT_EQ(large.snapshot()->counts().photos, static_cast<std::uint64_t>(kLarge));
    for (const auto& [name, call] : all_calls()) {
        const auto cost = [&](MadeLibrary& library) {
            const StatementCounts before = statement_counts();
            EXPECT_TRUE(call(library)) << name;
            const StatementCounts after = statement_counts();
            return StatementCounts{after.statements - before.statements, after.steps - before.steps};
        };
        const StatementCounts one = cost(small), two = cost(large);
        EXPECT_EQ(one.statements, two.statements) << name;
        // Index pages are deeper in a large table, but that costs no step of the machine.
        EXPECT_LE(two.steps, one.steps + one.steps / 4 + 50) << name;
    }
}

// The tables that grow with the library. The others have a row per setting, folder or kind.
bool scans_a_large_table(const std::string& step) {
    // Full-text tables always say SCAN; the end names the columns by which they search.
    if (!step.starts_with("SCAN ") || (step.contains("VIRTUAL TABLE INDEX") && !step.ends_with(':')))
        return false;
    const std::string table = step.substr(5, step.find(' ', 5) - 5);
    static const std::set<std::string> kLarge{
        "photo", "place", "analysis", "vector",      "look",         "metadata",      "keyword",
        "words", "face",  "person",   "people_edit", "same_picture", "face_rejection"};
    return kLarge.contains(table);
}

TEST(Statements, ReadNoTableAsAWhole) {
    MadeLibrary library(100'000);
    std::size_t looked_at = 0;
    for (const auto& [name, call] : all_calls()) {
        for (const std::string& sql : statements_of([&] { EXPECT_TRUE(call(library)) << name; })) {
            for (const std::string& step : library.plan(sql)) {
                EXPECT_FALSE(scans_a_large_table(step)) << name << ": " << step << "\n" << sql;
                ++looked_at;
            }
        }
    }
    EXPECT_GT(looked_at, 100U);
    // The test sees a scan when there is one.
    bool found = false;
    for (const std::string& step : library.plan("SELECT count(*) FROM photo WHERE width = 7"))
        found = found || scans_a_large_table(step);
    EXPECT_TRUE(found);
}

TEST(Statements, EndSoonWhenNobodyWaits) {
    MadeLibrary library(100'000);
    const PhotoFilter filter = *parse_filter("name:7 OR rating:5");
    std::vector<std::string> ids;
    for (int photo = 0; photo < 60'000; ++photo) ids.push_back(to_hex(sha256(std::to_string(photo))));
    std::stop_source nobody;
    nobody.request_stop();
    const std::stop_token stop = nobody.get_token();
    const auto expect_short = [&](const char* what, const auto& call) {
        const std::uint64_t before = statement_counts().steps;
        const auto result = call();
        ASSERT_FALSE(result) << what;
        EXPECT_EQ(result.error().kind, ErrorKind::kUnavailable) << result.error().message;
        EXPECT_LT(statement_counts().steps - before, 20'000U) << what;
    };
    Catalog& catalog = library.catalog();
    expect_short("a filter", [&] { return catalog.matching(filter, stop); });
    expect_short("a list", [&] { return catalog.matching_newest_taken(filter, stop); });
    expect_short("ids", [&] { return catalog.resolve(ids, stop); });
    for (const auto kind : {DuplicateKind::kExact, DuplicateKind::kNear, DuplicateKind::kBurst})
        expect_short("duplicates",
                     [&] { return find_duplicates(catalog, *library.snapshot(), kind, 0, 1000, stop); });
    std::vector<PhotoNumber> photos(60'000);
    std::iota(photos.begin(), photos.end(), 1);
    expect_short("a page", [&] { return catalog.list(photos, stop); });
    expect_short("files", [&] { return catalog.files_of(photos, stop); });
    // The connection serves the next one.
    EXPECT_TRUE(catalog.matching(filter));
}

// With the groups on the disk, the first edit of a process reads nothing of the other faces.
TEST(Statements, TheFirstEditOfAPersonCostsTheSameInALargeLibrary) {
    FacePack pack;
    pack.embedder.emplace();
    pack.embedder->dimension = 1;
    pack.embedder->link = pack.embedder->same = 0.5;
    const auto cost = [&](int photos) {
        MadeLibrary library(photos);
        EXPECT_TRUE(People(library.catalog(), &pack, "faces", library.groups()).update());
        const StatementCounts before = statement_counts();
        People people(library.catalog(), &pack, "faces", library.groups());
        people.note({});
        library.tell(&people);
        const Result<PeopleEditResult> named = people.name(500, "Anna");
        EXPECT_TRUE(named) << named.error().message;
        EXPECT_TRUE(people.questions(1));
        const StatementCounts after = statement_counts();
        return StatementCounts{after.statements - before.statements, after.steps - before.steps};
    };
    const StatementCounts one = cost(1'000), two = cost(50'000);
    EXPECT_EQ(one.statements, two.statements);
    EXPECT_LE(two.steps, one.steps + one.steps / 4 + 50);
}

// The calls of the catalogue that all_calls() lacks, except filters, whose SQL depends on the filter, and
// what happens once (opening, checking, a server's repairs).
bool make_the_other_calls(Catalog& catalog) {
    const PhotoNumber photo = 500;
    const VectorKey key{"content", "model"};
    const std::string words[] = {"canon"};
    const auto visit_style = [](auto, auto, auto) { return Result<>(); };
    const auto visit_vector = [](auto, auto) { return Result<>(); };
    const auto known = catalog.photo(photo);
    const FaceFacts face{{1, 2, 3, 4}, {}, 0.5F, {}, {}};
    return known && *known && catalog.photo((*known)->id) && catalog.resolve("/p/5/500.jpg") &&
           catalog.resolve(to_hex((*known)->id)) && catalog.newest(0, 10) && catalog.available() &&
           catalog.known_photos() && catalog.counts() && catalog.files_of(photo) && catalog.failures(10) &&
           catalog.last_file() && catalog.moved_since(900) && catalog.mark_available(500) &&
           catalog.photos_below("/p") && catalog.add_folder("/p") && catalog.set_reachable(1, true) &&
           !catalog.remove_folder(99) && catalog.count_missing() && catalog.missing_photos(1) &&
           catalog.forget(std::span(&photo, 1)) && catalog.taken(photo) && catalog.analyzed({}) &&
           catalog.styled_photos() && catalog.same_pictures() &&
           catalog.for_each_style(std::span(&photo, 1), visit_style) && catalog.has_vector(photo, key) &&
           catalog.vector_numbers(key) && catalog.stored_spaces("content") &&
           catalog.vector_models("content") &&
           catalog.for_each_vector(key, std::span(&photo, 1), visit_vector) && catalog.matching_text(words) &&
           catalog.face(500) && catalog.for_each_face("faces", [](const Face&) {}) &&
           catalog.add_face(photo, face) && catalog.named_regions() &&
           catalog.named_regions(std::span(&photo, 1)) && catalog.faces_state() &&
           catalog.forget_estimates() && catalog.people() && catalog.person_count(500) &&
           catalog.person_named("nobody") && catalog.rejections() && catalog.people_edits(5) &&
           catalog.set_setting("a", "b") && catalog.setting("a");
}

// Those that begin and end a transaction, and those by which SQLite's session extension reads the changed
// rows.
bool is_of_a_transaction(const std::string& sql) {
    return sql.starts_with("BEGIN") || sql.starts_with("COMMIT") || sql.starts_with("ROLLBACK") ||
           sql.ends_with(" changeset") || sql.starts_with("PRAGMA 'main'.table_info(") ||
           sql.starts_with("SELECT * FROM \"main\".");
}

TEST(Statements, ArePreparedOnce) {
    MadeLibrary library(1'000);
    const auto all = [&] {
        for (const auto& [name, call] : all_calls()) EXPECT_TRUE(call(library)) << name;
        EXPECT_TRUE(make_the_other_calls(library.catalog()));
    };
    // The second time the saved file is a known one, which takes other statements.
    const std::set<std::string> first = prepared_by(all);
    EXPECT_GT(first.size(), 90U);
    all();
    for (const std::string& sql : prepared_by(all)) EXPECT_TRUE(is_of_a_transaction(sql)) << sql;
    // The test sees a statement that is prepared again.
    const std::set<std::string> filtered = prepared_by([&] { EXPECT_TRUE(library.catalog().matching({})); });
    EXPECT_EQ(filtered.size(), 1U);
}

TEST(Statements, ASavedFileCostsFew) {
    MadeLibrary library(1'000);
    const FileOutcome outcome = new_photo("saved");
    const StatementCounts before = statement_counts();
    ASSERT_TRUE(library.catalog().commit(std::span(&outcome, 1)));
    EXPECT_LE(statement_counts().statements - before.statements, 64U);
    EXPECT_EQ(library.snapshot()->counts().photos, 1'001U);
}

}  // namespace
}  // namespace hone
