// SPDX-License-Identifier: GPL-3.0-or-later
// The catalogue as a whole in SQLite.
#pragma once

#include "catalog/maintenance.hpp"
#include "catalog/sqlite/connections.hpp"

namespace hone {

class SqliteMaintenance : public virtual CatalogMaintenance {
  public:
    explicit SqliteMaintenance(Connections& connections) : connections_(connections) {}

    Result<> observe(std::function<void(const Changes&)> observer,
                     const std::function<std::optional<Changes>(const std::string&)>& known) override;
    Result<std::string> state() override;
    std::string observed_state() override;
    Result<> check() override;
    Result<MissingCount> count_missing() override;
    Result<std::vector<PhotoNumber>> missing_photos(std::int64_t until) override;
    Result<std::vector<Photo>> forget(std::span<const PhotoNumber> photos) override;
    Condition condition() override;
    Leases* leases() override;
    // Starts the clocks of missing photos that have none: an older Hone wrote them on the server.
    Result<> start_missing_clocks();

  private:
    Connections& connections_;
};

}  // namespace hone
