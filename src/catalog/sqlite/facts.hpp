// SPDX-License-Identifier: GPL-3.0-or-later
// The part of catalog.db about photos: metadata, text index, styles, hashes. Functions on an open database,
// inside the caller's transaction. They throw SQLite::Exception and are not thread-safe.
#pragma once

#include <optional>

#include "catalog/catalog.hpp"
#include "catalog/sqlite/statements.hpp"

namespace SQLite {
class Column;
class Database;
class Statement;
}  // namespace SQLite

namespace hone {

// Reads three columns: taken_at, taken_offset, taken_source. first: the first of them.
TakenAt taken_of(const SQLite::Statement& query, int first);
// Returns the bytes of a TEXT or BLOB.
std::string text_of(const SQLite::Column& column);
void store_analysis_results(Statements& statements, PhotoNumber photo,
                            const AnalysisResults& analysis_results);
std::optional<AnalysisResults> read_analysis_results(SQLite::Database& database, PhotoNumber photo);
// Rebuilds the photo's row of the text index from its files and metadata.
void refresh_text_index(Statements& statements, PhotoNumber photo);
// Returns the stored resolve_taken(), or std::nullopt.
std::optional<TakenAt> read_taken(SQLite::Database& database, PhotoNumber photo);
// See Catalog::matching_text().
std::vector<PhotoNumber> photos_matching_text(SQLite::Database& database, std::span<const std::string> words,
                                              bool paths);
// Call it after the file at the path, or its state, has changed: pairs the raw files of this name in this
// folder with their finished photos again (Catalog::shown_as()).
void pair_raw_files(Statements& statements, const fs::path& path);

}  // namespace hone
