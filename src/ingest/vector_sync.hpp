// Brings a vector file in line with the catalogue, which is the truth.
#pragma once

#include "catalog/catalog.hpp"
#include "vector/vector_space.hpp"

namespace hone {

// Adds what is missing; makes the file anew when it holds rows that the catalogue does not.
Result<> sync_vectors(Catalog& catalog, const VectorKey& key, VectorSpace& space);

}  // namespace hone
