// SPDX-License-Identifier: GPL-3.0-or-later
// Reads stored vectors.
#include "catalog/sqlite/vectors.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>

#include "catalog/sqlite/columns.hpp"

namespace hone {

Result<bool> SqliteVectors::has_vector(PhotoNumber photo, const VectorKey& key) {
    return connections_.read([&](Statements& statements) -> Result<bool> {
        const auto query = statements("SELECT 1 FROM vector WHERE space = ? AND model = ? AND photo_id = ?");
        query->bind(1, key.space);
        query->bind(2, key.model);
        query->bind(3, static_cast<std::int64_t>(photo));
        return query->executeStep();
    });
}

Result<std::vector<PhotoNumber>> SqliteVectors::vector_numbers(const VectorKey& key) {
    return connections_.read([&](Statements& statements) -> Result<std::vector<PhotoNumber>> {
        const auto query =
            statements("SELECT photo_id FROM vector WHERE space = ? AND model = ? ORDER BY photo_id");
        query->bind(1, key.space);
        query->bind(2, key.model);
        return read_numbers(*query);
    });
}

Result<> SqliteVectors::for_each_vector(
    const VectorKey& key, std::span<const PhotoNumber> numbers,
    const std::function<Result<>(PhotoNumber, std::span<const float>)>& visit) {
    return connections_.read([&](Statements& statements) -> Result<> {
        const auto query =
            statements("SELECT data FROM vector WHERE space = ? AND model = ? AND photo_id = ?");
        std::vector<float> values;
        for (const PhotoNumber number : numbers) {
            query->reset();
            query->bind(1, key.space);
            query->bind(2, key.model);
            query->bind(3, static_cast<std::int64_t>(number));
            if (!query->executeStep()) continue;
            const SQLite::Column data = query->getColumn(0);
            values.resize(static_cast<std::size_t>(data.getBytes()) / sizeof(float));
            std::copy_n(static_cast<const std::uint8_t*>(data.getBlob()), values.size() * sizeof(float),
                        reinterpret_cast<std::uint8_t*>(values.data()));
            HONE_CHECK(visit(number, values));
        }
        return {};
    });
}

Result<std::vector<std::string>> SqliteVectors::vector_models(const std::string& space) {
    return connections_.read([&](Statements& statements) -> Result<std::vector<std::string>> {
        // A loose index scan: one step per model instead of one per vector.
        const auto query = statements(R"sql(
            WITH RECURSIVE known(model) AS (
                SELECT min(model) FROM vector WHERE space = ?1
                UNION ALL
                SELECT (SELECT min(model) FROM vector WHERE space = ?1 AND model > known.model) FROM known WHERE known.model IS NOT NULL)
            SELECT model FROM known WHERE model IS NOT NULL)sql");
        query->bind(1, space);
        std::vector<std::string> models;
        while (query->executeStep()) models.push_back(query->getColumn(0).getString());
        return models;
    });
}

Result<std::vector<VectorCatalog::StoredSpace>> SqliteVectors::stored_spaces(const std::string& space) {
    HONE_TRY(const std::vector<std::string> models, vector_models(space));
    return connections_.read([&](Statements& statements) -> Result<std::vector<StoredSpace>> {
        const auto query = statements(
            "SELECT count(*), (SELECT length(data) FROM vector WHERE space = ?1 AND model = ?2 LIMIT 1) "
            "FROM vector WHERE space = ?1 AND model = ?2");
        std::vector<StoredSpace> spaces;
        for (const std::string& model : models) {
            query->reset();
            query->bind(1, space);
            query->bind(2, model);
            query->executeStep();
            spaces.push_back({model, static_cast<std::uint64_t>(query->getColumn(0).getInt64()),
                              static_cast<std::size_t>(query->getColumn(1).getInt64()) / sizeof(float)});
        }
        return spaces;
    });
}

}  // namespace hone
