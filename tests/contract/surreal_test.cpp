// SPDX-License-Identifier: GPL-3.0-or-later
// The catalogue on a SurrealDB server: the protocol, two processes on one database, and faults.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "catalog/leases.hpp"
#include "catalog/sqlite/commit_hook.hpp"
#include "catalog/surrealdb/copy.hpp"
#include "catalog/surrealdb/value.hpp"
#include "library/snapshot.hpp"
#include "tests/contract/surrealdb/engine.hpp"
#include "tests/support/people.hpp"
#include "tests/support/temporary_folder.hpp"

namespace hone {
namespace {

using namespace std::chrono_literals;
using surreal::Array;
using surreal::Bytes;
using surreal::Client;
using surreal::Object;
using surreal::RecordId;
using surreal::Value;
using testing::AnyOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const VectorKey kKey{"content", "model-a"};

FileOutcome photo(FolderId folder, const std::string& path, std::vector<float> vector = {0.5F, -1}) {
    FileOutcome::Photo what;
    what.photo = {sha256(path), path.size(), 640, 480, "jpeg", 0x102030};
    what.vectors = {{kKey, std::move(vector)}};
    what.done = {{"content", 1, "model-a"}};
    AnalysisResults& analysis_results = what.analysis_results.emplace();
    analysis_results.metadata.title = "title of " + utf8_path(path);
    analysis_results.metadata.keywords = {"it's \"quoted\"", "table:id", "line\nbreak"};
    analysis_results.style.assign(229, 7);
    analysis_results.hashes = {0xFEDCBA9876543210, 2};
    FaceFacts face;
    face.box = {300, 10, 50, 60};
    face.score = 0.75F;
    face.vector = {1, 0, 0.25F};
    face.estimate = {31, 0.2F, 28, 40};
    FaceFacts left = face;
    left.box.x = 20;
    what.faces = {face, left};
    what.face_model = "net";
    return {folder, {path, path.size(), 1000, 7, 0}, std::move(what)};
}

Result<> add(Catalog& catalog, FolderId folder, const std::string& path) {
    const FileOutcome outcome = photo(folder, path);
    const auto committed = catalog.commit(std::span(&outcome, 1));
    if (committed) return {};
    std::fprintf(stderr, "%s\n", committed.error().message.c_str());
    return std::unexpected(committed.error());
}

// Waits for the effect of another thread or process.
template <typename Condition>
bool comes(Condition condition) {
    for (int attempt = 0; attempt < 600; ++attempt) {
        if (condition()) return true;
        std::this_thread::sleep_for(50ms);
    }
    return false;
}

std::int64_t count(const surreal::Address& address, const std::string& table) {
    Client client(address, {});
    const auto rows = client.query("SELECT VALUE id FROM type::table($table)", {{"table", table}});
    EXPECT_TRUE(rows) << rows.error().message;
    return rows ? static_cast<std::int64_t>(rows->front().items().size()) : -1;
}

int major_version(const surreal::Address& address) {
    Client client(address, {});
    EXPECT_TRUE(client.query("RETURN 1"));
    return client.major_version();
}

// The graph of new photos is written after their change. Waits until it contains this many photos with two
// faces. On 2.x there are also edges for the original's query: from photos to faces under the name of another
// edge.
testing::AssertionResult graph_has(const surreal::Address& address, std::int64_t photos) {
    if (!comes([&] { return count(address, "hone_due") == 0; }))
        return testing::AssertionFailure() << "parts of the graph are still to be written";
    const int embeddings = major_version(address) == 2 ? 3 : 1;
    for (const auto& [table, each] : std::map<std::string, int>{{"base_image", 1},
                                                                {"basic_metadata", 1},
                                                                {"image_embedding_vector", 1},
                                                                {"image_hash_metadata", 1},
                                                                {"has_basic_metadata", 1},
                                                                {"has_image_embedding_vector", embeddings},
                                                                {"has_image_hash_metadata", 1},
                                                                {"face_in_picture", 2},
                                                                {"face_in_picture_vector", 2},
                                                                {"face_age_and_gender_estimation", 2},
                                                                {"has_face_in_picture", 2},
                                                                {"has_face_in_picture_vector", 4},
                                                                {"has_face_age_and_gender_estimation", 4}}) {
        if (const std::int64_t rows = count(address, table); rows != each * photos)
            return testing::AssertionFailure() << table << " has " << rows << " records";
    }
    return testing::AssertionSuccess();
}

class Surreal : public testing::Test {
  protected:
    void SetUp() override { HONE_NEEDS_ENGINE(); }
    [[nodiscard]] surreal::Address address() const { return *test::server_database(folder.path().native()); }
    std::unique_ptr<Catalog> open(const std::string& process, bool writable = true) {
        auto catalog = open_surreal_catalog(address(), folder.path() / process, writable);
        EXPECT_TRUE(catalog) << catalog.error().message;
        return catalog ? std::move(*catalog) : nullptr;
    }
    std::int64_t count(const std::string& table) { return hone::count(address(), table); }
    test::TemporaryFolder folder;
};

TEST(SurrealAddress, ReadsEveryPartAndHidesThePassword) {
    const auto address = surreal::parse_address("surrealdbs://ann%40home:p%3A%2Fw@[::1]:9000/n%20s/db");
    ASSERT_TRUE(address) << address.error().message;
    EXPECT_TRUE(address->tls);
    EXPECT_EQ(address->user, "ann@home");
    EXPECT_EQ(address->password, "p:/w");
    EXPECT_EQ(address->host, "::1");
    EXPECT_EQ(address->port, 9000);
    EXPECT_EQ(address->name_space, "n s");
    EXPECT_EQ(address->database, "db");
    EXPECT_EQ(address->shown(), "::1:9000/n s/db");
    for (const char* wrong : {"", "http://a/b/c", "surrealdb://u:secret@host", "surrealdb://u:secret@host/ns",
                              "surrealdb://u:secret@host:99999/a/b", "surrealdb://u:secret%2@host/a/b",
                              "surrealdb:///a/b", "surrealdb://h/a/b/c"}) {
        const auto refused = surreal::parse_address(wrong);
        ASSERT_FALSE(refused) << wrong;
        EXPECT_THAT(refused.error().message, Not(HasSubstr("secret")));
    }
}

TEST_F(Surreal, EveryKindOfValueComesBack) {
    Client client(address(), {});
    const Array values = {Value(surreal::Null{}),
                          true,
                          false,
                          0,
                          -1,
                          23,
                          24,
                          65536,
                          INT64_MAX,
                          INT64_MIN,
                          1.5,
                          1e300,
                          0.1,
                          "",
                          "table:id",
                          "it's \"q\"\n\U0001F600",
                          Bytes{0, 255, 10},
                          Array{1, "a"},
                          Object{{"a", 1}, {"b", Object{}}},
                          surreal::DateTime{1'700'000'000, 5},
                          RecordId{"hone_photo", 7},
                          RecordId{"hone_vector", Array{"content", "m'x", 3}}};
    const auto back = client.query("RETURN $values", {{"values", values}});
    ASSERT_TRUE(back) << back.error().message;
    ASSERT_EQ(back->front().items().size(), values.size());
    for (std::size_t at = 0; at < values.size(); ++at)
        EXPECT_EQ(back->front().items()[at], values[at]) << to_json(values[at]).dump();
    const auto floats = client.query("RETURN $floats", {{"floats", surreal::Floats{0.1F, -3, 1e-40F}}});
    ASSERT_TRUE(floats);
    EXPECT_EQ(static_cast<float>(floats->front().items()[0].number()), 0.1F);
    EXPECT_EQ(static_cast<float>(floats->front().items()[2].number()), 1e-40F);
    const std::string large(20'000'000, 'x');
    const auto answer = client.query("RETURN $large", {{"large", large}});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->front().text().size(), large.size());
}

TEST_F(Surreal, AFailedTransactionSaysWhatFailed) {
    Client client(address(), {});
    const auto failed = client.query("BEGIN; LET $a = 1; THROW 'the real reason'; LET $b = 2; COMMIT");
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message, HasSubstr("the real reason"));
    const auto refused = client.query("SELECT FROM WHERE");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("says"));
}

