// What hone_bundle:PHOTO holds: the CBOR of {table: ["column, column ...", [value, ...], ...]}, without tags.
// Text that is no UTF-8 or holds a zero is a byte string.
#pragma once

#include <span>

#include "catalog/surrealdb/rows.hpp"

namespace hone::surreal {

// All rows of a photo; empty when there are none.
Bytes encode_document(Statements& statements, const Tables& tables, std::int64_t photo);

// Writes them into tables that hold none of this photo. Rows of unknown tables are passed over; columns that
// the bundle does not have are NULL. False: the bytes are no bundle.
bool write_document(Statements& statements, const Tables& tables, std::span<const std::uint8_t> bytes);

}  // namespace hone::surreal
