// SPDX-License-Identifier: GPL-3.0-or-later
// Photos as JSON: docs/http.md. Safe from any thread; functions with a catalogue fail as it does.
#pragma once

#include <span>
#include <stop_token>

#include "catalog/catalog.hpp"
#include "wire/document.hpp"

namespace hone {

// The fields of a photo in every list.
nlohmann::json photo_json(const Photo& photo, const Listing& listing);
// The photos of these numbers as a list, read in one statement; unknown numbers are left out.
Result<nlohmann::json> listed_photos(PhotoCatalog& catalog, std::span<const PhotoNumber> photos,
                                     const std::stop_token& stop = {});

// A page of photos. total: number of photos on all pages. photos: from listed_photos().
Document photo_page(std::uint64_t total, nlohmann::json photos);
// The event of new photos. photos: from listed_photos().
Document photos_event(nlohmann::json photos);
// Everything known about one photo.
Result<Document> photo_details(Catalog& catalog, const Photo& photo);

}  // namespace hone
