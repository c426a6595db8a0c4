// Hone's values as JSON documents, the same for HTTP and for --json: docs/http.md.
#pragma once

#include <nlohmann/json.hpp>

#include "ingest/indexer.hpp"
#include "search/duplicates.hpp"
#include "search/query.hpp"
#include "server/auth/users.hpp"

namespace hone {

nlohmann::json to_json(const SearchPage& page);
nlohmann::json to_json(const DuplicatePage& page);
nlohmann::json to_json(const IndexSummary& summary);
nlohmann::json to_json(const IndexProgress& progress);
nlohmann::json to_json(const IndexFailure& failure);
nlohmann::json to_json(const Token& token);
// Fields of a photo wherever photos are listed.
nlohmann::json photo_json(const Photo& photo, const Listing& listing);
// Everything known of one photo.
Result<nlohmann::json> photo_details(Catalog& catalog, const Photo& photo);
Result<nlohmann::json> listed_photo(Catalog& catalog, const Photo& photo);
Result<nlohmann::json> folder_json(Catalog& catalog, const Folder& folder);
// All folders as a list.
Result<nlohmann::json> folders_json(Catalog& catalog);
// Kinds of skipped files and how many there are.
nlohmann::json skipped_json(const Counts& counts);

// kUsage names the field that is wrong or unknown.
Result<SearchQuery> parse_search(const nlohmann::json& document);

// UTF-8 in any case: bytes that are not become U+FFFD.
std::string dump(const nlohmann::json& document, int indent = -1);

}  // namespace hone
