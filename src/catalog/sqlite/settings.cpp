// SPDX-License-Identifier: GPL-3.0-or-later
// Reads and writes settings.
#include "catalog/sqlite/settings.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

namespace hone {

Result<std::optional<std::string>> SqliteSettings::setting(const std::string& key) {
    return connections_.read([&](Statements& statements) -> Result<std::optional<std::string>> {
        const auto query = statements("SELECT value FROM setting WHERE key = ?");
        query->bind(1, key);
        if (!query->executeStep()) return std::nullopt;
        return query->getColumn(0).getString();
    });
}

Result<> SqliteSettings::set_setting(const std::string& key, const std::string& value) {
    return connections_.write([&](Statements& statements) -> Result<> {
        const auto insert = statements(
            "INSERT INTO setting VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value");
        insert->bind(1, key);
        insert->bind(2, value);
        insert->exec();
        return {};
    });
}

}  // namespace hone
