// SPDX-License-Identifier: GPL-3.0-or-later
// The connections to one catalog.db: one writes, a few others read concurrently. Each caches its prepared
// statements.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <type_traits>

#include "base/file.hpp"
#include "catalog/sqlite/change_feed.hpp"
#include "catalog/sqlite/commit_hook.hpp"
#include "catalog/sqlite/statements.hpp"

namespace hone {

// Safe from any thread. Errors of SQLite in a call become kFailed, with advice for people.
class Connections {
  public:
    // hook: null for a local catalogue.
    Connections(fs::path file, bool writable, std::unique_ptr<CommitHook> hook);
    ~Connections();
    Connections(const Connections&) = delete;
    Connections& operator=(const Connections&) = delete;

    // Call it first. Fails as open_sqlite_catalog() does.
    Result<> open();
    [[nodiscard]] const fs::path& file() const { return file_; }
    // Null for a local catalogue.
    [[nodiscard]] CommitHook* hook() const { return hook_.get(); }
    // The most files or faces in one transaction: one on a server is one message of limited size, and large
    // ones are slow.
    [[nodiscard]] std::size_t rows_at_once() const;

    // Runs call(Statements&), which returns a Result, on a connection that no other thread uses. A requested
    // stop ends its statements with kUnavailable.
    template <typename Call>
    auto read(const Call& call, const std::stop_token& stop = {})
        -> std::invoke_result_t<const Call&, Statements&> {
        std::optional<std::invoke_result_t<const Call&, Statements&>> result;
        HONE_CHECK(run_reader([&](Statements& statements) { result.emplace(call(statements)); }, stop));
        return std::move(*result);
    }

    // Runs call(Statements&), which returns a Result, in a transaction; an error rolls it back. With a hook,
    // it may run several times.
    template <typename Call>
    auto write(const Call& call) -> std::invoke_result_t<const Call&, Statements&> {
        std::optional<std::invoke_result_t<const Call&, Statements&>> result;
        HONE_CHECK(run_writer([&](Statements& statements) -> Result<> {
            result.emplace(call(statements));
            if (!*result) return std::unexpected(result->error());
            return {};
        }));
        return std::move(*result);
    }

    // CatalogMaintenance::observe().
    Result<> observe(std::function<void(const Changes&)> observer,
                     const std::function<std::optional<Changes>(const std::string&)>& known);
    // CatalogMaintenance::observed_state().
    std::string observed_state() { return feed_.observed_state(); }

  private:
    struct Connection;

    [[nodiscard]] std::unique_ptr<Connection> connect(int flags) const;
    Result<> run_reader(const std::function<void(Statements&)>& call, const std::stop_token& stop);
    Result<> run_writer(const std::function<Result<>(Statements&)>& call);
    // The two kinds of run_writer(). Require writer_mutex_.
    Result<> write_local(const std::function<Result<>(Statements&)>& call);
    Result<> write_hooked(const std::function<Result<>(Statements&)>& call);

    const fs::path file_;
    const bool writable_;
    const std::unique_ptr<CommitHook> hook_;
    ChangeFeed own_feed_;  // of a local catalogue
    ChangeFeed& feed_;
    std::mutex writer_mutex_, readers_mutex_;
    std::unique_ptr<Connection> writer_;                // guarded by writer_mutex_
    std::vector<std::unique_ptr<Connection>> readers_;  // the idle ones; guarded by readers_mutex_
};

}  // namespace hone
