// SPDX-License-Identifier: GPL-3.0-or-later
// Records which rows of kHookedTables a connection changes during its lifetime (SQLite's session extension).
#pragma once

#include <vector>

#include "catalog/sqlite/commit_hook.hpp"

struct sqlite3_session;

namespace hone {

// Not thread-safe. Throws SQLite::Exception.
class ChangeRecorder {
  public:
    explicit ChangeRecorder(SQLite::Database& database);
    ~ChangeRecorder();
    ChangeRecorder(const ChangeRecorder&) = delete;
    ChangeRecorder& operator=(const ChangeRecorder&) = delete;

    // Returns the net changes since construction.
    [[nodiscard]] std::vector<ChangedRow> changes() const;

  private:
    ::sqlite3_session* session_ = nullptr;
};

}  // namespace hone
