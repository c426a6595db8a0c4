// SPDX-License-Identifier: GPL-3.0-or-later
// Photos in SQLite: the table photo.
#pragma once

#include "catalog/photos.hpp"
#include "catalog/sqlite/connections.hpp"

namespace hone {

class SqlitePhotos : public virtual PhotoCatalog {
  public:
    explicit SqlitePhotos(Connections& connections) : connections_(connections) {}

    Result<std::optional<Photo>> photo(PhotoNumber number) override;
    Result<std::optional<Photo>> photo(const PhotoId& id) override;
    Result<Photo> resolve(const std::string& text) override;
    Result<std::vector<Photo>> resolve(std::span<const std::string> names,
                                       const std::stop_token& stop) override;
    Result<std::vector<ListedPhoto>> list(std::span<const PhotoNumber> photos,
                                          const std::stop_token& stop = {}) override;
    Result<std::vector<Photo>> newest(std::size_t offset, std::size_t limit,
                                      const std::stop_token& stop = {}) override;
    Result<std::vector<PhotoNumber>> available() override;
    Result<std::vector<bool>> known_photos() override;
    Result<Counts> counts() override;
    Result<std::optional<PhotoNumber>> shown_as(PhotoNumber photo) override;
    Result<std::vector<PhotoNumber>> stands_for(PhotoNumber photo) override;

  private:
    Connections& connections_;
};

}  // namespace hone
