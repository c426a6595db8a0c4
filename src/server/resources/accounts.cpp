// SPDX-License-Identifier: GPL-3.0-or-later
// Signing in and out, and API tokens.
#include "wire/accounts.hpp"

#include <algorithm>

#include "server/context.hpp"
#include "server/parameters.hpp"
#include "server/route.hpp"

namespace hone {

namespace {

constexpr std::uint64_t kSignInBytes = 64 << 10;  // anyone may send them

Result<Answer> show_session(ServerContext&, const Call& call) {
    return Answer(200, to_document(Authenticator::describe(call.principal)));
}

Result<Answer> sign_in(ServerContext& context, const Call& call) {
    return context.authenticator.sign_in(call.request);
}

Result<Answer> sign_out(ServerContext& context, const Call& call) {
    return context.authenticator.sign_out(call.request);
}

bool may_manage(const Principal& principal, const Token& token) {
    return authorize(principal, UserAction::kHoldTokens, {token.user}) == Decision::kAllowed;
}

Result<Answer> list_tokens(ServerContext& context, const Call& call) {
    HONE_TRY(std::vector<Token> tokens, context.users.tokens());
    std::erase_if(tokens, [&](const Token& token) { return !may_manage(call.principal, token); });
    return Answer(200, tokens_document(tokens));
}

Result<Answer> make_token(ServerContext& context, const Call& call) {
    HONE_TRY(const auto body, parse_body(call.request));
    HONE_TRY(const TokenRequest wish, parse_token_request(body));
    const User maker{call.principal.user, call.principal.name, visible_role(call.principal), 0};
    HONE_TRY(const NewToken made, context.users.make_token(maker, wish.name, wish.role, wish.days * kDay));
    return Answer(201, to_document(made));
}

Result<Answer> revoke_token(ServerContext& context, const Call& call) {
    HONE_TRY(const std::int64_t number, number_in_path(call.part, "token"));
    HONE_TRY(const std::vector<Token> tokens, context.users.tokens());
    const auto token = std::ranges::find(tokens, number, &Token::id);
    // A token of another user looks unknown to principals that may not manage it.
    if (token == tokens.end() || !may_manage(call.principal, *token))
        return fail(ErrorKind::kNotFound, "no token has the number {}", number);
    HONE_CHECK(context.users.revoke_token(number));
    return HttpResponse{204, {}, "", {}, {}};
}

}  // namespace

std::span<const Route> account_routes() {
    static constexpr Route kRoutes[] = {
        {"GET", "/api/v1/session", UserAction::kAnybody, show_session, kSignInBytes},
        {"POST", "/api/v1/session", UserAction::kAnybody, sign_in, kSignInBytes},
        {"DELETE", "/api/v1/session", UserAction::kAnybody, sign_out, kSignInBytes},
        {"GET", "/api/v1/tokens", UserAction::kHoldTokens, list_tokens},
        {"POST", "/api/v1/tokens", UserAction::kHoldTokens, make_token},
        {"DELETE", "/api/v1/tokens/{}", UserAction::kHoldTokens, revoke_token},
    };
    return kRoutes;
}

}  // namespace hone
