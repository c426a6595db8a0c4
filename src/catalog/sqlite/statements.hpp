// SPDX-License-Identifier: GPL-3.0-or-later
// Prepared statements of one connection, cached: preparing one takes longer than running it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace SQLite {
class Database;
class Statement;
}  // namespace SQLite

namespace hone {

// Not thread-safe. Must be destroyed before the connection.
class Statements {
  public:
    explicit Statements(SQLite::Database& database);
    ~Statements();

    // A statement in use. Its destructor resets it, so that it keeps no transaction open.
    class Use {
      public:
        explicit Use(SQLite::Statement& statement) : statement_(statement) {}
        ~Use();
        Use(const Use&) = delete;
        Use& operator=(const Use&) = delete;
        SQLite::Statement* operator->() const { return &statement_; }
        SQLite::Statement& operator*() const { return statement_; }

      private:
        SQLite::Statement& statement_;
    };

    // Returns the statement without bound values. Only one use per text at a time. Throws SQLite::Exception.
    Use operator()(std::string_view sql);
    [[nodiscard]] SQLite::Database& database() const { return database_; }

  private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view sql) const { return std::hash<std::string_view>{}(sql); }
    };

    SQLite::Database& database_;
    std::unordered_map<std::string, std::unique_ptr<SQLite::Statement>, Hash, std::equal_to<>> held_;
};

}  // namespace hone
