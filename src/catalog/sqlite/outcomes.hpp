// SPDX-License-Identifier: GPL-3.0-or-later
// Stores what the pipeline found out about a file: its record, its photo, and the photo's results.
#pragma once

#include "catalog/files.hpp"
#include "catalog/sqlite/statements.hpp"

namespace hone {

// Stores one outcome of FileCatalog::commit(). Call it inside a transaction. Throws SQLite::Exception.
CommittedFile store_outcome(Statements& statements, const FileOutcome& outcome);

}  // namespace hone
