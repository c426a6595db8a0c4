// SPDX-License-Identifier: GPL-3.0-or-later
// Duplicates as JSON: docs/http.md. Pure functions.
#pragma once

#include "search/duplicates.hpp"
#include "wire/document.hpp"

namespace hone {

Document to_document(const DuplicatePage& page);

}  // namespace hone
