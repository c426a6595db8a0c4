// SPDX-License-Identifier: GPL-3.0-or-later
// Brings a vector file up to date with the catalogue, the source of truth.
#pragma once

#include "catalog/vectors.hpp"
#include "vector/vector_space.hpp"

namespace hone {

// Adds missing rows, and removes rows that the catalogue lacks. One caller at a time per space. Fails as the
// catalogue or the disk does.
Result<> sync_vectors(VectorCatalog& catalog, const VectorKey& key, VectorSpace& space);

// The same for these photos alone. Adding costs what they cost; removing rows costs in proportion to the
// space.
Result<> sync_vectors(VectorCatalog& catalog, const VectorKey& key, VectorSpace& space,
                      std::span<const PhotoNumber> photos);

}  // namespace hone
