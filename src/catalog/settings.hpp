// SPDX-License-Identifier: GPL-3.0-or-later
// Named texts that belong to the library, not to the machine. catalog.hpp has the rules of every call.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"

namespace hone {

class SettingCatalog {
  public:
    virtual ~SettingCatalog() = default;

    // Returns std::nullopt for a setting that was never set.
    virtual Result<std::optional<std::string>> setting(const std::string& key) = 0;
    // Replaces an existing value.
    virtual Result<> set_setting(const std::string& key, const std::string& value) = 0;
};

}  // namespace hone
