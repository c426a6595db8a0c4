// SPDX-License-Identifier: GPL-3.0-or-later
// The server's table definitions, and their upgrade.
#include "catalog/surrealdb/schema.hpp"

#include <algorithm>
#include <random>

#include "catalog/sqlite/commit_hook.hpp"

namespace hone::surreal {

namespace {

// The original's tables, with its names and fields. Embeddings are untyped: checking every number of an
// array<float, N> makes writing 3 to 6 times slower. The path's index is not UNIQUE, because two paths with
// invalid UTF-8 may have the same text.
constexpr const char* kGraph = R"surql(
DEFINE TABLE OVERWRITE base_image SCHEMAFULL;
DEFINE FIELD OVERWRITE path ON base_image TYPE string;
DEFINE INDEX OVERWRITE base_image_path ON base_image FIELDS path;
DEFINE TABLE OVERWRITE basic_metadata SCHEMAFULL;
DEFINE FIELD OVERWRITE created ON basic_metadata TYPE datetime;
DEFINE FIELD OVERWRITE file_extension ON basic_metadata TYPE string;
DEFINE FIELD OVERWRITE height ON basic_metadata TYPE int;
DEFINE FIELD OVERWRITE width ON basic_metadata TYPE int;
DEFINE FIELD OVERWRITE size_in_bytes ON basic_metadata TYPE int;
DEFINE FIELD OVERWRITE base ON basic_metadata TYPE record<base_image>;
DEFINE TABLE OVERWRITE image_embedding_vector SCHEMALESS;
DEFINE TABLE OVERWRITE image_hash_metadata SCHEMAFULL;
DEFINE FIELD OVERWRITE hash ON image_hash_metadata TYPE string;
DEFINE FIELD OVERWRITE hash_type ON image_hash_metadata TYPE string;
DEFINE FIELD OVERWRITE base ON image_hash_metadata TYPE record<base_image>;
DEFINE TABLE OVERWRITE face_in_picture SCHEMAFULL;
DEFINE FIELD OVERWRITE top_left_x ON face_in_picture TYPE number;
DEFINE FIELD OVERWRITE top_left_y ON face_in_picture TYPE number;
DEFINE FIELD OVERWRITE width ON face_in_picture TYPE number;
DEFINE FIELD OVERWRITE height ON face_in_picture TYPE number;
DEFINE FIELD OVERWRITE confidence ON face_in_picture TYPE float;
DEFINE FIELD OVERWRITE base ON face_in_picture TYPE record<base_image>;
DEFINE TABLE OVERWRITE face_age_and_gender_estimation SCHEMAFULL;
DEFINE FIELD OVERWRITE age ON face_age_and_gender_estimation TYPE number;
DEFINE FIELD OVERWRITE gender ON face_age_and_gender_estimation TYPE string;
DEFINE FIELD OVERWRITE base ON face_age_and_gender_estimation TYPE record<base_image | face_in_picture>;
DEFINE TABLE OVERWRITE face_in_picture_vector SCHEMALESS;
DEFINE TABLE OVERWRITE has_basic_metadata TYPE RELATION IN base_image OUT basic_metadata;
DEFINE TABLE OVERWRITE has_image_embedding_vector TYPE RELATION IN base_image OUT image_embedding_vector | face_in_picture;
DEFINE TABLE OVERWRITE has_image_hash_metadata TYPE RELATION IN base_image OUT image_hash_metadata;
DEFINE TABLE OVERWRITE has_face_in_picture TYPE RELATION IN base_image OUT face_in_picture;
DEFINE TABLE OVERWRITE has_face_age_and_gender_estimation TYPE RELATION IN base_image | face_in_picture OUT face_age_and_gender_estimation;
DEFINE TABLE OVERWRITE has_face_in_picture_vector TYPE RELATION IN base_image | face_in_picture OUT face_in_picture_vector;
)surql";

const std::vector<std::string> kGraphTables = {"base_image",
                                               "basic_metadata",
                                               "image_embedding_vector",
                                               "image_hash_metadata",
                                               "face_in_picture",
                                               "face_age_and_gender_estimation",
                                               "face_in_picture_vector",
                                               "has_basic_metadata",
                                               "has_image_embedding_vector",
                                               "has_image_hash_metadata",
                                               "has_face_in_picture",
                                               "has_face_age_and_gender_estimation",
                                               "has_face_in_picture_vector"};

}  // namespace

