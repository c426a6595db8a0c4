// SPDX-License-Identifier: GPL-3.0-or-later
// The rules for who may perform which action. Pure functions; the table of routes (server/route.hpp)
// assigns an action to each of them.
#pragma once

#include <optional>
#include <string>

#include "wire/accounts.hpp"

namespace hone {

// The principal of a request.
struct Principal {
    enum class How {
        kUnknown,  // not signed in
        kOpen,     // no user is set up and the request is from this machine: the owner, without a name
        kMachine,  // a command on this machine, with the key in serve.key
        kSession,
        kToken
    };
    How how = How::kUnknown;
    std::optional<Role> role;  // unset: not signed in
    UserId user = 0;           // of a session or token
    std::string name;
};

enum class UserAction {
    kAnybody,    // pages of the web client, the health check, signing in
    kView,       // search and view photos
    kSeePaths,   // see the paths of files
    kManage,     // everything else: folders, scans, people, failures
    kHoldTokens  // list, create and revoke API tokens
};

// The object of an action. user: its owner; unset when it belongs to the library.
struct Object {
    std::optional<UserId> user;
};

enum class Decision { kAllowed, kSignIn, kForbidden };  // HTTP: 2xx, 401, 403

// Decides whether the principal may perform the action on the object.
Decision authorize(const Principal& principal, UserAction action, const Object& object = {});

}  // namespace hone
