// SPDX-License-Identifier: GPL-3.0-or-later
// The table of roles, actions and decisions.
#include "server/auth/access.hpp"

namespace hone {

Decision authorize(const Principal& principal, UserAction action, const Object& object) {
    if (action == UserAction::kAnybody) return Decision::kAllowed;
    if (!principal.role) return Decision::kSignIn;
    const bool owner = principal.role == Role::kOwner;
    switch (action) {
        case UserAction::kAnybody:
        case UserAction::kView:
            return Decision::kAllowed;
        case UserAction::kSeePaths:
        case UserAction::kManage:
            return owner ? Decision::kAllowed : Decision::kForbidden;
        case UserAction::kHoldTokens:
            // Only a user who gave a password: otherwise a token could create its own successor.
            if (principal.how != Principal::How::kSession) return Decision::kForbidden;
            return owner || !object.user || object.user == principal.user ? Decision::kAllowed
                                                                          : Decision::kForbidden;
    }
    return Decision::kForbidden;
}

}  // namespace hone
