// SPDX-License-Identifier: GPL-3.0-or-later
// Forgets photos, checks the file, and reports the state of a server.
#include "catalog/sqlite/maintenance.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>

#include "base/time.hpp"
#include "catalog/sqlite/columns.hpp"
#include "catalog/sqlite/faces.hpp"
#include "catalog/sqlite/schema.hpp"
#include "catalog/sqlite/write_state.hpp"

namespace hone {

namespace {

// Returns std::nullopt for an unknown photo and for one with an available file; these stay.
std::optional<Photo> forget_one(Statements& statements, PhotoNumber number) {
    const auto id = static_cast<std::int64_t>(number);
    std::optional<Photo> photo;
    {
        static const std::string sql =
            fmt::format("SELECT {} FROM photo WHERE id = ? AND {}", kPhotoColumns, kIsMissing);
        const auto query = statements(sql);
        query->bind(1, id);
        if (!query->executeStep()) return std::nullopt;
        photo = read_photo(*query);
    }
    // Rows that refer to others first.
    for (const char* change_sql :
         {"DELETE FROM face_rejection WHERE face_id IN (SELECT id FROM face WHERE photo_id = ?)",
          "DELETE FROM face WHERE photo_id = ?", "DELETE FROM same_picture WHERE first = ?",
          "DELETE FROM same_picture WHERE second = ?", "DELETE FROM vector WHERE photo_id = ?",
          "DELETE FROM look WHERE photo_id = ?", "DELETE FROM keyword WHERE photo_id = ?",
          "DELETE FROM metadata WHERE photo_id = ?", "DELETE FROM analysis WHERE photo_id = ?",
          "DELETE FROM words WHERE rowid = ?", "DELETE FROM place WHERE photo_id = ?",
          "UPDATE photo SET shown_as = NULL WHERE shown_as = ?", "DELETE FROM photo WHERE id = ?"}) {
        const auto change = statements(change_sql);
        change->bind(1, id);
        change->exec();
    }
    return photo;
}

}  // namespace

Result<> SqliteMaintenance::observe(std::function<void(const Changes&)> observer,
                                    const std::function<std::optional<Changes>(const std::string&)>& known) {
    return connections_.observe(std::move(observer), known);
}

Result<std::string> SqliteMaintenance::state() {
    return connections_.read(
        [](Statements& statements) -> Result<std::string> { return read_state(statements); });
}

std::string SqliteMaintenance::observed_state() {
    return connections_.observed_state();
}

Result<> SqliteMaintenance::check() {
    return connections_.read([&](Statements& statements) -> Result<> {
        const std::string found = damage_in(statements.database());
        if (found.empty()) return {};
        return fail("the catalogue {} is damaged ({}); `hone doctor` saves the readable rows",
                    printable(connections_.file()), found);
    });
}

Result<MissingCount> SqliteMaintenance::count_missing() {
    return connections_.read([&](Statements& statements) -> Result<MissingCount> {
        const auto query =
            statements("SELECT count(*), min(missing_since) FROM photo WHERE missing_since IS NOT NULL");
        MissingCount missing;
        query->executeStep();
        missing.photos = static_cast<std::uint64_t>(query->getColumn(0).getInt64());
        if (!query->isColumnNull(1)) missing.since = query->getColumn(1).getInt64();
        return missing;
    });
}

Result<std::vector<PhotoNumber>> SqliteMaintenance::missing_photos(std::int64_t until) {
    return connections_.read([&](Statements& statements) -> Result<std::vector<PhotoNumber>> {
        const auto query = statements(
            "SELECT id FROM photo WHERE missing_since IS NOT NULL AND missing_since <= ? ORDER BY id");
        query->bind(1, until);
        return read_numbers(*query);
    });
}

Result<std::vector<Photo>> SqliteMaintenance::forget(std::span<const PhotoNumber> photos) {
    std::vector<PhotoNumber> numbers(photos.begin(), photos.end());
    std::ranges::sort(numbers);
    const std::size_t batch = connections_.hook() != nullptr ? connections_.hook()->batch()
                                                             : std::max<std::size_t>(1, numbers.size());
    std::vector<Photo> gone;
    for (std::size_t first = 0; first < numbers.size(); first += batch) {
        const auto part = std::span(numbers).subspan(first, std::min(batch, numbers.size() - first));
        HONE_TRY(auto deleted, connections_.write([&](Statements& statements) -> Result<std::vector<Photo>> {
            std::vector<Photo> some;
            for (const PhotoNumber number : part) {
                if (auto photo = forget_one(statements, number)) some.push_back(std::move(*photo));
            }
            if (!some.empty()) count_change(statements);
            return some;
        }));
        std::ranges::move(deleted, std::back_inserter(gone));
    }
    return gone;
}

CatalogMaintenance::Condition SqliteMaintenance::condition() {
    return connections_.hook() != nullptr ? connections_.hook()->condition() : Condition{};
}

Leases* SqliteMaintenance::leases() {
    return connections_.hook() != nullptr ? &connections_.hook()->leases() : nullptr;
}

Result<> SqliteMaintenance::start_missing_clocks() {
    for (std::size_t started = connections_.rows_at_once(); started == connections_.rows_at_once();) {
        HONE_TRY(started, connections_.write([&](Statements& statements) -> Result<std::size_t> {
            static const std::string sql = fmt::format(
                "UPDATE photo SET missing_since = ? WHERE id IN (SELECT id FROM "
                "photo WHERE missing_since IS NULL AND {} LIMIT ?)",
                kIsMissing);
            const auto update = statements(sql);
            update->bind(1, unix_seconds());
            update->bind(2, static_cast<std::int64_t>(connections_.rows_at_once()));
            return static_cast<std::size_t>(update->exec());
        }));
    }
    return {};
}

}  // namespace hone
