// SPDX-License-Identifier: GPL-3.0-or-later
// Turns the changed rows of a transaction into Changes.
#pragma once

#include <span>

#include "catalog/changes.hpp"
#include "catalog/sqlite/commit_hook.hpp"
#include "catalog/sqlite/statements.hpp"

namespace hone {

// Call it inside the transaction, after its last write. Runs a constant number of statements per changed row.
// Throws SQLite::Exception. Not thread-safe.
Changes changes_of(Statements& statements, std::span<const ChangedRow> rows);

// Returns the present name of a kind of skipped files; older versions stored other names.
std::string present_kind(const std::string& kind);

// Returns the whole library: cost proportional to it. Call it inside a transaction, so that it is one state.
Changes read_everything(Statements& statements);

// AnalysisCatalog::same_pictures().
std::vector<SamePicture> read_same_pictures(Statements& statements);

}  // namespace hone
