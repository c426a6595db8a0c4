// SPDX-License-Identifier: GPL-3.0-or-later
// Stores and reads metadata, styles and hashes, maintains the text index, and pairs raw files.
#include "catalog/sqlite/facts.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

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

// Names often consist of words joined by punctuation, capitals and digits. FTS5 splits only at punctuation,
// so "SunsetBeach2019.jpg" is also indexed as "Sunset Beach 2019".
std::string with_parts(const std::string& name) {
    std::string parts;
    char before = 0;
    for (const char c : name) {
        const auto kind = [](char letter) {
            return letter >= 'a' && letter <= 'z'   ? 1
                   : letter >= 'A' && letter <= 'Z' ? 2
                   : letter >= '0' && letter <= '9' ? 3
                                                    : 0;
        };
        if (before != 0 && kind(before) != kind(c) && kind(c) != 0 && kind(before) != 0 &&
            !(kind(before) == 2 && kind(c) == 1))
            parts += ' ';
        parts += c;
        before = c;
    }
    return parts == name ? name : name + ' ' + parts;
}

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

std::string text_of(const SQLite::Column& column) {
    return {static_cast<const char*>(column.getBlob()), static_cast<std::size_t>(column.getBytes())};
}

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

std::optional<AnalysisResults> read_analysis_results(SQLite::Database& database, PhotoNumber photo) {
    SQLite::Statement query(
        database,
        "SELECT document, taken_at, taken_offset, taken_source, bytes, hashes FROM metadata "
        "LEFT JOIN look USING (photo_id) WHERE photo_id = ?");
    query.bind(1, static_cast<std::int64_t>(photo));
    if (!query.executeStep()) return std::nullopt;
    AnalysisResults analysis_results;
    const auto document = nlohmann::json::parse(query.getColumn(0).getString(), nullptr, false);
    if (auto parsed = parse_metadata(document)) analysis_results.metadata = std::move(*parsed);
    analysis_results.taken = taken_of(query, 1);
    const std::string style = text_of(query.getColumn(4)), hashes = text_of(query.getColumn(5));
    analysis_results.style.assign(style.begin(), style.end());
    analysis_results.hashes.resize(hashes.size() / sizeof(std::uint64_t));
    std::copy_n(hashes.data(), analysis_results.hashes.size() * sizeof(std::uint64_t),
                reinterpret_cast<char*>(analysis_results.hashes.data()));
    return analysis_results;
}

std::optional<TakenAt> read_taken(SQLite::Database& database, PhotoNumber photo) {
    SQLite::Statement query(database,
                            "SELECT taken_at, taken_offset, taken_source FROM metadata WHERE photo_id = ? "
                            "AND taken_at IS NOT NULL");
    query.bind(1, static_cast<std::int64_t>(photo));
    if (!query.executeStep()) return std::nullopt;
    return taken_of(query, 0);
}

void refresh_text_index(Statements& statements, PhotoNumber photo) {
    const auto number = static_cast<std::int64_t>(photo);
    std::set<std::string> names, folders;
    const auto files = statements(
        "SELECT place.path, folder.path FROM place JOIN folder ON folder.id = folder_id WHERE photo_id = ? "
        "AND "
        "state = 0");
    files->bind(1, number);
    while (files->executeStep()) {
        const fs::path path = text_of(files->getColumn(0)), root = text_of(files->getColumn(1));
        names.insert(with_parts(utf8_path(path.filename())));
        // Index the folders that the user chose, not the mount point of their disk.
        for (const fs::path& part : path.parent_path().lexically_relative(root.parent_path()))
            folders.insert(with_parts(utf8_path(part)));
    }
    const auto facts = statements(
        "SELECT ifnull(title, '') || ' ' || ifnull(description, ''), ifnull(make, '') || ' ' || "
        "ifnull(model, '') || ' ' || ifnull(lens, ''), (SELECT group_concat(word, ' ') FROM "
        "keyword WHERE photo_id = ?1) FROM metadata WHERE photo_id = ?1");
    facts->bind(1, number);
    const bool known = facts->executeStep();
    const auto forget = statements("DELETE FROM words WHERE rowid = ?");
    forget->bind(1, number);
    forget->exec();
    const auto insert =
        statements("INSERT INTO words (rowid, name, folder, title, keywords, camera) VALUES (?,?,?,?,?,?)");
    insert->bind(1, number);
    insert->bind(2, fmt::format("{}", fmt::join(names, " ")));
    insert->bind(3, fmt::format("{}", fmt::join(folders, " ")));
    insert->bind(4, known ? facts->getColumn(0).getString() : "");
    insert->bind(5, known ? facts->getColumn(2).getString() : "");
    insert->bind(6, known ? facts->getColumn(1).getString() : "");
    insert->exec();
}

