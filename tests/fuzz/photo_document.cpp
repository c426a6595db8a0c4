// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a photo document on the server: refused, or rows that are encoded again unchanged.
#include "catalog/surrealdb/photo_document.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include "catalog/sqlite/schema.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static SQLite::Database database(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    static const bool kPrepared = hone::prepare_schema(database).has_value();
    if (!kPrepared) __builtin_trap();
    static const hone::surreal::Tables kTables(database);
    hone::Statements statements(database);
    SQLite::Transaction transaction(database);  // rolled back
    try {
        if (!hone::surreal::write_document(statements, kTables, {data, size})) return 0;
    } catch (const SQLite::Exception&) {
        return 0;  // a value that its column does not accept
    }
    std::vector<std::int64_t> photos;
    {
        const auto query = statements("SELECT id FROM photo");
        while (query->executeStep()) photos.push_back(query->getColumn(0).getInt64());
    }
    for (const std::int64_t photo : photos) {
        const auto document = hone::surreal::encode_document(statements, kTables, photo);
        if (document.empty() || !hone::surreal::write_document(statements, kTables, document))
            __builtin_trap();
        if (hone::surreal::encode_document(statements, kTables, photo) != document) __builtin_trap();
    }
    return 0;
}
