// SPDX-License-Identifier: GPL-3.0-or-later
// The names of the roles.
#include "wire/role.hpp"

namespace hone {

std::string_view role_name(Role role) {
    return role == Role::kOwner ? "owner" : "viewer";
}

Result<Role> parse_role(std::string_view name) {
    for (const Role role : {Role::kViewer, Role::kOwner}) {
        if (role_name(role) == name) return role;
    }
    return fail(ErrorKind::kUsage, "unknown role '{}'; the roles are owner and viewer", name.substr(0, 40));
}

}  // namespace hone
