// A place between a change of the SQLite catalogue and its commit, for a catalogue whose truth lies
// elsewhere: there SQLite is the mirror that answers reads.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"

namespace SQLite {
class Database;
}

namespace hone {

// A row that a transaction changed: read the rest of it from the table.
struct ChangedRow {
    // As SQLite holds it: INTEGER, or bytes of TEXT and BLOB.
    using Key = std::vector<std::variant<std::int64_t, std::string>>;
    std::string table;
    Key key;  // of the primary key's columns, in their order
    enum class What { kInserted, kUpdated, kDeleted } what = What::kInserted;
    std::vector<bool> columns;  // those an update changed, in the order of the table
    // Whole numbers that an update replaced or a deletion took away, in the order of the table.
    std::vector<std::optional<std::int64_t>> before;
};

// Safe from any thread.
class CommitHook {
  public:
    virtual ~CommitHook() = default;
    enum class Decision {
        kCommit,
        kAgain  // what the transaction saw is no longer so: roll it back, catch_up(), run it again
    };
    // In the transaction, which has changed these rows. An error rolls it back.
    virtual Result<Decision> before_commit(SQLite::Database& database,
                                          const std::vector<ChangedRow>& changes) = 0;
    // Outside of a transaction: brings the file up to date. Says whether it changed.
    virtual Result<bool> catch_up() = 0;
    // Files in one transaction of Catalog::commit().
    [[nodiscard]] virtual std::size_t batch() const = 0;
    virtual Catalog::Condition condition() = 0;
    virtual Leases& leases() = 0;
};

// The tables whose changes a hook sees; a table comes after those that it refers to.
extern const std::vector<const char*> kHookedTables;

Result<std::unique_ptr<Catalog>> open_hooked_catalog(const fs::path& file, bool writable,
                                                     std::unique_ptr<CommitHook> hook);

}  // namespace hone
