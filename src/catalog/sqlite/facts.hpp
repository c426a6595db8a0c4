// The part of catalog.db that says what photos are: metadata, words, looks, hashes. Functions on an open
// database, inside the caller's transaction; SQLite's errors leave as SQLite::Exception.
#pragma once

#include <optional>

#include "catalog/catalog.hpp"
#include "catalog/sqlite/statements.hpp"

namespace SQLite {
class Column;
class Database;
}  // namespace SQLite

namespace hone {

// The bytes of a TEXT or BLOB.
std::string text_of(const SQLite::Column& column);
void store_analysis_results(Statements& statements, PhotoNumber photo, const AnalysisResults& analysis_results);
std::optional<AnalysisResults> read_analysis_results(SQLite::Database& database, PhotoNumber photo);
// Makes the photo's row of the word index anew, out of its places and metadata.
void refresh_text_index(Statements& statements, PhotoNumber photo);
// resolve_taken() as it was stored.
std::optional<TakenAt> read_taken(SQLite::Database& database, PhotoNumber photo);
std::vector<PhotoNumber> photos_matching_text(SQLite::Database& database, std::span<const std::string> words);
std::uint64_t pair_raw_files(SQLite::Database& database);

}  // namespace hone
