// SPDX-License-Identifier: GPL-3.0-or-later
// The photo document, the content of a hone_bundle record: CBOR of {table: ["column, column ...", [value,
// ...], ...]}, without tags. Text that is invalid UTF-8 or contains a zero becomes a byte string. Not
// thread-safe; throws SQLite::Exception.
#pragma once

#include <span>

#include "catalog/surrealdb/rows.hpp"

namespace hone::surreal {

// Returns all rows of a photo; empty when it has none.
Bytes encode_document(Statements& statements, const Tables& tables, std::int64_t photo);

// Writes the rows into tables without rows of this photo. Skips unknown tables; columns missing from the
// document become NULL. Returns false when the bytes are not a photo document.
bool write_document(Statements& statements, const Tables& tables, std::span<const std::uint8_t> bytes);

}  // namespace hone::surreal
