// SPDX-License-Identifier: GPL-3.0-or-later
// Searches as JSON: the request, the page of results, and example photos (docs/http.md). Pure functions.
#pragma once

#include <stop_token>

#include "search/query.hpp"
#include "wire/document.hpp"

namespace hone {

// Ends with Stopped (base/stop.hpp) when a stop is requested.
Document to_document(const SearchPage& page, const std::stop_token& stop = {});

// Reads a search from a request body. kUsage names the wrong or unknown field.
Result<SearchQuery> parse_search(const nlohmann::json& document);

// A photo that a client sent to search with. width, height: pixels. color: 0xRRGGBB.
Document example_document(const std::string& id, int width, int height, std::uint32_t color);

}  // namespace hone
