// SPDX-License-Identifier: GPL-3.0-or-later
// Columns, conditions and bindings that several concerns share. The functions throw SQLite::Exception.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/photos.hpp"
#include "catalog/sqlite/statements.hpp"

namespace SQLite {
class Column;
class Statement;
}  // namespace SQLite

namespace hone {

// Returns the bytes of a TEXT or BLOB.
std::string text_of(const SQLite::Column& column);
void bind_path(SQLite::Statement& statement, int index, const fs::path& path);
fs::path column_path(const SQLite::Statement& statement, int index);
// Binds two parameters: the paths below a directory are between "dir/" and "dir0", because '0' follows '/'.
void bind_below(SQLite::Statement& statement, int index, const fs::path& directory);
// Runs the query and returns the integer in its only row.
std::int64_t read_integer(Statements& statements, std::string_view sql);
// Runs the query and returns its first column.
std::vector<PhotoNumber> read_numbers(SQLite::Statement& query);
// Reads three columns: taken_at, taken_offset, taken_source. first: the first of them.
TakenAt taken_of(const SQLite::Statement& query, int first);
PhotoId read_id(const SQLite::Column& sha);

inline constexpr const char* kPhotoColumns =
    "photo.id, photo.sha, photo.bytes, photo.width, photo.height, photo.format, photo.color, photo.added_at";
// first: the column of the first of kPhotoColumns.
Photo read_photo(const SQLite::Statement& statement, int first = 0);

// A row of place: a file that is shown as a photo; a raw file next to its finished photo is not.
inline constexpr const char* kAvailableFile =
    "photo_id IS NOT NULL AND state = 0 AND photo_id NOT IN (SELECT id FROM photo WHERE shown_as IS NOT "
    "NULL)";
// A row of photo: without an available file.
inline constexpr const char* kIsMissing =
    "NOT EXISTS (SELECT 1 FROM place WHERE photo_id = photo.id AND state = 0)";

}  // namespace hone
