#include "server/auth/access.hpp"

namespace hone {

std::string_view role_name(Role role) {
    return role == Role::kOwner ? "owner" : "viewer";
}

Result<Role> parse_role(std::string_view name) {
    for (const Role role : {Role::kViewer, Role::kOwner}) {
        if (role_name(role) == name) return role;
    }
    return fail(ErrorKind::kUsage, "there is no role '{}'; there are owner and viewer", name.substr(0, 40));
}

Verdict authorize(const Subject& subject, UserAction action, const Object& object) {
    if (action == UserAction::kAnybody) return Verdict::kAllowed;
    if (!subject.role) return Verdict::kSignIn;
    const bool owner = subject.role == Role::kOwner;
    switch (action) {
        case UserAction::kAnybody:
        case UserAction::kLook:
            return Verdict::kAllowed;
        case UserAction::kSeePaths:
        case UserAction::kManage:
            return owner ? Verdict::kAllowed : Verdict::kForbidden;
        case UserAction::kHoldTokens:
            // Only a person who gave a password: a token that made another could outlive itself.
            if (subject.how != Subject::How::kSession) return Verdict::kForbidden;
            return owner || !object.user || object.user == subject.user ? Verdict::kAllowed
                                                                        : Verdict::kForbidden;
    }
    return Verdict::kForbidden;
}

}  // namespace hone
