// SPDX-License-Identifier: GPL-3.0-or-later
// A hook that runs inside each write transaction, before its commit. It lets a remote catalogue be the source
// of truth while SQLite is a local read replica.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "catalog/sqlite/statements.hpp"

namespace hone {

// A row that a transaction changed. Read its other values from the table.
struct ChangedRow {
    // As in SQLite: INTEGER, or the bytes of TEXT and BLOB.
    using Key = std::vector<std::variant<std::int64_t, std::string>>;
    std::string table;
    Key key;  // values of the primary key's columns, in their order
    enum class What { kInserted, kUpdated, kDeleted } what = What::kInserted;
    std::vector<bool> columns;  // columns that an update changed, in table order
    // Integers and texts that an update replaced or a deletion removed, in table order.
    std::vector<std::optional<Key::value_type>> before;

    // Returns the integer that the change replaced or removed in this column, or std::nullopt.
    [[nodiscard]] std::optional<std::int64_t> integer_before(std::size_t column) const {
        if (column >= before.size() || !before[column]) return std::nullopt;
        const auto* integer = std::get_if<std::int64_t>(&*before[column]);
        return integer == nullptr ? std::nullopt : std::optional(*integer);
    }
};

class ChangeFeed;

// Implementations are safe from any thread.
class CommitHook {
  public:
    virtual ~CommitHook() = default;
    enum class Decision {
        kCommit,
        kAgain  // the transaction saw outdated data: roll it back, call catch_up(), run it again
    };
    // Runs inside the transaction that changed these rows. An error rolls it back.
    virtual Result<Decision> before_commit(Statements& statements,
                                           const std::vector<ChangedRow>& changes) = 0;
    // Brings the file up to date; call it outside a transaction. Returns true when the file changed.
    // kUnavailable when the server does not answer.
    virtual Result<bool> catch_up() = 0;
    // The most files in one transaction of Catalog::commit().
    [[nodiscard]] virtual std::size_t batch() const = 0;
    virtual Catalog::Condition condition() = 0;
    virtual Leases& leases() = 0;
    // Every commit of this process to the file goes through this feed.
    virtual ChangeFeed& feed() = 0;
};

// The tables that a hook observes; each comes after the tables that it refers to. kObservedTables: those that
// the Changes of a local catalogue are made from. kPulledTables: those of changes of other processes, with
// Changes::vectors.
extern const std::vector<const char*> kHookedTables, kObservedTables, kPulledTables;

// Like open_sqlite_catalog(), with a hook in every write transaction.
Result<std::unique_ptr<Catalog>> open_hooked_catalog(const fs::path& file, bool writable,
                                                     std::unique_ptr<CommitHook> hook);

}  // namespace hone
