// SPDX-License-Identifier: GPL-3.0-or-later
// Reads and binds values that several concerns share.
#include "catalog/sqlite/columns.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>

namespace hone {

std::string text_of(const SQLite::Column& column) {
    return {static_cast<const char*>(column.getBlob()), static_cast<std::size_t>(column.getBytes())};
}

void bind_path(SQLite::Statement& statement, int index, const fs::path& path) {
    statement.bind(index, path.native().data(), static_cast<int>(path.native().size()));
}

fs::path column_path(const SQLite::Statement& statement, int index) {
    return text_of(statement.getColumn(index));
}

void bind_below(SQLite::Statement& statement, int index, const fs::path& directory) {
    std::string low = directory.native(), high = low;
    if (low.ends_with('/'))
        high.pop_back();
    else
        low += '/';
    high += '0';
    statement.bind(index, low.data(), static_cast<int>(low.size()));
    statement.bind(index + 1, high.data(), static_cast<int>(high.size()));
}

std::int64_t read_integer(Statements& statements, std::string_view sql) {
    const auto query = statements(sql);
    query->executeStep();
    return query->getColumn(0).getInt64();
}

std::vector<PhotoNumber> read_numbers(SQLite::Statement& query) {
    std::vector<PhotoNumber> numbers;
    while (query.executeStep()) numbers.push_back(static_cast<PhotoNumber>(query.getColumn(0).getInt64()));
    return numbers;
}

TakenAt taken_of(const SQLite::Statement& query, int first) {
    TakenAt taken;
    taken.local_seconds = query.getColumn(first).getInt64();
    if (!query.getColumn(first + 1).isNull()) taken.offset_minutes = query.getColumn(first + 1).getInt();
    const std::string source = query.getColumn(first + 2).getString();
    for (const TakenSource known : {TakenSource::kExif, TakenSource::kGps, TakenSource::kXmp,
                                    TakenSource::kIptc, TakenSource::kName, TakenSource::kModified}) {
        if (source == taken_source_name(known)) taken.source = known;
    }
    return taken;
}

PhotoId read_id(const SQLite::Column& sha) {
    PhotoId id{};
    std::copy_n(static_cast<const std::uint8_t*>(sha.getBlob()),
                std::min<std::size_t>(id.size(), sha.getBytes()), id.begin());
    return id;
}

Photo read_photo(const SQLite::Statement& statement, int first) {
    Photo photo;
    photo.number = static_cast<PhotoNumber>(statement.getColumn(first).getInt64());
    photo.id = read_id(statement.getColumn(first + 1));
    photo.bytes = static_cast<std::uint64_t>(statement.getColumn(first + 2).getInt64());
    photo.width = statement.getColumn(first + 3).getInt();
    photo.height = statement.getColumn(first + 4).getInt();
    photo.format = statement.getColumn(first + 5).getString();
    photo.color = static_cast<std::uint32_t>(statement.getColumn(first + 6).getInt64());
    photo.added_at = statement.getColumn(first + 7).getInt64();
    return photo;
}

}  // namespace hone