TEST(SurrealValue, RefusesBrokenBytes) {
    Bytes good;
    encode(Object{{"id", 1}, {"result", Array{1.5, "x", RecordId{"t", 1}}}}, good);
    ASSERT_TRUE(surreal::decode(good));
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(surreal::decode(std::span(good).first(size))) << size;
    good.push_back(0);
    EXPECT_FALSE(surreal::decode(good)) << "something after it";
}

TEST_F(Surreal, NamesInAnyBytesComeBack) {
    const std::string names[] = {"/p/it's \"q\".jpg",  "/p/line\nbreak.jpg", "/p/c:foo.jpg",
                                 "/p/base_image:1",    "/p/\U0001F600.jpg",  "/p/\xFF\xFE.jpg",
                                 "/p/'; REMOVE DB x;", "/p/$path`{}.jpg",    "/p/\xE2\x28\xA1.jpg"};
    {
        const auto catalog = open("a");
        const FolderId root = catalog->add_folder("/p")->id;
        for (const std::string& name : names) ASSERT_TRUE(add(*catalog, root, name));
        ASSERT_TRUE(catalog->set_setting("odd", "a\xFF\n'b"));
        const PersonId person = test::add_person(*catalog);
        ASSERT_TRUE(
            catalog->change_people({{{person, "O'Neil\n\"x\" person:1", false}}, {}, {}, "named", 0, {}}));
    }
    const auto catalog = open("b", false);
    for (const std::string& name : names) {
        const auto file = *catalog->find_file(name);
        ASSERT_TRUE(file) << name;
        EXPECT_EQ(file->facts.path.native(), name);
        EXPECT_EQ((*catalog->analysis_results(*file->photo))->metadata.keywords.size(), 3U);
    }
    EXPECT_EQ(**catalog->setting("odd"), "a\xFF\n'b");
    EXPECT_TRUE(*catalog->person_named("O'Neil\n\"x\" person:1"));
}

TEST_F(Surreal, HoldsTheGraphOfTheOriginal) {
    const auto catalog = open("a");
    const FolderId root = catalog->add_folder("/p")->id;
    ASSERT_TRUE(add(*catalog, root, "/p/one.jpg"));
    ASSERT_TRUE(add(*catalog, root, "/p/two.jpg"));
    ASSERT_TRUE(add(*catalog, root, "/p/two.jpg")) << "again";
    ASSERT_TRUE(graph_has(address(), 2));

    // 2.x answers the original's query unchanged.
    const bool is_2 = major_version(address()) == 2;
    const auto query = read_text(fs::path(HONE_SOURCE_DIR) / "docs/surrealdb" /
                                 (is_2 ? "original.surql" : "similar-3.surql"));
    ASSERT_TRUE(query) << query.error().message;
    Client client(address(), {});
    if (is_2) {
        ASSERT_TRUE(client.query(
            "DEFINE INDEX near ON image_embedding_vector FIELDS embedding MTREE DIMENSION 2 DIST COSINE"));
    }
    const auto answer = client.query(*query);
    ASSERT_TRUE(answer) << answer.error().message;
    const auto found = answer->back().items();
    ASSERT_EQ(found.size(), 2U);
    for (const Value& image : found) {
        EXPECT_THAT(image["base_image"].items()[0]["path"].text(), HasSubstr("/p/"));
        EXPECT_EQ(image["basic_metadata"].items()[0]["width"].integer(), 640);
        EXPECT_EQ(image["basic_metadata"].items()[0]["file_extension"].text(), "jpg");
        EXPECT_EQ(image["image_embedding"].items()[0]["embedding"].items().size(), 2U);
        EXPECT_EQ(image["image_hash"].items()[0]["hash"].text(), "fedcba9876543210");
        const auto faces = image["faces"].items();
        ASSERT_EQ(faces.size(), 2U);
        EXPECT_LT(faces[0]["top_left_x"].number(), faces[1]["top_left_x"].number());
        EXPECT_EQ(faces[0]["vectors"].items()[0]["embedding"].items().size(), 3U);
        EXPECT_EQ(faces[0]["age_and_gender"].items()[0]["gender"].text(), "female");
    }
    // A missing photo leaves the graph together with its faces.
    ASSERT_TRUE(catalog->end_scan({"/p", true, {}}, std::vector<bool>(100)));
    EXPECT_TRUE(graph_has(address(), 0));
}

