// What `search` and `similar` share: opening for reading, pictures outside of the library, printing a page.
#pragma once

#include "cli/context.hpp"
#include "search/query.hpp"

namespace hone {

Result<> search_and_print(const GlobalOptions& options, const ModelFlags& model, SearchQuery query);

}  // namespace hone
