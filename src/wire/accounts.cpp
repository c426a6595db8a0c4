// SPDX-License-Identifier: GPL-3.0-or-later
// Users, sessions and tokens, and the requests for them.
#include "wire/accounts.hpp"

#include "base/time.hpp"

namespace hone {

using nlohmann::json;

namespace {

json token_json(const Token& token) {
    return {{"id", token.id},
            {"name", token.name},
            {"user", token.user_name},
            {"role", role_name(token.role)},
            {"created_at", iso8601(token.created_at)},
            {"expires_at", iso8601(token.expires_at)},
            {"used_at", token.used_at ? json(iso8601(*token.used_at)) : json()}};
}

}  // namespace

Document to_document(const SessionFacts& session) {
    return {"Session",
            {{"needed", session.needed},
             {"name", session.name ? json(*session.name) : json()},
             {"role", session.role ? json(role_name(*session.role)) : json()},
             {"can_sign_out", session.can_sign_out}}};
}

Document to_document(const NewToken& token) {
    return {"NewToken", {{"id", token.id}, {"token", token.secret}}};
}

json users_json(std::span<const User> users) {
    json list = json::array();
    for (const User& user : users) {
        list.push_back(
            {{"name", user.name}, {"role", role_name(user.role)}, {"created_at", iso8601(user.created_at)}});
    }
    return {{"users", std::move(list)}};
}

json user_json(const User& user) {
    return {{"id", user.id}, {"name", user.name}, {"role", role_name(user.role)}};
}

Document tokens_document(std::span<const Token> tokens) {
    json list = json::array();
    for (const Token& token : tokens) list.push_back(token_json(token));
    return {"TokenList", {{"tokens", std::move(list)}}};
}

Result<SignInRequest> parse_sign_in(const json& document) {
    const bool understood = document.is_object() && document.size() == 2 && document.contains("name") &&
                            document["name"].is_string() && document.contains("password") &&
                            document["password"].is_string();
    if (!understood)
        return fail(ErrorKind::kUsage, R"(the body must be {{"name": "...", "password": "..."}})");
    return SignInRequest{document["name"].get<std::string>(), document["password"].get<std::string>()};
}

Result<TokenRequest> parse_token_request(const json& document) {
    const bool understood = document.is_object() && document.size() == 3 && document.contains("name") &&
                            document["name"].is_string() && document.contains("role") &&
                            document["role"].is_string() && document.contains("days") &&
                            document["days"].is_number_unsigned() && document["days"] <= kLongestToken / kDay;
    if (!understood)
        return fail(ErrorKind::kUsage,
                    "the body must be {{\"name\": \"...\", \"role\": \"viewer\", \"days\": 1 to {}}}",
                    kLongestToken / kDay);
    HONE_TRY(const Role role, parse_role(document["role"].get<std::string>()));
    return TokenRequest{document["name"].get<std::string>(), role, document["days"].get<std::int64_t>()};
}

}  // namespace hone
