// SPDX-License-Identifier: GPL-3.0-or-later
// Commits transactions and tells the observer of the catalogue what each one changed, in the order of the
// commits. The writing connection and, on a server, the one that takes in the changes of other processes
// share one feed.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "catalog/changes.hpp"
#include "catalog/sqlite/commit_hook.hpp"
#include "catalog/sqlite/statements.hpp"

namespace SQLite {
class Transaction;
}

namespace hone {

// Safe from any thread; the statements of a call belong to its thread. Calls throw SQLite::Exception.
class ChangeFeed {
  public:
    // The changes of a transaction.
    struct Written {
        // Its changed rows, at least those of kObservedTables; std::nullopt: nobody recorded them, so the
        // observer gets the whole library.
        std::optional<std::vector<ChangedRow>> rows = std::nullopt;
        bool any = false;          // it changed something
        bool from_others = false;  // as Changes::from_others
    };
    // Commits the transaction and calls the observer, if there is one. The transaction must have SQLite's
    // write lock (IMMEDIATE): a commit waits here until the observer knows the ones before, and no later one
    // can overtake it. When another process has written the file since the last call, the observer gets the
    // whole library, too.
    void commit(Statements& statements, SQLite::Transaction& transaction, const Written& written);

    // CatalogMaintenance::observe(). statements: of a connection without a transaction.
    void observe(Statements& statements, std::function<void(const Changes&)> observer,
                 const std::function<std::optional<Changes>(const std::string&)>& known);
    [[nodiscard]] bool is_observed();
    // False when another process has written the file, and the observer does not know it.
    bool is_current(Statements& statements);
    // CatalogMaintenance::observed_state().
    std::string observed_state();

  private:
    std::mutex mutex_;  // held from before a commit until the observer knows it
    std::function<void(const Changes&)> observer_;
    std::string state_;  // of the file, as the observer knows it
};

}  // namespace hone
