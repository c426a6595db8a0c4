// SPDX-License-Identifier: GPL-3.0-or-later
// Filters and the text index in SQLite.
#pragma once

#include "catalog/matches.hpp"
#include "catalog/sqlite/connections.hpp"

namespace hone {

class SqliteMatches : public virtual MatchCatalog {
  public:
    explicit SqliteMatches(Connections& connections) : connections_(connections) {}

    Result<std::vector<PhotoNumber>> matching_text(std::span<const std::string> words, bool paths,
                                                   const std::stop_token& stop) override;
    Result<std::vector<PhotoNumber>> matching(const PhotoFilter& filter,
                                              const std::stop_token& stop) override;
    Result<std::vector<PhotoNumber>> matching_newest_taken(const PhotoFilter& filter,
                                                           const std::stop_token& stop) override;

  private:
    // order: SQL, after ORDER BY.
    Result<std::vector<PhotoNumber>> matching_ordered(const PhotoFilter& filter, const char* order,
                                                      const std::stop_token& stop);

    Connections& connections_;
};

}  // namespace hone
