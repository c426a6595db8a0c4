// Which rows of kHookedTables a connection changes while this lives (SQLite's session extension).
#pragma once

#include <vector>

#include "catalog/sqlite/commit_hook.hpp"

struct sqlite3_session;

namespace hone {

// Throws SQLite::Exception.
class ChangeRecorder {
  public:
    explicit ChangeRecorder(SQLite::Database& database);
    ~ChangeRecorder();
    ChangeRecorder(const ChangeRecorder&) = delete;
    ChangeRecorder& operator=(const ChangeRecorder&) = delete;

    [[nodiscard]] std::vector<ChangedRow> changes() const;

  private:
    ::sqlite3_session* session_ = nullptr;
};

}  // namespace hone
