// SPDX-License-Identifier: GPL-3.0-or-later
// Stores and reads metadata, styles, hashes and pairs of the same picture.
#include "catalog/sqlite/analyses.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/time.hpp"
#include "catalog/sqlite/changes_of.hpp"
#include "catalog/sqlite/columns.hpp"

namespace hone {

namespace {

template <typename Value>
void bind_optional(SQLite::Statement& statement, int index, const std::optional<Value>& value) {
    if (value)
        statement.bind(index, *value);
    else
        statement.bind(index);
}

void bind_text(SQLite::Statement& statement, int index, const std::string& text) {
    if (text.empty())
        statement.bind(index);
    else
        statement.bind(index, text);
}

}  // namespace

void store_analysis_results(Statements& statements, PhotoNumber photo,
                            const AnalysisResults& analysis_results) {
    const PhotoMetadata& facts = analysis_results.metadata;
    const auto number = static_cast<std::int64_t>(photo);
    const auto insert =
        statements("INSERT OR REPLACE INTO metadata VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    insert->bind(1, number);
    insert->bind(2, analysis_results.taken.local_seconds);
    bind_optional(*insert, 3, analysis_results.taken.offset_minutes);
    insert->bind(4, std::string(taken_source_name(analysis_results.taken.source)));
    bind_text(*insert, 5, facts.make);
    bind_text(*insert, 6, facts.model);
    bind_text(*insert, 7, facts.lens);
    bind_optional(*insert, 8, facts.exposure_seconds);
    bind_optional(*insert, 9, facts.aperture);
    bind_optional(*insert, 10, facts.focal_length_mm);
    bind_optional(*insert, 11, facts.iso);
    bind_optional(*insert, 12, facts.latitude);
    bind_optional(*insert, 13, facts.longitude);
    bind_optional(*insert, 14, facts.altitude_m);
    bind_optional(*insert, 15, facts.rating);
    bind_text(*insert, 16, facts.title);
    bind_text(*insert, 17, facts.description);
    insert->bind(18, facts.motion ? 1 : 0);
    insert->bind(19, to_json(facts).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    insert->exec();
    const auto forget = statements("DELETE FROM keyword WHERE photo_id = ?");
    forget->bind(1, number);
    forget->exec();
    const auto keyword = statements("INSERT OR IGNORE INTO keyword VALUES (?, ?)");
    for (const std::string& word : facts.keywords) {
        keyword->reset();
        keyword->bind(1, number);
        keyword->bind(2, word);
        keyword->exec();
    }
    const auto style = statements("INSERT OR REPLACE INTO look VALUES (?,?,?)");
    style->bind(1, number);
    style->bind(2, analysis_results.style.data(), static_cast<int>(analysis_results.style.size()));
    style->bind(3, analysis_results.hashes.data(),
                static_cast<int>(analysis_results.hashes.size() * sizeof(std::uint64_t)));
    style->exec();
}

void insert_analysis(Statements& statements, PhotoNumber photo, const AnalyzerKey& key) {
    const auto insert = statements("INSERT OR REPLACE INTO analysis VALUES (?,?,?,?,?)");
    insert->bind(1, static_cast<std::int64_t>(photo));
    insert->bind(2, key.analyzer);
    insert->bind(3, key.version);
    insert->bind(4, key.model);
    insert->bind(5, unix_seconds());
    insert->exec();
}

Result<std::vector<Analysis>> SqliteAnalyses::analyses(PhotoNumber photo) {
    return connections_.read([&](Statements& statements) -> Result<std::vector<Analysis>> {
        const auto query = statements(
            "SELECT analyzer, version, model, at FROM analysis WHERE photo_id = ? ORDER BY analyzer, at");
        query->bind(1, static_cast<std::int64_t>(photo));
        std::vector<Analysis> done;
        while (query->executeStep()) {
            done.push_back({{query->getColumn(0).getString(), query->getColumn(1).getInt(),
                             query->getColumn(2).getString()},
                            query->getColumn(3).getInt64()});
        }
        return done;
    });
}

Result<std::vector<bool>> SqliteAnalyses::analyzed(std::span<const AnalyzerKey> keys) {
    return connections_.read([&](Statements& statements) -> Result<std::vector<bool>> {
        std::vector<std::uint8_t> done(
            static_cast<std::size_t>(read_integer(statements, "SELECT ifnull(max(id), 0) FROM photo")) + 1);
        const auto query =
            statements("SELECT photo_id FROM analysis WHERE analyzer = ? AND version = ? AND model = ?");
        for (const AnalyzerKey& key : keys) {
            query->reset();
            query->bind(1, key.analyzer);
            query->bind(2, key.version);
            query->bind(3, key.model);
            while (query->executeStep()) {
                const auto photo = static_cast<std::size_t>(query->getColumn(0).getInt64());
                if (photo < done.size()) ++done[photo];
            }
        }
        std::vector<bool> all(done.size());
        for (std::size_t photo = 0; photo < done.size(); ++photo) all[photo] = done[photo] == keys.size();
        return all;
    });
}

Result<> SqliteAnalyses::mark_analyzed(std::span<const PhotoNumber> photos, const AnalyzerKey& key) {
    return connections_.write([&](Statements& statements) -> Result<> {
        for (const PhotoNumber photo : photos) insert_analysis(statements, photo, key);
        return {};
    });
}

Result<std::optional<AnalysisResults>> SqliteAnalyses::analysis_results(PhotoNumber photo) {
    return connections_.read([&](Statements& statements) -> Result<std::optional<AnalysisResults>> {
        const auto query = statements(
            "SELECT document, taken_at, taken_offset, taken_source, bytes, hashes FROM metadata "
            "LEFT JOIN look USING (photo_id) WHERE photo_id = ?");
        query->bind(1, static_cast<std::int64_t>(photo));
        if (!query->executeStep()) return std::nullopt;
        AnalysisResults analysis_results;
        const auto document = nlohmann::json::parse(query->getColumn(0).getString(), nullptr, false);
        if (auto parsed = parse_metadata(document)) analysis_results.metadata = std::move(*parsed);
        analysis_results.taken = taken_of(*query, 1);
        const std::string style = text_of(query->getColumn(4)), hashes = text_of(query->getColumn(5));
        analysis_results.style.assign(style.begin(), style.end());
        analysis_results.hashes.resize(hashes.size() / sizeof(std::uint64_t));
        std::copy_n(hashes.data(), analysis_results.hashes.size() * sizeof(std::uint64_t),
                    reinterpret_cast<char*>(analysis_results.hashes.data()));
        return analysis_results;
    });
}

Result<std::optional<TakenAt>> SqliteAnalyses::taken(PhotoNumber photo) {
    return connections_.read([&](Statements& statements) -> Result<std::optional<TakenAt>> {
        const auto query = statements(
            "SELECT taken_at, taken_offset, taken_source FROM metadata WHERE photo_id = ? "
            "AND taken_at IS NOT NULL");
        query->bind(1, static_cast<std::int64_t>(photo));
        if (!query->executeStep()) return std::nullopt;
        return taken_of(*query, 0);
    });
}

Result<std::vector<PhotoNumber>> SqliteAnalyses::styled_photos() {
    return connections_.read([&](Statements& statements) -> Result<std::vector<PhotoNumber>> {
        static const std::string sql = fmt::format(
            "SELECT photo_id FROM look WHERE photo_id IN (SELECT photo_id FROM "
            "place WHERE {}) ORDER BY photo_id",
            kAvailableFile);
        const auto query = statements(sql);
        return read_numbers(*query);
    });
}

Result<> SqliteAnalyses::for_each_style(
    std::span<const PhotoNumber> photos,
    const std::function<Result<>(PhotoNumber, std::span<const std::uint8_t>, std::span<const std::uint64_t>)>&
        visit) {
    return connections_.read([&](Statements& statements) -> Result<> {
        const auto query = statements("SELECT bytes, hashes FROM look WHERE photo_id = ?");
        std::vector<std::uint64_t> hashes;
        for (const PhotoNumber photo : photos) {
            query->reset();
            query->bind(1, static_cast<std::int64_t>(photo));
            if (!query->executeStep()) continue;
            const SQLite::Column style = query->getColumn(0), stored = query->getColumn(1);
            hashes.resize(static_cast<std::size_t>(stored.getBytes()) / sizeof(std::uint64_t));
            std::copy_n(static_cast<const std::uint8_t*>(stored.getBlob()),
                        hashes.size() * sizeof(std::uint64_t),
                        reinterpret_cast<std::uint8_t*>(hashes.data()));
            HONE_CHECK(visit(photo,
                             {static_cast<const std::uint8_t*>(style.getBlob()),
                              static_cast<std::size_t>(style.getBytes())},
                             hashes));
        }
        return {};
    });
}

Result<> SqliteAnalyses::add_same_pictures(std::span<const SamePicture> pairs) {
    return connections_.write([&](Statements& statements) -> Result<> {
        const auto insert = statements("INSERT OR REPLACE INTO same_picture VALUES (?,?,?,?,?)");
        for (const SamePicture& pair : pairs) {
            insert->reset();
            insert->bind(1, static_cast<std::int64_t>(std::min(pair.first, pair.second)));
            insert->bind(2, static_cast<std::int64_t>(std::max(pair.first, pair.second)));
            insert->bind(3, pair.inliers);
            insert->bind(4, pair.correlation);
            insert->bind(5, pair.certain ? 1 : 0);
            insert->exec();
        }
        return {};
    });
}

Result<std::vector<SamePicture>> SqliteAnalyses::same_pictures() {
    return connections_.read([&](Statements& statements) -> Result<std::vector<SamePicture>> {
        return read_same_pictures(statements);
    });
}

}  // namespace hone
