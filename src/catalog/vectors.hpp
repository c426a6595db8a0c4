// SPDX-License-Identifier: GPL-3.0-or-later
// The embeddings of photos: the source of truth of the mapped files in vector/. catalog.hpp has the rules of
// every call.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "catalog/ids.hpp"

namespace hone {

// Identifies one model's vectors of one space.
struct VectorKey {
    std::string space;  // "content"
    std::string model;  // fingerprint
    bool operator==(const VectorKey&) const = default;
};

class VectorCatalog {
  public:
    virtual ~VectorCatalog() = default;

    virtual Result<bool> has_vector(PhotoNumber photo, const VectorKey& key) = 0;
    // The photos with a vector of that key, by ascending number.
    virtual Result<std::vector<PhotoNumber>> vector_numbers(const VectorKey& key) = 0;
    // Visits the vectors of those of the numbers that have one; each has the dimension of its space.
    virtual Result<> for_each_vector(
        const VectorKey& key, std::span<const PhotoNumber> numbers,
        const std::function<Result<>(PhotoNumber, std::span<const float>)>& visit) = 0;
    // The models with vectors in a space, in order. Costs a step per model.
    virtual Result<std::vector<std::string>> vector_models(const std::string& space) = 0;
    // A model with vectors in a space. dimension: values per vector.
    struct StoredSpace {
        std::string model;
        std::uint64_t photos = 0;
        std::size_t dimension = 0;
    };
    // By model. Costs time in proportion to the vectors, which are counted.
    virtual Result<std::vector<StoredSpace>> stored_spaces(const std::string& space) = 0;
};

}  // namespace hone
