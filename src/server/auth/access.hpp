// Who may do what. Pure functions; server/api.cpp names the action of every route.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace hone {

using UserId = std::int64_t;

enum class Role { kViewer, kOwner };  // each may do what those before it may

std::string_view role_name(Role role);
Result<Role> parse_role(std::string_view name);  // kUsage

// Who asks.
struct Principal {
    enum class How {
        kUnknown,  // nobody signed in
        kOpen,     // no user is set up, on this machine: the owner without a name
        kMachine,  // a command on this machine, by serve.key
        kSession,
        kToken
    };
    How how = How::kUnknown;
    std::optional<Role> role;  // nothing: nobody
    UserId user = 0;           // of a session and a token
    std::string name;
};

enum class UserAction {
    kAnybody,    // pages of the web client, the health check, signing in
    kView,       // search and look at pictures
    kSeePaths,   // where files lie
    kManage,     // folders, scans, people, what went wrong: everything else
    kHoldTokens  // see, make and revoke API tokens
};

// What is acted on. user: who it belongs to; nothing for what belongs to the library.
struct Object {
    std::optional<UserId> user;
};

enum class Decision { kAllowed, kSignIn, kForbidden };  // HTTP: 2xx, 401, 403

Decision authorize(const Principal& principal, UserAction action, const Object& object = {});

}  // namespace hone
