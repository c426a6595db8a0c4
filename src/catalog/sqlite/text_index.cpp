// SPDX-License-Identifier: GPL-3.0-or-later
// Splits names into words for the text index.
#include "catalog/sqlite/text_index.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <set>

#include "catalog/sqlite/columns.hpp"

namespace hone {

namespace {

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

}  // namespace

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

}  // namespace hone
