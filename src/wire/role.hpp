// SPDX-License-Identifier: GPL-3.0-or-later
// The roles of users. Pure functions.
#pragma once

#include <string_view>

#include "base/result.hpp"

namespace hone {

enum class Role { kViewer, kOwner };  // each may see and do everything that the previous ones may

std::string_view role_name(Role role);
Result<Role> parse_role(std::string_view name);  // kUsage for an unknown name

}  // namespace hone
