// SPDX-License-Identifier: GPL-3.0-or-later
// The cache of prepared statements.
#include "catalog/sqlite/statements.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

namespace hone {

Statements::Statements(SQLite::Database& database) : database_(database) {}
Statements::~Statements() = default;

Statements::Use::~Use() {
    (void)statement_.tryReset();
    statement_.clearBindings();  // they may be large
}

Statements::Use Statements::operator()(std::string_view sql) {
    auto found = held_.find(sql);
    if (found == held_.end()) {
        std::string text(sql);
        auto statement = std::make_unique<SQLite::Statement>(database_, text);
        found = held_.emplace(std::move(text), std::move(statement)).first;
    }
    return Use(*found->second);
}

}  // namespace hone
