// SPDX-License-Identifier: GPL-3.0-or-later
// Records which rows of some tables a connection changes during its lifetime (SQLite's session extension).
#pragma once

#include <span>
#include <vector>

#include "catalog/sqlite/commit_hook.hpp"

struct sqlite3_session;

namespace hone {

// Not thread-safe. Throws SQLite::Exception.
class ChangeRecorder {
  public:
    ChangeRecorder(SQLite::Database& database, std::span<const char* const> tables);
    ~ChangeRecorder();
    ChangeRecorder(const ChangeRecorder&) = delete;
    ChangeRecorder& operator=(const ChangeRecorder&) = delete;

    // Returns the net changes since construction.
    [[nodiscard]] std::vector<ChangedRow> changes() const;

  private:
    ::sqlite3_session* session_ = nullptr;
};

}  // namespace hone
