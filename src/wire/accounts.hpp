// SPDX-License-Identifier: GPL-3.0-or-later
// Users, sessions and API tokens: the values that the users' file holds, and their JSON (docs/http.md). Pure
// functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "wire/document.hpp"

namespace hone {

using UserId = std::int64_t;

struct User {
    UserId id = 0;
    std::string name;
    Role role = Role::kViewer;
    std::int64_t created_at = 0;  // seconds since 1970, like all times here
};

struct Token {
    std::int64_t id = 0;
    std::string name, user_name;
    UserId user = 0;
    Role role = Role::kViewer;  // at its creation; a token never grants more than its user's present role
    std::int64_t created_at = 0, expires_at = 0;
    std::optional<std::int64_t> used_at;  // accurate to one minute
};

struct NewToken {
    std::int64_t id = 0;
    std::string secret;  // never returned again
};

inline constexpr std::int64_t kDay = 24 * 60 * 60;          // seconds
inline constexpr std::int64_t kLongestToken = 3650 * kDay;  // seconds

// The principal of a request. Everybody sees it, also before signing in.
struct SessionFacts {
    bool needed = false;              // sign in first
    std::optional<std::string> name;  // of the user
    std::optional<Role> role;
    bool can_sign_out = false;
};

Document to_document(const SessionFacts& session);
Document to_document(const NewToken& token);
Document tokens_document(std::span<const Token> tokens);
// For the command line.
nlohmann::json users_json(std::span<const User> users);
nlohmann::json user_json(const User& user);

struct SignInRequest {
    std::string name, password;
};
// Reads the body of POST /session. kUsage names the form.
Result<SignInRequest> parse_sign_in(const nlohmann::json& document);

struct TokenRequest {
    std::string name;
    Role role = Role::kViewer;
    std::int64_t days = 0;  // up to kLongestToken
};
// Reads the body of POST /tokens. kUsage names the form, or the unknown role.
Result<TokenRequest> parse_token_request(const nlohmann::json& document);

}  // namespace hone
