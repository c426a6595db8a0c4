// SPDX-License-Identifier: GPL-3.0-or-later
// Settings in SQLite: the table setting.
#pragma once

#include "catalog/settings.hpp"
#include "catalog/sqlite/connections.hpp"

namespace hone {

class SqliteSettings : public virtual SettingCatalog {
  public:
    explicit SqliteSettings(Connections& connections) : connections_(connections) {}

    Result<std::optional<std::string>> setting(const std::string& key) override;
    Result<> set_setting(const std::string& key, const std::string& value) override;

  private:
    Connections& connections_;
};

}  // namespace hone