TEST_F(Surreal, AGraphThatItsProcessLeftUndoneIsWrittenByAnother) {
    const FolderId root = open("a")->add_folder("/p")->id;
    ASSERT_TRUE(add(*open("a"), root, "/p/one.jpg"));
    ASSERT_TRUE(graph_has(address(), 1));
    // As after a kill between the change and its graph.
    Client client(address(), {});
    const auto photo_of = [&] {
        return (*client.query("SELECT VALUE meta::id(id) FROM hone_bundle"))[0].items()[0];
    };
    const Value number = photo_of();
    const auto take_away = [&](const char* when) {
        std::string statements = "BEGIN;\n";
        for (const char* table :
             {"base_image", "basic_metadata", "image_embedding_vector", "image_hash_metadata",
              "face_in_picture", "face_in_picture_vector", "face_age_and_gender_estimation"})
            statements += fmt::format("DELETE {};\n", table);
        const auto done = client.query(
            statements +
                fmt::format("CREATE hone_due:7 CONTENT {{photos: [$photo], at: {}}};\nCOMMIT;", when),
            {{"photo", number}});
        ASSERT_TRUE(done) << done.error().message;
    };
    take_away("time::now() - 1m");
    {
        const auto reader = open("reader", false);
        EXPECT_EQ(count("hone_due"), 1) << "a reader writes nothing";
    }
    const auto other = open("other");
    EXPECT_TRUE(graph_has(address(), 1));

    // No change may overtake it. A change waits; one that waits too long is refused and loses no data.
    take_away("time::now() + 1h");
    {
        const auto hasty =
            open_surreal_catalog(address(), folder.path() / "hasty", true, {500ms, 5'000ms, 500ms});
        ASSERT_TRUE(hasty) << hasty.error().message;
        const auto refused = (*hasty)->end_scan({"/p", true, {}}, {});
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().kind, ErrorKind::kUnavailable);
        EXPECT_EQ((*hasty)->counts()->photos, 1U);
        EXPECT_TRUE(add(**hasty, root, "/p/two.jpg")) << "another photo is not held up";
    }
    {
        const std::jthread later([&] {
            std::this_thread::sleep_for(200ms);
            EXPECT_TRUE(client.query("UPDATE hone_due:7 SET at = time::now() - 1m"));
        });
        ASSERT_TRUE(other->end_scan({"/p", true, {}}, std::vector<bool>(100)));
    }
    EXPECT_TRUE(graph_has(address(), 0));
}

TEST_F(Surreal, TwoProcessesSeeEachOther) {
    const auto one = open("one"), two = open("two");
    const FolderId root = one->add_folder("/p")->id;
    const auto same = two->add_folder("/p");
    ASSERT_TRUE(same) << same.error().message;
    EXPECT_EQ(same->id, root) << "the second one is not behind when it writes";
    ASSERT_TRUE(add(*one, root, "/p/a.jpg"));
    ASSERT_TRUE(add(*two, root, "/p/b.jpg"));
    ASSERT_TRUE(add(*one, root, "/p/c.jpg"));
    EXPECT_TRUE(comes([&] { return two->counts()->photos == 3 && one->counts()->photos == 3; }));
    const std::vector<std::string> words = {"b"};
    EXPECT_TRUE(comes([&] { return one->matching_text(words)->size() == 1; })) << "the index of words too";
    std::vector<std::jthread> writers;
    std::atomic<int> failed = 0;
    for (int writer = 0; writer < 2; ++writer) {
        writers.emplace_back([&, writer] {
            for (int at = 0; at < 20; ++at) {
                Catalog& catalog = writer == 0 ? *one : *two;
                if (!add(catalog, root, fmt::format("/p/{}-{}.jpg", writer, at))) ++failed;
            }
        });
    }
    writers.clear();
    EXPECT_EQ(failed, 0);
    EXPECT_TRUE(comes([&] { return two->counts()->photos == 43 && one->counts()->photos == 43; }));
    EXPECT_EQ(count("base_image"), 43);
}

// Returns every row of a process's replica, by table, and the text index.
std::map<std::string, std::multiset<std::string>> rows_of(const fs::path& library) {
    std::map<std::string, std::multiset<std::string>> rows;
    for (const fs::directory_entry& entry : fs::directory_iterator(library)) {
        if (entry.path().extension() != ".db") continue;
        SQLite::Database database(entry.path().native(), SQLite::OPEN_READONLY, 10'000);
        std::vector<const char*> tables = kHookedTables;
        tables.insert(tables.end(), {"words", "sqlite_sequence"});
        for (const char* table : tables) {
            // The index may keep outdated words of photos without files, because no search finds them.
            const bool words = std::string_view(table) == "words";
            SQLite::Statement query(database,
                                    fmt::format("SELECT * FROM {}{}", table,
                                                words ? " WHERE rowid IN (SELECT photo_id FROM place)" : ""));
            while (query.executeStep()) {
                std::string row;
                for (int column = 0; column < query.getColumnCount(); ++column) {
                    const SQLite::Column value = query.getColumn(column);
                    const auto* bytes = static_cast<const char*>(value.getBlob());
                    row += fmt::format("|{}:", value.getType());
                    if (bytes != nullptr) row.append(bytes, static_cast<std::size_t>(value.getBytes()));
                }
                rows[table].insert(row);
            }
        }
    }
    return rows;
}

// The catalogue as in schema 2 on the server: one record per row.
void make_schema_2(const surreal::Address& address, const fs::path& library) {
    Client client(address, {});
    const auto ask = [&](const std::string& text, const Object& variables = {}) {
        const auto done = client.query(text, variables);
        ASSERT_TRUE(done) << done.error().message;
    };
    for (const fs::directory_entry& entry : fs::directory_iterator(library)) {
        if (entry.path().extension() != ".db") continue;
        SQLite::Database database(entry.path().native(), SQLite::OPEN_READONLY, 10'000);
        for (const char* table : kHookedTables) {
            SQLite::Statement query(database, fmt::format("SELECT * FROM {}", table));
            std::map<int, int> key;  // its columns, by their position in it
            SQLite::Statement info(
                database, fmt::format("SELECT pk, cid FROM pragma_table_info('{}') WHERE pk > 0", table));
            while (info.executeStep()) key[info.getColumn(0).getInt()] = info.getColumn(1).getInt();
            surreal::Array rows;
            while (query.executeStep()) {
                const auto value = [&](int at) -> Value {
                    const auto column = query.getColumn(at);
                    if (column.isInteger()) return std::int64_t{column.getInt64()};
                    if (column.isFloat()) return column.getDouble();
                    if (column.isText()) return column.getString();
                    const auto* bytes = static_cast<const std::uint8_t*>(column.getBlob());
                    return surreal::Bytes(bytes, bytes + column.getBytes());
                };
                surreal::Array parts;
                for (const auto& [file, column] : key) parts.push_back(value(column));
                Object fields{{"id", RecordId{fmt::format("hone_{}", table),
                                              parts.size() == 1 ? parts.front() : Value(parts)}}};
                for (int at = 0; at < query.getColumnCount(); ++at) {
                    if (query.getColumnName(at) != std::string("id") && !query.getColumn(at).isNull())
                        fields.emplace_back(query.getColumnName(at), value(at));
                }
                rows.emplace_back(std::move(fields));
            }
            ask(fmt::format("DELETE hone_{0}; INSERT INTO hone_{0} $rows RETURN NONE", table),
                {{"rows", rows}});
        }
    }
    ask("LET $counter = (SELECT * FROM ONLY hone_counter:current);\n"
        "CREATE hone_counter:main CONTENT {value: $counter.value, token: $counter.token, sequences: "
        "$counter.sequences};\n"
        "DELETE hone_counter:current; REMOVE TABLE hone_bundle;\n"
        "DELETE hone_commit WHERE token != $counter.token;\n"
        "UPDATE hone_schema:version SET version = 2");
}

class SurrealOlder : public Surreal {
  protected:
    void SetUp() override {
        Surreal::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        const auto catalog = open("a");
        const FolderId root = catalog->add_folder("/p")->id;
        ASSERT_TRUE(add(*catalog, root, "/p/a.jpg"));
        (void)open("behind", false);
        ASSERT_TRUE(add(*catalog, root, "/p/b.jpg"));
        const FileOutcome broken{root, {"/p/broken.jpg", 1, 2, 9, 0}, FileOutcome::Failed{"decode", "why"}};
        ASSERT_TRUE(catalog->commit(std::span(&broken, 1)));
        const PersonId person = test::add_person(*catalog);
        ASSERT_TRUE(catalog->change_people({{{person, "Anna", false}}, {}, {}, "named", 0, {}}));
        ASSERT_TRUE(graph_has(address(), 2));
        rows = rows_of(folder.path() / "a");
        make_schema_2(address(), folder.path() / "a");
    }
    std::int64_t version() {
        return (*Client(address(), {}).query("SELECT VALUE version FROM hone_schema"))[0]
            .items()[0]
            .integer();
    }
    void expect_upgraded() {
        EXPECT_EQ(version(), 3);
        EXPECT_EQ(count("hone_bundle"), 2);
        EXPECT_EQ(count("hone_place"), 1) << "the file that is not a photo";
        for (const char* table : {"hone_photo", "hone_vector", "hone_face", "hone_metadata"})
            EXPECT_EQ(count(table), 0) << table;
        for (const char* process : {"a", "behind", "fresh"}) {
            (void)open(process, false);
            EXPECT_EQ(rows_of(folder.path() / process), rows) << process;
        }
        const auto catalog = open("a");
        ASSERT_TRUE(add(*catalog, catalog->folders()->front().id, "/p/c.jpg"));
        EXPECT_TRUE(graph_has(address(), 3));
        EXPECT_EQ(open("behind")->counts()->photos, 3U);
    }
    std::map<std::string, std::multiset<std::string>> rows;
};

TEST_F(SurrealOlder, IsReadByWhoMayNotChangeIt) {
    for (const char* process : {"a", "behind", "fresh"}) {
        (void)open(process, false);
        EXPECT_EQ(rows_of(folder.path() / process), rows) << process;
    }
    EXPECT_EQ(version(), 2);
}

TEST_F(SurrealOlder, IsBroughtUpToDateByWhoMay) {
    (void)open("a");
    expect_upgraded();
}

TEST_F(SurrealOlder, IsBroughtUpToDateByOneOfSeveral) {
    std::vector<std::jthread> processes;
    for (const char* process : {"a", "behind", "third"})
        processes.emplace_back([this, process] { EXPECT_TRUE(open(process)) << process; });
    processes.clear();
    expect_upgraded();
}

TEST_F(SurrealOlder, IsBroughtUpToDateWhereAnotherWasCutShort) {
    Client client(address(), {});
    ASSERT_TRUE(
        client.query("CREATE hone_bundle:1 CONTENT {rows: <bytes>'of no use'};\n"
                     "UPDATE hone_schema:version SET bundler = 'a dead one', bundler_until = "
                     "time::now() + 3s"));
    (void)open("a");
    expect_upgraded();
}

TEST_F(SurrealOlder, OfTheFirstVersionToo) {
    Client client(address(), {});
    ASSERT_TRUE(client.query("REMOVE TABLE hone_due; UPDATE hone_schema:version SET version = 1"));
    EXPECT_EQ(open("reader", false)->folders()->size(), 1U);
    EXPECT_EQ(version(), 1) << "a reader writes nothing";
    (void)open("a");
    expect_upgraded();
    ASSERT_TRUE(client.query("UPDATE hone_schema:version SET version = 99"));
    const auto newer = open_surreal_catalog(address(), folder.path() / "b", true);
    ASSERT_FALSE(newer);
    EXPECT_THAT(newer.error().message, HasSubstr("newer Hone"));
}

TEST_F(Surreal, ADamagedRecordIsNamed) {
    const auto catalog = open("a");
    ASSERT_TRUE(add(*catalog, catalog->add_folder("/p")->id, "/p/one.jpg"));
    Client client(address(), {});
    const Value whole = (*client.query("SELECT VALUE rows FROM hone_bundle"))[0].items()[0];
    for (const char* damage : {"<bytes>'no CBOR'", "'text'", "NONE"}) {
        ASSERT_TRUE(client.query(fmt::format("UPDATE hone_bundle SET rows = {}", damage)));
        const auto fresh = open_surreal_catalog(address(), folder.path() / "fresh", false);
        ASSERT_FALSE(fresh);
        EXPECT_THAT(fresh.error().message, HasSubstr("photo 1 cannot be read"));
    }
    // A replica whose first filling was interrupted is filled the next time.
    ASSERT_TRUE(client.query("UPDATE hone_bundle SET rows = $rows", {{"rows", whole}}));
    EXPECT_EQ(open("fresh", false)->counts()->photos, 1U);
    EXPECT_EQ(rows_of(folder.path() / "fresh"), rows_of(folder.path() / "a"));
}

TEST_F(Surreal, ReplicasBecomeAlikeWhateverWasChanged) {
    const auto one = open("one"), two = open("two");
    const FolderId root = one->add_folder("/p")->id, other = one->add_folder("/q")->id;
    for (const char* path : {"/p/a.jpg", "/p/b.jpg", "/p/c.jpg", "/q/d.jpg"})
        ASSERT_TRUE(add(*one, path[1] == 'p' ? root : other, path));
    // The second replica receives a part as changes, the rest in its current state.
    EXPECT_TRUE(comes([&] { return two->counts()->photos == 4; }));
    FileOutcome changed = photo(root, "/p/b.jpg", {1, 2});
    auto& what = std::get<FileOutcome::Photo>(changed.what);
    what.photo.id = sha256("another picture under the name");
    what.analysis_results->metadata.keywords = {"fewer"};
    what.faces->pop_back();
    ASSERT_TRUE(one->commit(std::span(&changed, 1)));
    const FileOutcome copy{root, {"/p/copy of a.jpg", 8, 1000, 8, 0}, photo(root, "/p/a.jpg").what};
    ASSERT_TRUE(one->commit(std::span(&copy, 1)));
    const FileOutcome broken{root, {"/p/broken.jpg", 1, 2, 9, 0}, FileOutcome::Failed{"decode", "a reason"}};
    ASSERT_TRUE(one->commit(std::span(&broken, 1)));
    const PhotoNumber first = *(*one->find_file("/p/a.jpg"))->photo,
                      third = *(*one->find_file("/p/c.jpg"))->photo;
    const SamePicture pair{first, third, 40, 0.5, true};
    ASSERT_TRUE(one->add_same_pictures(std::span(&pair, 1)));
    const auto faces = *one->faces_of(first);
    ASSERT_EQ(faces.size(), 2U);
    const PersonId person = test::add_person(*one);
    ASSERT_TRUE(one->change_people({{{person, "Anna", false}}, {}, {}, "named", 0, {}}));
    ASSERT_TRUE(one->change_people({{{person, "Bea", true}}, {}, {}, "named otherwise", 0, {}}));
    ASSERT_TRUE(one->undo_people_edit());
    ASSERT_TRUE(one->set_setting("a", "b"));
    ASSERT_TRUE(one->set_setting("a", ""));
    ASSERT_TRUE(one->forget_estimates());
    std::vector<bool> seen(100, true);
    seen[static_cast<std::size_t>((*one->find_file("/p/c.jpg"))->id)] = false;
    ASSERT_TRUE(one->end_scan({"/p", true, {}}, seen));
    ASSERT_TRUE(one->set_reachable(other, false));
    ASSERT_TRUE(one->remove_folder(other));
    const auto expected = rows_of(folder.path() / "one");
    EXPECT_FALSE(expected.at("words").empty());
    comes([&] { return rows_of(folder.path() / "two") == expected; });
    const auto three = open("three", false);
    for (const char* process : {"two", "three"}) {
        const auto rows = rows_of(folder.path() / process);
        for (const auto& [table, held] : expected)
            EXPECT_EQ(rows.contains(table) ? rows.at(table) : std::multiset<std::string>{}, held)
                << process << " " << table;
        EXPECT_EQ(rows.size(), expected.size()) << process;
    }
}

TEST_F(Surreal, AForgottenPhotoLeavesTheServerAndOtherProcesses) {
    const auto one = open("one"), two = open("two");
    const FolderId root = one->add_folder("/p")->id;
    std::vector<PhotoNumber> photos;
    for (int at = 0; at < 40; ++at) {  // more than go into one transaction
        const std::string path = fmt::format("/p/{}.jpg", at);
        ASSERT_TRUE(add(*one, root, path));
        photos.push_back(*(*one->find_file(path))->photo);
    }
    const SamePicture pair{photos[0], photos[39], 40, 0.5, true};
    ASSERT_TRUE(one->add_same_pictures(std::span(&pair, 1)));
    EXPECT_TRUE(comes([&] { return two->same_pictures().value_or(std::vector<SamePicture>{}).size() == 1; }));
    std::vector<bool> seen(1000);
    seen[static_cast<std::size_t>((*one->find_file("/p/39.jpg"))->id)] = true;
    ASSERT_TRUE(one->end_scan({"/p", true, {}}, seen));
    EXPECT_TRUE(comes([&] { return two->count_missing()->photos == 39; })) << "the others know it is missing";
    EXPECT_EQ(one->forget(photos)->size(), 39U);
    const auto expected = rows_of(folder.path() / "one");
    EXPECT_TRUE(comes([&] { return rows_of(folder.path() / "two") == expected; }));
    EXPECT_THAT(*two->known_photos(), testing::Contains(true).Times(1));
    for (const char* process : {"one", "two"}) {
        for (const auto& entry : fs::directory_iterator(folder.path() / process)) {
            if (entry.path().extension() != ".db") continue;
            SQLite::Database replica(entry.path().native(), SQLite::OPEN_READONLY, 60'000);
            EXPECT_EQ(replica.execAndGet("SELECT count(*) FROM words").getInt(), 1) << process;
        }
    }
    EXPECT_EQ(count("hone_bundle"), 1);
    EXPECT_EQ(count("hone_same_picture"), 0);
    EXPECT_TRUE(graph_has(address(), 1));
    (void)open("fresh", false);
    EXPECT_EQ(rows_of(folder.path() / "fresh"), expected);
}

TEST_F(Surreal, AReplicaThatIsSharedIsNotReadAgainWhileItIsWritten) {
    const auto writer = open("a"), beside = open("a");
    const FolderId root = writer->add_folder("/p")->id;
    // Exists only in the replica: removed when everything is read again.
    for (const auto& entry : fs::directory_iterator(folder.path() / "a")) {
        if (entry.path().extension() != ".db") continue;
        SQLite::Database replica(entry.path().native(), SQLite::OPEN_READWRITE, 60'000);
        replica.exec("INSERT INTO setting VALUES ('mark', 'here')");
    }
    for (int at = 0; at < 400; ++at) ASSERT_TRUE(add(*writer, root, fmt::format("/p/{}", at)));
    EXPECT_EQ((*beside->setting("mark")).value_or("gone"), "here");
    EXPECT_EQ(beside->counts()->photos, 400U);
}

TEST_F(Surreal, NumbersAreNotUsedAgain) {
    PersonId first = 0;
    {
        const auto catalog = open("a");
        first = test::add_person(*catalog);
    }
    EXPECT_GT(test::add_person(*open("b")), first);
}

TEST_F(Surreal, ALeaseIsHeldByOneProcess) {
    const auto one = open("one"), two = open("two");
    const std::vector<std::string> keys = {"a", "it's \"b\"\n", "c", "a"};
    ASSERT_NE(one->leases(), nullptr);
    EXPECT_THAT(*one->leases()->take(keys), ElementsAre(true, true, true, false));
    EXPECT_THAT(*one->leases()->take(keys), Each(false)) << "two threads of a process share nothing either";
    EXPECT_THAT(*two->leases()->take(keys), Each(false));
    // The next holder of the key sees everything that the first one committed.
    const FolderId root = one->add_folder("/p")->id;
    ASSERT_TRUE(add(*one, root, "/p/a.jpg"));
    one->leases()->release(std::vector<std::string>{"a"});
    two->leases()->release(keys);
    EXPECT_THAT(*two->leases()->take(keys), ElementsAre(true, false, false, false));
    EXPECT_TRUE(*two->find_file("/p/a.jpg"));
    // Many at once: each key is granted to one.
    std::atomic<int> granted = 0;
    std::vector<std::jthread> takers;
    for (int taker = 0; taker < 4; ++taker) {
        takers.emplace_back([&, taker] {
            for (int at = 0; at < 40; ++at) {
                const std::string key = fmt::format("many {}", at / 2);
                granted += static_cast<int>(
                    (*(taker % 2 == 0 ? one : two)->leases()->take(std::span(&key, 1))).front());
            }
        });
    }
    takers.clear();
    EXPECT_EQ(granted, 20);
}

TEST_F(Surreal, ALeaseIsRenewedUntilItsProcessIsGone) {
    surreal::Patience patience;
    patience.lease = 1s;
    const auto other = open("other");
    const std::vector<std::string> key = {"photo"};
    const auto taken = [&]() -> bool { return other->leases()->take(key)->front(); };
    {
        const auto catalog = open_surreal_catalog(address(), folder.path() / "a", true, patience);
        ASSERT_TRUE(catalog);
        ASSERT_TRUE((*catalog)->leases()->take(key)->front());
        Client client(address(), {});
        const auto ends = [&] { return to_json(*client.query("SELECT VALUE until FROM hone_claim")).dump(); };
        const std::string first = ends();
        EXPECT_TRUE(comes([&] { return ends() != first; })) << "it is renewed";
        EXPECT_FALSE(taken());
        EXPECT_FALSE(taken());
        // The process stops renewing its lease, as if it were dead.
        ASSERT_TRUE(client.query("UPDATE hone_claim SET until = time::now() - 1ms, holder = 'a dead one'"));
        EXPECT_TRUE(taken()) << "it has run out by the server's clock";
        EXPECT_TRUE(comes([&] { return !(*catalog)->leases()->take(key)->front(); }));
    }
    EXPECT_FALSE((*open("third")->leases()->take(key)).front()) << "the first process released what it lost";
}

TEST_F(Surreal, LargeChangesGoInParts) {
    constexpr std::size_t kPhotos = 300;
    const auto catalog = open("a");
    const FolderId root = catalog->add_folder("/p")->id, other = catalog->add_folder("/q")->id;
    std::vector<FileOutcome> outcomes;
    for (std::size_t at = 0; at < kPhotos; ++at)
        outcomes.push_back(photo(root, fmt::format("/p/{}.jpg", at)));
    for (std::size_t at = 0; at < kPhotos; ++at)
        outcomes.push_back(
            {other, {fmt::format("/q/{}", at), 1, 2, 3, 0}, FileOutcome::Failed{"decode", "broken"}});
    ASSERT_TRUE(catalog->commit(outcomes));
    PeopleChange grouped;
    const PersonId person = test::add_person(*catalog);
    ASSERT_TRUE(catalog->for_each_face(
        "net", [&](const Face& face) { grouped.faces.push_back({face.id, person, false}); }));
    ASSERT_EQ(grouped.faces.size(), 2 * kPhotos);
    const std::int64_t before = count("hone_commit");
    ASSERT_TRUE(catalog->change_people(grouped));
    EXPECT_EQ(catalog->faces_of_person(person)->size(), 2 * kPhotos);
    EXPECT_EQ(*catalog->end_scan({"/p", true, {}}, {}), kPhotos);
    EXPECT_EQ(catalog->counts()->photos, 0U);
    EXPECT_EQ(count("base_image"), 0);
    ASSERT_TRUE(catalog->remove_folder(other));
    EXPECT_FALSE(*catalog->find_file("/q/1"));
    EXPECT_EQ(catalog->remove_folder(other).error().kind, ErrorKind::kNotFound);
    EXPECT_GE(count("hone_commit"), before + 7) << "faces in three parts, photos and files in two";
}

TEST_F(Surreal, RefusesWhatItCannotUse) {
    const auto refusal = [&](const surreal::Address& at, bool writable = true) {
        const test::TemporaryFolder fresh;
        const auto opened = open_surreal_catalog(at, fresh.path(), writable);
        EXPECT_FALSE(opened);
        const std::string message = opened ? "" : opened.error().message;
        EXPECT_THAT(message, Not(HasSubstr("hunter2")));
        EXPECT_THAT(message, Not(HasSubstr("\n")));
        return message;
    };
    surreal::Address wrong = address();
    wrong.password = "hunter2";
    EXPECT_THAT(refusal(wrong), HasSubstr("refuses the user root"));
    EXPECT_THAT(refusal(address(), false), HasSubstr("there is no library"));

    ASSERT_TRUE(open("a")->add_folder("/p"));
    Client client(address(), {});
    ASSERT_TRUE(client.query("DEFINE USER reader ON DATABASE PASSWORD 'hunter2' ROLES VIEWER"));
    surreal::Address reader = address();
    reader.user = "reader";
    reader.password = "hunter2";
    {
        const auto catalog = open_surreal_catalog(reader, folder.path() / "reader", true);
        ASSERT_TRUE(catalog) << catalog.error().message;
        EXPECT_EQ((*catalog)->folders()->size(), 1U);
        const auto written = (*catalog)->add_folder("/q");
        ASSERT_FALSE(written);
        EXPECT_THAT(written.error().message, HasSubstr("may only read"));
        EXPECT_EQ((*catalog)->folders()->size(), 1U);
    }
    reader.name_space = "elsewhere";
    EXPECT_THAT(refusal(reader), HasSubstr("refuses the user reader"));

    const surreal::Address foreign = *test::server_database(folder.path().native() + "foreign");
    Client other(foreign, {});
    std::string tables;
    for (int table = 0; table < 100; ++table) tables += fmt::format("DEFINE TABLE shop_{};", table);
    ASSERT_TRUE(other.query(tables));
    EXPECT_THAT(refusal(foreign), HasSubstr("100 tables that are not Hone's"));
    EXPECT_EQ(other.query("INFO FOR DB")->front()["tables"].as<Object>()->size(), 100U) << "nothing was made";

    const surreal::Address original = *test::server_database(folder.path().native() + "original");
    Client theirs(original, {});
    ASSERT_TRUE(theirs.query("CREATE base_image:x SET path = '/x'"));
    EXPECT_THAT(refusal(original), HasSubstr("photos that Hone did not write"));
}

TEST_F(Surreal, CopiesThereAndBack) {
    const fs::path file = folder.path() / "catalog.db", back = folder.path() / "back.db";
    {
        const auto catalog = *open_sqlite_catalog(file, true);
        const FolderId root = catalog->add_folder("/p")->id;
        for (int at = 0; at < 50; ++at) ASSERT_TRUE(add(*catalog, root, fmt::format("/p/\xFF{}.jpg", at)));
        ASSERT_TRUE(catalog->set_setting("a", "b"));
    }
    double last = 0;
    const auto progress = [&](double share, const std::string&) { last = share; };
    for (int time = 0; time < 2; ++time) {
        const auto copied = surreal::copy_to_server(file, address(), folder.path() / "to", progress);
        ASSERT_TRUE(copied) << copied.error().message;
        EXPECT_EQ(copied->photos, 50U);
        EXPECT_EQ(copied->tables, 14U);
        EXPECT_EQ(last, 1);
    }
    EXPECT_TRUE(graph_has(address(), 50));
    const auto returned = surreal::copy_from_server(address(), back, folder.path() / "from", progress);
    ASSERT_TRUE(returned) << returned.error().message;
    EXPECT_EQ((*open_sqlite_catalog(back, false))->counts()->photos, 50U);
    ASSERT_TRUE((*open_sqlite_catalog(folder.path() / "other.db", true))->add_folder("/q"));
    const auto refused =
        surreal::copy_to_server(folder.path() / "other.db", address(), folder.path() / "o", progress);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::kConflict);
}

// Faults, each on a separate engine with its data on disk.

class SurrealFaults : public testing::Test {
  protected:
    void SetUp() override {
        if (!engine.problem().empty()) HONE_SKIP(engine.problem());
    }
    test::TemporaryFolder folder;
    test::Engine engine{"rocksdb://" + (folder.path() / "data").string()};
    const surreal::Patience short_patience{500ms, 5'000ms, 1'000ms};
};

TEST_F(SurrealFaults, KilledAndRestartedWhileWriting) {
    auto catalog = open_surreal_catalog(engine.address("db"), folder.path() / "a", true);
    ASSERT_TRUE(catalog) << catalog.error().message;
    const FolderId root = (*catalog)->add_folder("/p")->id;
    std::atomic<int> acknowledged = 0, failed = 0;
    {
        const std::jthread writer([&] {
            for (int at = 0; at < 150; ++at)
                add(**catalog, root, fmt::format("/p/{}", at)) ? ++acknowledged : ++failed;
        });
        for (const int at : {20, 60}) {
            ASSERT_TRUE(comes([&] { return acknowledged >= at; }));
            engine.kill();
            engine.start();
        }
    }
    EXPECT_EQ(failed, 0);
    catalog->reset();
    const auto fresh = open_surreal_catalog(engine.address("db"), folder.path() / "fresh", false);
    ASSERT_TRUE(fresh) << fresh.error().message;
    EXPECT_EQ((*fresh)->counts()->photos, 150U) << "nothing lost, nothing doubled";
    SnapshotKeeper keeper;
    ASSERT_TRUE((*fresh)->observe([&](const Changes& changes) { keeper.apply(changes); }));
    EXPECT_EQ(keeper.snapshot()->faces(), 300U);
    EXPECT_TRUE(graph_has(engine.address("db"), 150));
}

TEST_F(SurrealFaults, AFullDiskLosesNothingThatWasAcknowledged) {
    engine.kill();
    engine.start(3 << 20);
    ASSERT_TRUE(engine.problem().empty()) << engine.problem();
    std::vector<std::string> acknowledged;
    std::string says;
    {
        const auto catalog =
            open_surreal_catalog(engine.address("db"), folder.path() / "a", true, short_patience);
        ASSERT_TRUE(catalog) << catalog.error().message;
        const FolderId root = (*catalog)->add_folder("/p")->id;
        for (int at = 0; at < 3'000 && says.empty(); ++at) {
            const std::string path = fmt::format("/p/{}", at);
            const FileOutcome outcome = photo(root, path, std::vector<float>(512, 0.25F));
            const auto committed = (*catalog)->commit(std::span(&outcome, 1));
            committed ? acknowledged.push_back(path) : (void)(says = committed.error().message);
        }
        ASSERT_FALSE(says.empty()) << "the disk did not become full";
        EXPECT_THAT(says, HasSubstr("the catalogue at 127.0.0.1"));
        EXPECT_THAT(says, Not(HasSubstr("\n")));
        EXPECT_EQ((*catalog)->counts()->photos, acknowledged.size()) << "what was refused is not shown";
    }
    engine.kill();
    engine.start();
    const auto fresh = open_surreal_catalog(engine.address("db"), folder.path() / "fresh", true);
    ASSERT_TRUE(fresh) << fresh.error().message;
    // The last change was refused after the server had written it completely or in part.
    const auto photos = (*fresh)->counts()->photos;
    EXPECT_THAT(photos, AnyOf(acknowledged.size(), acknowledged.size() + 1));
    for (const std::string& path : acknowledged) EXPECT_TRUE(*(*fresh)->find_file(path)) << path;
    EXPECT_TRUE(add(**fresh, (*fresh)->folders()->front().id, "/p/after")) << "with room again";
    EXPECT_TRUE(graph_has(engine.address("db"), static_cast<std::int64_t>(photos) + 1));
}

TEST_F(SurrealFaults, ReadsGoOnAndWritesSayWhyWhileTheServerIsAway) {
    {
        auto catalog = open_surreal_catalog(engine.address("db"), folder.path() / "a", true, short_patience);
        ASSERT_TRUE(catalog) << catalog.error().message;
        const FolderId root = (*catalog)->add_folder("/p")->id;
        ASSERT_TRUE(add(**catalog, root, "/p/a"));
        engine.kill();
        EXPECT_TRUE(comes([&] { return !(*catalog)->condition().trouble.empty(); }));
        EXPECT_THAT((*catalog)->condition().trouble, HasSubstr("does not answer"));
        EXPECT_EQ((*catalog)->counts()->photos, 1U);
        const auto refused = add(**catalog, root, "/p/b");
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().kind, ErrorKind::kUnavailable);
        EXPECT_THAT(refused.error().message, HasSubstr("does not answer"));
        EXPECT_EQ((*catalog)->counts()->photos, 1U) << "what was not acknowledged is not there";
    }
    {
        const auto later =
            open_surreal_catalog(engine.address("db"), folder.path() / "a", false, short_patience);
        ASSERT_TRUE(later) << "from the replica: " << later.error().message;
        EXPECT_EQ((*later)->counts()->photos, 1U);
    }
    EXPECT_FALSE(open_surreal_catalog(engine.address("db"), folder.path() / "new", true, short_patience));
    engine.start();
    const auto catalog = open_surreal_catalog(engine.address("db"), folder.path() / "a", true);
    ASSERT_TRUE(catalog) << catalog.error().message;
    EXPECT_TRUE(add(**catalog, (*catalog)->folders()->front().id, "/p/b"));
    EXPECT_EQ((*catalog)->condition().trouble, "");
}

// Forwards bytes between a client and the engine, and loses answers on request.
class LossyProxy {
  public:
    explicit LossyProxy(std::uint16_t to) : to_(to) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address = local(0);
        ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
        ::listen(listener_, 16);
        socklen_t size = sizeof address;
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port = ntohs(address.sin_port);
        acceptor_ = std::jthread([this](const std::stop_token& stop) { accept(stop); });
    }
    ~LossyProxy() {
        acceptor_.request_stop();
        acceptor_.join();
        ::close(listener_);
    }
    // The next answer to a request larger than 1.5 kB is discarded, with its connection.
    std::atomic<int> answers_to_lose = 0;
    std::atomic<int> lost = 0;
    std::uint16_t port = 0;

  private:
    static sockaddr_in local(std::uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port);
        return address;
    }
    void accept(const std::stop_token& stop) {
        std::vector<std::jthread> connections;
        while (!stop.stop_requested()) {
            pollfd wait{listener_, POLLIN, 0};
            if (::poll(&wait, 1, 50) <= 0) continue;
            const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            connections.emplace_back([this, client](const std::stop_token& end) { pass(client, end); });
        }
    }
    void pass(int client, const std::stop_token& stop) {
        const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address = local(to_);
        bool open = ::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
        std::size_t asked = 0;
        std::vector<char> bytes(1U << 16);
        while (open && !stop.stop_requested()) {
            pollfd wait[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
            if (::poll(wait, 2, 50) <= 0) continue;
            if (wait[0].revents != 0) {
                const auto size = ::read(client, bytes.data(), bytes.size());
                open = size > 0 && ::write(server, bytes.data(), static_cast<std::size_t>(size)) == size;
                asked += size > 0 ? static_cast<std::size_t>(size) : 0;
            }
            if (open && wait[1].revents != 0) {
                const auto size = ::read(server, bytes.data(), bytes.size());
                if (size > 8 && asked > 1536 && answers_to_lose > 0) {
                    --answers_to_lose;
                    ++lost;
                    break;
                }
                open = size > 0 && ::write(client, bytes.data(), static_cast<std::size_t>(size)) == size;
                if (size > 8) asked = 0;
            }
        }
        ::close(client);
        ::close(server);
    }

    const std::uint16_t to_;
    int listener_ = -1;
    std::jthread acceptor_;
};

TEST_F(SurrealFaults, AnAnswerThatIsLostLosesAndDoublesNothing) {
    LossyProxy proxy(engine.address("db").port);
    surreal::Address address = engine.address("db");
    address.port = proxy.port;
    {
        const auto catalog = open_surreal_catalog(address, folder.path() / "a", true);
        ASSERT_TRUE(catalog) << catalog.error().message;
        const FolderId root = (*catalog)->add_folder("/p")->id;
        for (int at = 0; at < 30; ++at) {
            if (at % 5 == 0) proxy.answers_to_lose += 2;  // of changes and of parts of the graph
            ASSERT_TRUE(add(**catalog, root, fmt::format("/p/{}", at)));
        }
        EXPECT_EQ(proxy.lost, 12);
        EXPECT_EQ((*catalog)->counts()->photos, 30U);
    }
    Client client(engine.address("db"), {});
    const auto counted =
        client.query("SELECT VALUE value FROM hone_counter; SELECT VALUE id FROM hone_commit");
    ASSERT_TRUE(counted);
    EXPECT_EQ((*counted)[0].items()[0].integer(), 31) << "one change a call, the folder's with them";
    EXPECT_EQ((*counted)[1].items().size(), 31U);
    EXPECT_TRUE(graph_has(engine.address("db"), 30));
    const auto fresh = open_surreal_catalog(engine.address("db"), folder.path() / "fresh", false);
    EXPECT_EQ((*fresh)->counts()->photos, 30U);
}

TEST_F(SurrealFaults, AServerThatWasEmptiedIsNoticed) {
    const auto catalog = open_surreal_catalog(engine.address("db"), folder.path() / "a", true);
    ASSERT_TRUE(catalog) << catalog.error().message;
    ASSERT_TRUE((*catalog)->add_folder("/old"));
    Client client(engine.address("db"), {});
    ASSERT_TRUE(client.query("REMOVE DATABASE db"));
    const auto anew = open_surreal_catalog(engine.address("db"), folder.path() / "b", true);
    ASSERT_TRUE(anew) << anew.error().message;
    ASSERT_TRUE((*anew)->add_folder("/new"));
    EXPECT_TRUE(comes([&] {
        const auto folders = (*catalog)->folders();
        return folders->size() == 1 && folders->front().path == "/new";
    }));
}

}  // namespace
}  // namespace hone
