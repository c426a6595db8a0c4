// SPDX-License-Identifier: GPL-3.0-or-later
// Shared by `search` and `similar`: opens the library, loads images from outside, and prints a page. For the
// main thread only.
#pragma once

#include "cli/context.hpp"
#include "search/query.hpp"

namespace hone {

// Validates and runs the query. Errors as SearchEngine::search(), Library::open() and open_model().
Result<> search_and_print(const GlobalOptions& options, const ModelFlags& model, SearchQuery query);

}  // namespace hone
