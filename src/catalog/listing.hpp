// SPDX-License-Identifier: GPL-3.0-or-later
// One photo as a list shows it.
#pragma once

#include "catalog/catalog.hpp"

namespace hone {

// Fails as the catalogue does; kNotFound for an unknown photo. Safe from any thread.
inline Result<Listing> list_photo(Catalog& catalog, PhotoNumber photo) {
    HONE_TRY(std::vector<ListedPhoto> listed, catalog.list(std::span(&photo, 1)));
    if (listed.empty()) return fail(ErrorKind::kNotFound, "the photo {} is not in the catalogue", photo);
    return std::move(listed.front().listing);
}

}  // namespace hone