std::vector<PhotoNumber> photos_matching_text(SQLite::Database& database, std::span<const std::string> words,
                                              bool paths) {
    std::vector<PhotoNumber> photos;
    std::string expression = match_expression(words);
    if (expression.empty()) return photos;
    if (!paths) expression = "{title keywords camera} : (" + expression + ")";
    SQLite::Statement query(database, "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid");
    query.bind(1, expression);
    while (query.executeStep()) photos.push_back(static_cast<PhotoNumber>(query.getColumn(0).getInt64()));
    return photos;
}
namespace {

// Binds two parameters: names equal to the file's up to the dot; the next byte after '.' is '/'.
void bind_same_name(SQLite::Statement& statement, int index, const fs::path& path) {
    std::string low = path.parent_path() / path.stem(), high = low;
    low += '.';
    high += '/';
    statement.bind(index, low.data(), static_cast<int>(low.size()));
    statement.bind(index + 1, high.data(), static_cast<int>(high.size()));
}

// Returns the finished photo next to one of the raw photo's files.
std::optional<std::int64_t> finished_photo_of(Statements& statements, std::int64_t raw) {
    const auto files = statements("SELECT path FROM place WHERE photo_id = ? AND state = 0 ORDER BY path");
    files->bind(1, raw);
    while (files->executeStep()) {
        const fs::path path = text_of(files->getColumn(0));
        const auto finished = statements(
            "SELECT place.path, photo.id FROM place JOIN photo ON photo.id = place.photo_id WHERE place.path "
            "> "
            "? AND place.path < ? AND place.state = 0 AND photo.format IN ('jpeg','heif','avif','jxl') ORDER "
            "BY place.path");
        bind_same_name(*finished, 1, path);
        while (finished->executeStep()) {
            // Matches "IMG_1.jpg", but not "IMG_1.edited.jpg", which is a different image.
            if (fs::path(text_of(finished->getColumn(0))).stem() == path.stem())
                return finished->getColumn(1).getInt64();
        }
    }
    return std::nullopt;
}

}  // namespace

void pair_raw_files(Statements& statements, const fs::path& path) {
    struct Raw {
        std::int64_t photo;
        std::optional<std::int64_t> shown_as;
    };
    std::vector<Raw> raws;
    {
        const auto query = statements(
            "SELECT DISTINCT photo.id, photo.shown_as, place.path FROM place JOIN photo ON photo.id = "
            "place.photo_id WHERE place.path > ? AND place.path < ? AND photo.format IN "
            "('dng','cr2','cr3','nef','arw','raf','orf','rw2','raw')");
        bind_same_name(*query, 1, path);
        while (query->executeStep()) {
            if (fs::path(text_of(query->getColumn(2))).stem() != path.stem()) continue;
            Raw& raw = raws.emplace_back(query->getColumn(0).getInt64(), std::nullopt);
            if (!query->isColumnNull(1)) raw.shown_as = query->getColumn(1).getInt64();
        }
    }
    for (const Raw& raw : raws) {
        const auto finished = finished_photo_of(statements, raw.photo);
        if (finished == raw.shown_as) continue;
        const auto update = statements("UPDATE photo SET shown_as = ? WHERE id = ?");
        bind_optional(*update, 1, finished);
        update->bind(2, raw.photo);
        update->exec();
    }
}

}  // namespace hone
