// SPDX-License-Identifier: GPL-3.0-or-later
// Vectors in SQLite: the table vector.
#pragma once

#include "catalog/sqlite/connections.hpp"
#include "catalog/vectors.hpp"

namespace hone {

class SqliteVectors : public virtual VectorCatalog {
  public:
    explicit SqliteVectors(Connections& connections) : connections_(connections) {}

    Result<bool> has_vector(PhotoNumber photo, const VectorKey& key) override;
    Result<std::vector<PhotoNumber>> vector_numbers(const VectorKey& key) override;
    Result<> for_each_vector(
        const VectorKey& key, std::span<const PhotoNumber> numbers,
        const std::function<Result<>(PhotoNumber, std::span<const float>)>& visit) override;
    Result<std::vector<std::string>> vector_models(const std::string& space) override;
    Result<std::vector<StoredSpace>> stored_spaces(const std::string& space) override;

  private:
    Connections& connections_;
};

}  // namespace hone
