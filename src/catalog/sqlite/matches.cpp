// SPDX-License-Identifier: GPL-3.0-or-later
// Runs filters and text queries.
#include "catalog/sqlite/matches.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include "catalog/sqlite/columns.hpp"
#include "catalog/sqlite/filter_sql.hpp"

namespace hone {

namespace {

// Quotes each word as an FTS5 string, with quotes doubled.
std::string match_expression(std::span<const std::string> words) {
    std::string expression;
    for (const std::string& word : words) {
        if (!expression.empty()) expression += ' ';
        expression += '"';
        for (const char c : word) {
            if (c == '"') expression += '"';
            if (c != 0) expression += c;
        }
        expression += '"';
    }
    return expression;
}

}  // namespace

Result<std::vector<PhotoNumber>> SqliteMatches::matching_text(std::span<const std::string> words, bool paths,
                                                              const std::stop_token& stop) {
    std::string expression = match_expression(words);
    if (expression.empty()) return std::vector<PhotoNumber>{};
    if (!paths) expression = "{title keywords camera} : (" + expression + ")";
    return connections_.read(
        [&](Statements& statements) -> Result<std::vector<PhotoNumber>> {
            const auto query = statements("SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid");
            query->bind(1, expression);
            return read_numbers(*query);
        },
        stop);
}

Result<std::vector<PhotoNumber>> SqliteMatches::matching(const PhotoFilter& filter,
                                                         const std::stop_token& stop) {
    return matching_ordered(filter, "photo.id", stop);
}

Result<std::vector<PhotoNumber>> SqliteMatches::matching_newest_taken(const PhotoFilter& filter,
                                                                      const std::stop_token& stop) {
    return matching_ordered(filter,
                            "(SELECT taken_at FROM metadata WHERE photo_id = photo.id) DESC NULLS LAST, "
                            "photo.sha",
                            stop);
}

Result<std::vector<PhotoNumber>> SqliteMatches::matching_ordered(const PhotoFilter& filter, const char* order,
                                                                 const std::stop_token& stop) {
    HONE_TRY(const SqlCondition condition, to_sql(filter));
    return connections_.read(
        [&](Statements& statements) -> Result<std::vector<PhotoNumber>> {
            SQLite::Statement query(
                statements.database(),
                fmt::format(
                    "SELECT photo.id FROM photo WHERE photo.id IN (SELECT photo_id FROM place WHERE {}) AND "
                    "({}) ORDER BY {}",
                    kAvailableFile, condition.where, order));
            int index = 0;
            for (const auto& parameter : condition.parameters)
                std::visit([&](const auto& value) { query.bind(++index, value); }, parameter);
            return read_numbers(query);
        },
        stop);
}

}  // namespace hone
