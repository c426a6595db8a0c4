// SPDX-License-Identifier: GPL-3.0-or-later
// The full-text index of photos: the table words.
#pragma once

#include "catalog/ids.hpp"
#include "catalog/sqlite/statements.hpp"

namespace hone {

// Rebuilds the photo's row of the text index from its files and metadata. Call it inside a transaction.
// Throws SQLite::Exception.
void refresh_text_index(Statements& statements, PhotoNumber photo);

}  // namespace hone