std::string random_name() {
    std::random_device random;
    return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

namespace {

// Adds the tables of versions after 1. A read-only user continues without them.
Result<> migrate(Client& client) {
    const auto done = client.query(
        "DEFINE TABLE IF NOT EXISTS hone_due SCHEMALESS;\n"
        "UPDATE hone_schema:version SET version = 2 WHERE version = 1 RETURN NONE");
    if (!done && done.error().kind == ErrorKind::kUnavailable) return std::unexpected(done.error());
    return {};
}

}  // namespace

Result<std::string> prepare_server(Client& client, bool writable) {
    HONE_CHECK(client.connect());
    HONE_TRY(const Array info, client.query("INFO FOR DB"));
    if (info.empty()) return fail("the catalogue at {} has no description", client.address().shown());
    std::vector<std::string> foreign, original;
    bool ours = false;
    if (const auto* tables = info.front()["tables"].as<Object>()) {
        for (const auto& [name, definition] : *tables) {
            ours |= name == "hone_schema";
            if (std::ranges::find(kGraphTables, name) != kGraphTables.end())
                original.push_back(name);
            else if (!name.starts_with("hone_"))
                foreign.push_back(name);
        }
    }
    if (ours) {
        HONE_TRY(const Array schema, client.query("SELECT * FROM hone_schema:version"));
        const auto rows = schema.empty() ? std::span<const Value>() : schema.front().items();
        if (!rows.empty()) {
            if (rows[0]["version"].integer() > kServerSchemaVersion)
                return fail(ErrorKind::kUsage,
                            "the catalogue at {} was made by a newer Hone (schema {}, this one knows {}); "
                            "update Hone",
                            client.address().shown(), rows[0]["version"].integer(), kServerSchemaVersion);
            if (writable && rows[0]["version"].integer() < 2) HONE_CHECK(migrate(client));
            return rows[0]["library"].text();
        }
    }
    if (!foreign.empty())
        return fail(ErrorKind::kUsage,
                    "the database {} holds {} tables that are not Hone's ({}{}); choose an empty database",
                    client.address().shown(), foreign.size(), foreign.front(),
                    foreign.size() > 1 ? ", ..." : "");
    for (const std::string& table : original) {
        HONE_TRY(const Array rows,
                 client.query("SELECT id FROM type::table($table) LIMIT 1", {{"table", table}}));
        if (!rows.empty() && !rows.front().items().empty())
            return fail(ErrorKind::kUsage,
                        "the database {} has photos that Hone did not write ({}); choose an empty database",
                        client.address().shown(), table);
    }
    if (!writable)
        return fail(
            ErrorKind::kNotFound,
            "there is no library in {} yet, or this user may not see it; make one with `hone index FOLDER "
            "--catalog ...`",
            client.address().shown());
    std::string statements = kGraph;
    for (const char* table : kHookedTables)
        statements += fmt::format("DEFINE TABLE IF NOT EXISTS hone_{} SCHEMALESS;\n", table);
    statements +=
        "DEFINE TABLE IF NOT EXISTS hone_bundle SCHEMALESS;\n"
        "DEFINE TABLE IF NOT EXISTS hone_schema SCHEMALESS;\n"
        "DEFINE TABLE IF NOT EXISTS hone_counter SCHEMALESS;\n"
        "DEFINE TABLE IF NOT EXISTS hone_commit SCHEMALESS;\n"
        "DEFINE TABLE IF NOT EXISTS hone_due SCHEMALESS;\n"
        "DEFINE TABLE IF NOT EXISTS hone_claim SCHEMALESS;\n";
    if (auto made = client.query(statements); !made) return std::unexpected(made.error());
    HONE_TRY(const Array written,
             client.query("INSERT IGNORE INTO hone_counter $counter;\n"
                          "INSERT IGNORE INTO hone_schema $schema;\n"
                          "SELECT * FROM hone_schema:version",
                          {{"counter", Object{{"id", RecordId{"hone_counter", "current"}},
                                              {"value", 0},
                                              {"token", ""},
                                              {"sequences", Object{}}}},
                           {"schema", Object{{"id", RecordId{"hone_schema", "version"}},
                                             {"version", kServerSchemaVersion},
                                             {"library", random_name()}}}}));
    if (written.size() != 3 || written[2].items().empty())
        return fail(ErrorKind::kUsage, "the user {} may not write to {}", client.address().user,
                    client.address().shown());
    return written[2].items().front()["library"].text();
}

}  // namespace hone::surreal
