// SPDX-License-Identifier: GPL-3.0-or-later
// Photo documents of the server catalogue: encoding, decoding and invalid bytes.
#include "catalog/surrealdb/photo_document.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include "catalog/sqlite/schema.hpp"
#include "catalog/surrealdb/cbor_head.hpp"

namespace hone::surreal {
namespace {

struct Replica {
    SQLite::Database database{":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
    bool prepared = prepare_schema(database).has_value();
    Tables tables{database};
    Statements statements{database};

    // Returns every value of a table as SQL literals.
    std::string dump(const char* table) {
        std::string rows;
        SQLite::Statement query(database, fmt::format("SELECT * FROM {}", table));
        while (query.executeStep()) {
            for (int column = 0; column < query.getColumnCount(); ++column) {
                SQLite::Statement quote(database, "SELECT typeof(?1) || quote(?1)");
                const auto value = query.getColumn(column);
                if (value.isInteger())
                    quote.bind(1, value.getInt64());
                else if (value.isFloat())
                    quote.bind(1, value.getDouble());
                else if (value.isText())
                    quote.bind(1, std::string(static_cast<const char*>(value.getBlob()),
                                              static_cast<std::size_t>(value.getBytes())));
                else if (value.isBlob())
                    quote.bind(1, value.getBlob(), value.getBytes());
                quote.executeStep();
                rows += quote.getColumn(0).getString() + "|";
            }
            rows += "\n";
        }
        return rows;
    }
};

void fill(SQLite::Database& database) {
    database.exec(
        "INSERT INTO folder VALUES (1, x'2f70', 1);"
        "INSERT INTO photo VALUES (7, randomblob(32), -9223372036854775807, 1, 300, 'jpeg', 4294967296, 255, "
        "NULL, NULL), (8, randomblob(32), 1, 2, 3, 'png', 4, 5, 7, 1700000000);"
        "INSERT INTO place VALUES (1, 1, x'2f702fff0a', 24, 65536, 9223372036854775807, 0, 7, '', '', 0),"
        "(2, 1, x'2f70', 0, 0, 0, 2, NULL, 'decode', 'why', 0), (3, 1, x'', 1, 1, 1, 0, 7, '', '', -1);"
        "INSERT INTO metadata (photo_id, title, document, make, exposure, latitude, description) VALUES (7, "
        "cast(x'ff00' AS TEXT), '{}', 'caf' || char(233), 0.1, -0.0, cast(x'610062' AS TEXT));"
        "INSERT INTO keyword VALUES (7, ''), (7, 'it''s'), (8, 'other');"
        "INSERT INTO vector (photo_id, space, model, data) VALUES (7, 'look', 'b', x''), (7, 'content', 'a', "
        "randomblob(2048));"
        "INSERT INTO face (id, photo_id, model, x, y, width, height, score, vector) VALUES (5, 7, 'net', "
        "300.0, 1e-300, 1e300, 4, 0.5, randomblob(70000));");
}

TEST(PhotoDocument, GivesEveryRowOfThePhotoBackAsItWas) {
    Replica from, to;
    fill(from.database);
    const Bytes document = encode_document(from.statements, from.tables, 7);
    ASSERT_FALSE(document.empty());
    to.database.exec("PRAGMA foreign_keys = OFF");
    ASSERT_TRUE(write_document(to.statements, to.tables, document));
    from.database.exec(
        "PRAGMA foreign_keys = OFF; DELETE FROM photo WHERE id = 8; DELETE FROM keyword WHERE photo_id = 8; "
        "DELETE FROM place WHERE photo_id IS NULL");
    for (const Table& table : from.tables.all()) {
        if (!table.photo) continue;
        EXPECT_EQ(to.dump(table.name.c_str()), from.dump(table.name.c_str())) << table.name;
    }
    EXPECT_EQ(encode_document(to.statements, to.tables, 7), document);
    EXPECT_TRUE(encode_document(to.statements, to.tables, 9).empty());
}

TEST(PhotoDocument, IsRefusedWhenItIsCutShortOrIsSomethingElse) {
    Replica from;
    fill(from.database);
    const Bytes document = encode_document(from.statements, from.tables, 8);
    for (std::size_t size = 0; size < document.size(); ++size) {
        Replica to;
        EXPECT_FALSE(write_document(to.statements, to.tables, std::span(document).first(size))) << size;
    }
    Replica to;
    Bytes longer = document;
    longer.push_back(0);
    EXPECT_FALSE(write_document(to.statements, to.tables, longer));
    // Counts of tables, rows and values without the bytes to follow.
    for (const Bytes& large : {Bytes{0xBB, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF},
                               Bytes{0xA1, 0x61, 'a', 0x9B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF},
                               Bytes{0xA1, 0x61, 'a', 0x82, 0x61, 'b', 0x9A, 0xFF, 0xFF, 0xFF, 0xFF},
                               Bytes{0xA1, 0x61, 'a', 0x82, 0x61, 'b', 0x81, 0x81}, Bytes{0x80}})
        EXPECT_FALSE(write_document(to.statements, to.tables, large));
}

TEST(PhotoDocument, OfAnotherVersionIsReadByTheNamesOfItsColumns) {
    Bytes document;
    append_head(document, cbor_encode_map_start, 2);
    append_text(document, "table of the future");
    append_head(document, cbor_encode_array_start, 2);
    append_text(document, "one");
    append_head(document, cbor_encode_array_start, 1);
    append_integer(document, 1);
    append_text(document, "keyword");
    append_head(document, cbor_encode_array_start, 2);
    append_text(document, "unknown, word, photo_id");
    append_head(document, cbor_encode_array_start, 3);
    append_integer(document, -5);
    append_text(document, "a word");
    append_integer(document, 7);
    Replica to;
    ASSERT_TRUE(write_document(to.statements, to.tables, document));
    EXPECT_EQ(to.dump("keyword"), "integer7|text'a word'|\n");
}

}  // namespace
}  // namespace hone::surreal
