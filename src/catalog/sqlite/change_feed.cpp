// SPDX-License-Identifier: GPL-3.0-or-later
// SQLite's write lock orders the commits; the feed's mutex, taken while that lock is held, keeps their order.
#include "catalog/sqlite/change_feed.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <utility>

#include "catalog/sqlite/changes_of.hpp"
#include "catalog/sqlite/write_state.hpp"

namespace hone {

void ChangeFeed::commit(Statements& statements, SQLite::Transaction& transaction, const Written& written) {
    const std::lock_guard lock(mutex_);
    Changes changes;
    std::string state;
    if (observer_) {
        state = written_state(statements);
        const bool missed = state != state_;
        changes =
            written.rows && !missed ? changes_of(statements, *written.rows) : read_everything(statements);
        changes.from_others = written.from_others || missed;
    }
    if (written.any) state = renew_state(statements);
    transaction.commit();
    if (!observer_) return;
    state_ = std::move(state);
    if (!changes.empty()) observer_(changes);
}

void ChangeFeed::observe(Statements& statements, std::function<void(const Changes&)> observer,
                         const std::function<std::optional<Changes>(const std::string&)>& known) {
    const std::lock_guard lock(mutex_);
    std::optional<Changes> everything;
    {
        // One state: no other process writes between the statements.
        SQLite::Transaction transaction(statements.database());
        state_ = read_state(statements);
        if (known && !state_.empty()) everything = known(state_);
        if (!everything) everything = read_everything(statements);
    }
    observer_ = std::move(observer);
    observer_(*everything);
}

bool ChangeFeed::is_observed() {
    const std::lock_guard lock(mutex_);
    return observer_ != nullptr;
}

bool ChangeFeed::is_current(Statements& statements) {
    const std::lock_guard lock(mutex_);
    return !observer_ || written_state(statements) == state_;
}

std::string ChangeFeed::observed_state() {
    const std::lock_guard lock(mutex_);
    return observer_ ? state_ : "";
}

}  // namespace hone
