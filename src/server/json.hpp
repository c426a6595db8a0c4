// SPDX-License-Identifier: GPL-3.0-or-later
// Hone's values as JSON documents, identical for HTTP and --json: docs/http.md. Safe from any thread;
// functions with a catalogue fail as it does.
#pragma once

#include <nlohmann/json.hpp>

#include "ingest/forget.hpp"
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
// The fields of a photo in every list.
nlohmann::json photo_json(const Photo& photo, const Listing& listing);
// All details of one photo.
Result<nlohmann::json> photo_details(Catalog& catalog, const Photo& photo);
// photo_json() with the listing from the catalogue.
Result<nlohmann::json> listed_photo(Catalog& catalog, const Photo& photo);
// The same for many, in one statement; unknown numbers are left out.
Result<nlohmann::json> listed_photos(Catalog& catalog, std::span<const PhotoNumber> photos);
// all: every folder, for those inside others.
Result<nlohmann::json> folder_json(Library& library, const Folder& folder, std::span<const Folder> all);
// All folders, as a list.
Result<nlohmann::json> folders_json(Library& library);
// {"photos": n, "since": time of the first one, or null}: the photos without a file.
nlohmann::json missing_json(const MissingCount& missing);
// The answer of POST /forget. photos: number of photos to forget, or of forgotten ones.
nlohmann::json to_json(const ForgetPlan& plan, std::uint64_t photos, bool forgotten);
// Reads the body of POST /forget. kUsage names the form.
struct ForgetBody {
    ForgetRequest request;
    bool dry_run = false;
};
Result<ForgetBody> parse_forget(const nlohmann::json& document);
// The number of skipped files per kind.
nlohmann::json skipped_json(const Counts& counts);

// Reads a search from a request body. kUsage names the wrong or unknown field.
Result<SearchQuery> parse_search(const nlohmann::json& document);

// Always valid UTF-8: invalid bytes become U+FFFD.
std::string dump(const nlohmann::json& document, int indent = -1);

}  // namespace hone
