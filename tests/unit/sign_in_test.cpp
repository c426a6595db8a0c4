// SPDX-License-Identifier: GPL-3.0-or-later
// Users, sessions, tokens, the throttle and the authenticator, with a controlled clock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <SQLiteCpp/SQLiteCpp.h>

#include <nlohmann/json.hpp>
#include <set>

#include "server/auth/authenticator.hpp"
#include "server/auth/machine_key.hpp"
#include "tests/support/temporary_folder.hpp"

namespace hone {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPassword = "correct horse";

AuthenticatorOptions sign_in(const std::string& address, std::vector<std::string> host_names = {},
                             std::vector<std::string> proxies = {}) {
    return {address, std::move(host_names), std::move(proxies)};
}

class SignIn : public testing::Test {
  protected:
    std::unique_ptr<Authenticator> authenticator(AuthenticatorOptions options = {}) {
        return *Authenticator::make(*users_, std::move(options), kMachineSecret, [this] { return now_; });
    }
    User user(const std::string& name) { return **users_->find(name); }
    std::string session(const std::string& name) { return *users_->begin_session(user(name).id); }

    inline static const std::string kMachineSecret = std::string(64, 'a');
    test::TemporaryFolder folder_;
    std::int64_t now_ = 1'800'000'000;
    std::unique_ptr<Users> users_ = *Users::open(folder_.path(), [this] { return now_; });
};

HttpRequest request(std::map<std::string, std::string, std::less<>> headers,
                    const std::string& method = "GET", const std::string& body = "") {
    HttpRequest made;
    made.method = method;
    made.path = "/api/v1/session";
    made.headers = std::move(headers);
    made.headers.try_emplace("host", "localhost:3000");
    made.body = body;
    made.peer = "127.0.0.1";
    return made;
}

HttpRequest signing_in(const std::string& name, const std::string& password,
                       const std::string& peer = "127.0.0.1") {
    HttpRequest made = request({}, "POST", json{{"name", name}, {"password", password}}.dump());
    made.peer = peer;
    return made;
}

std::string header(const HttpResponse& response, const std::string& name) {
    for (const auto& [key, value] : response.headers) {
        if (key == name) return value;
    }
    return "";
}

TEST_F(SignIn, ThePasswordIsCheckedAndTheNameHasNoCase) {
    EXPECT_FALSE(*users_->any());
    ASSERT_TRUE(users_->add("Ada", kPassword, Role::kOwner));
    EXPECT_TRUE(*users_->any());
    EXPECT_EQ((*users_->check("ada", kPassword))->name, "Ada");
    EXPECT_FALSE(*users_->check("ada", "correct horses"));
    EXPECT_FALSE(*users_->check("ada", ""));
    EXPECT_FALSE(*users_->check("bob", kPassword));
    EXPECT_FALSE(*users_->check("ada", std::string(5000, 'x')));
    EXPECT_EQ(users_->add("ADA", kPassword, Role::kViewer).error().kind, ErrorKind::kConflict);
}

TEST_F(SignIn, BadNamesAndPasswordsAreRefused) {
    for (const char* name : {"", " a", "a ", "a\nb", "\xff"})
        EXPECT_EQ(users_->add(name, kPassword, Role::kOwner).error().kind, ErrorKind::kUsage) << name;
    EXPECT_FALSE(users_->add(std::string(65, 'a'), kPassword, Role::kOwner));
    EXPECT_FALSE(users_->add("ada", "short", Role::kOwner));
    EXPECT_FALSE(users_->add("ada", std::string(2000, 'x'), Role::kOwner));
    EXPECT_FALSE(*users_->any());
}

TEST_F(SignIn, TheFileHoldsNoSecretAndIsItsOwnersAlone) {
    ASSERT_TRUE(users_->add("ada", kPassword, Role::kOwner));
    const std::string secret = session("ada");
    const NewToken token = *users_->make_token(user("ada"), "backup", Role::kViewer, kDay);
    EXPECT_EQ(secret.size(), 64U);
    EXPECT_NE(secret, session("ada"));
    users_.reset();
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
        const std::string bytes = *read_text(entry.path());
        for (const std::string& hidden : {std::string(kPassword), secret, token.secret})
            EXPECT_THAT(bytes, Not(HasSubstr(hidden))) << entry.path();
        EXPECT_EQ(fs::status(entry.path()).permissions() & fs::perms::mask, fs::perms(0600)) << entry.path();
    }
}

TEST_F(SignIn, SessionsEndWhenIdleAndInAnyCase) {
    ASSERT_TRUE(users_->add("ada", kPassword, Role::kOwner));
    const std::string idle = session("ada"), busy = session("ada");
    const std::int64_t begin = now_;
    now_ = begin + kSessionIdle - 1;
    EXPECT_TRUE((*users_->session(busy))->role == Role::kOwner);  // counts as use
    now_ = begin + kSessionIdle;
    EXPECT_FALSE(*users_->session(idle));
    for (; now_ < begin + kSessionLongest; now_ += kSessionIdle / 2)
        EXPECT_TRUE(*users_->session(busy)) << now_ - begin;
    now_ = begin + kSessionLongest;
    EXPECT_FALSE(*users_->session(busy));
}

TEST_F(SignIn, ALookWithoutTouchDoesNotKeepASessionAlive) {
    ASSERT_TRUE(users_->add("ada", kPassword, Role::kOwner));
    const std::string secret = session("ada");
    now_ += kSessionIdle - 1;
    EXPECT_TRUE(*users_->session(secret, false));
    now_ += 1;
    EXPECT_FALSE(*users_->session(secret));
}

TEST_F(SignIn, ANewPasswordEndsSessionsAndRemovalEndsEverything) {
    ASSERT_TRUE(users_->add("ada", kPassword, Role::kOwner));
    ASSERT_TRUE(users_->add("vera", kPassword, Role::kViewer));
    const std::string old = session("vera");
    ASSERT_TRUE(users_->set_password("vera", "another one"));
    EXPECT_FALSE(*users_->session(old));
    EXPECT_FALSE(*users_->check("vera", kPassword));
    EXPECT_TRUE(*users_->check("vera", "another one"));
    const std::string fresh = session("vera");
    const NewToken token = *users_->make_token(user("vera"), "t", Role::kViewer, kDay);
    EXPECT_TRUE(*users_->token(token.secret));
    ASSERT_TRUE(users_->remove("vera"));
    EXPECT_FALSE(*users_->session(fresh));
    EXPECT_FALSE(*users_->token(token.secret));
    EXPECT_EQ(users_->remove("vera").error().kind, ErrorKind::kNotFound);
    EXPECT_EQ(users_->set_password("vera", kPassword).error().kind, ErrorKind::kNotFound);
}

TEST_F(SignIn, TheLastOwnerStaysWhileThereAreOthers) {
    ASSERT_TRUE(users_->add("ada", kPassword, Role::kOwner));
    ASSERT_TRUE(users_->add("vera", kPassword, Role::kViewer));
    EXPECT_EQ(users_->remove("ADA").error().kind, ErrorKind::kConflict);
    EXPECT_EQ(users_->set_role("ada", Role::kViewer).error().kind, ErrorKind::kConflict);
    EXPECT_EQ(users_->list()->size(), 2U);
    ASSERT_TRUE(users_->set_role("vera", Role::kOwner));
    ASSERT_TRUE(users_->remove("ada"));
    ASSERT_TRUE(users_->remove("vera"));  // without users, this machine is open again
    EXPECT_FALSE(*users_->any());
}

TEST_F(SignIn, ATokenGrantsNoMoreThanItsMakerHolds) {
    ASSERT_TRUE(users_->add("ada", kPassword, Role::kOwner));
    ASSERT_TRUE(users_->add("vera", kPassword, Role::kViewer));
    EXPECT_EQ(users_->make_token(user("vera"), "t", Role::kOwner, kDay).error().kind, ErrorKind::kConflict);
    const NewToken made = *users_->make_token(user("ada"), "t", Role::kOwner, kDay);
    EXPECT_EQ((*users_->token(made.secret))->role, Role::kOwner);
    ASSERT_TRUE(users_->set_role("vera", Role::kOwner));
    ASSERT_TRUE(users_->set_role("ada", Role::kViewer));
    EXPECT_EQ((*users_->token(made.secret))->role, Role::kViewer);
}

TEST_F(SignIn, TokensExpireAndAreRevoked) {
    ASSERT_TRUE(users_->add("ada", kPassword, Role::kOwner));
    for (const std::int64_t seconds : {std::int64_t{0}, std::int64_t{-1}, kLongestToken + 1})
        EXPECT_FALSE(users_->make_token(user("ada"), "t", Role::kOwner, seconds));
    const NewToken one = *users_->make_token(user("ada"), "one", Role::kOwner, kDay);
    const NewToken two = *users_->make_token(user("ada"), "two", Role::kOwner, 2 * kDay);
    now_ += kDay - 1;
    EXPECT_TRUE(*users_->token(one.secret));
    EXPECT_EQ(users_->tokens()->at(0).used_at, now_);
    EXPECT_EQ(users_->tokens()->at(1).used_at, std::nullopt);
    now_ += 1;
    EXPECT_FALSE(*users_->token(one.secret));
    EXPECT_TRUE(*users_->token(two.secret));
    ASSERT_TRUE(users_->revoke_token(two.id));
    EXPECT_FALSE(*users_->token(two.secret));
    EXPECT_EQ(users_->revoke_token(two.id).error().kind, ErrorKind::kNotFound);
}

TEST_F(SignIn, AFileOfANewerHoneOrOfAnotherProgramIsRefused) {
    users_.reset();
    {
        SQLite::Database database((folder_.path() / "users.db").string(), SQLite::OPEN_READWRITE);
        database.exec("PRAGMA user_version = 99");
    }
    EXPECT_THAT(Users::open(folder_.path()).error().message, HasSubstr("newer Hone"));
    const test::TemporaryFolder other;
    {
        SQLite::Database database((other.path() / "users.db").string(),
                                  SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        database.exec("CREATE TABLE something (a)");
    }
    EXPECT_THAT(Users::open(other.path()).error().message, HasSubstr("not one of Hone's"));
    other.write("damaged/users.db", "this is not a database, whatever its name says");
    EXPECT_FALSE(Users::open(other.path() / "damaged"));
}

TEST(ThrottleTest, AnAddressWaitsLongerAndLonger) {
    Throttle throttle;
    std::int64_t now = 1000;
    for (int guess = 0; guess < Throttle::kFreePerAddress; ++guess)
        EXPECT_EQ(throttle.begin("u" + std::to_string(guess), "a", now), std::nullopt);
    std::int64_t before = 0;
    for (int guess = 0; guess < 20; ++guess) {
        const auto wait = throttle.begin("other", "a", now);
        ASSERT_TRUE(wait);
        EXPECT_GE(*wait, before);
        EXPECT_EQ(throttle.begin("other", "b" + std::to_string(guess), now), std::nullopt)
            << "another address";
        throttle.succeeded("other", "b" + std::to_string(guess));
        before = *wait;
        now += *wait;
        EXPECT_EQ(throttle.begin("one" + std::to_string(guess), "a", now), std::nullopt);
    }
    EXPECT_EQ(before, Throttle::kLongestForAddress);
    EXPECT_EQ(throttle.begin("other", "a", now + Throttle::kForgottenAfter + 1), std::nullopt);
    EXPECT_EQ(throttle.begin("other", "a", now + Throttle::kForgottenAfter + 1), std::nullopt) << "forgotten";
}

TEST(ThrottleTest, AUserIsGuardedFromManyAddressesButNeverLockedOutForLong) {
    Throttle throttle;
    std::int64_t now = 1000, longest = 0;
    for (int guess = 0; guess < 60; ++guess) {
        const auto wait = throttle.begin("ada", "a" + std::to_string(guess), now);
        longest = std::max(longest, wait.value_or(0));
        now += wait.value_or(0);
    }
    EXPECT_EQ(longest, Throttle::kLongestForUser);
}

TEST(ThrottleTest, ARightPasswordDoesNotBuyNewGuessesAtOthers) {
    Throttle throttle;
    int guesses = 0;
    for (int round = 0; round < 20; ++round) {
        if (!throttle.begin("victim" + std::to_string(round), "a", 1000)) ++guesses;
        if (!throttle.begin("mallory", "a", 1000)) throttle.succeeded("mallory", "a");
    }
    EXPECT_LE(guesses, Throttle::kFreePerAddress);
}

TEST(ThrottleTest, RememberingIsBounded) {
    Throttle throttle;
    for (std::size_t guess = 0; guess < Throttle::kMostEntries + 10; ++guess)
        EXPECT_EQ(throttle.begin(std::to_string(guess), std::to_string(guess),
                                 1000 + static_cast<std::int64_t>(guess)),
                  std::nullopt);
}

TEST(Authorize, TheTableOfRolesAndActions) {
    using How = Principal::How;
    const Principal nobody, viewer{How::kSession, Role::kViewer, 2, "v"},
        owner{How::kSession, Role::kOwner, 1, "o"}, open{How::kOpen, Role::kOwner, 0, ""},
        machine{How::kMachine, Role::kOwner, 0, ""}, token{How::kToken, Role::kOwner, 1, "o"};
    for (const Principal& one : {nobody, viewer, owner, open, machine, token})
        EXPECT_EQ(authorize(one, UserAction::kAnybody), Decision::kAllowed);
    for (const UserAction action :
         {UserAction::kView, UserAction::kSeePaths, UserAction::kManage, UserAction::kHoldTokens})
        EXPECT_EQ(authorize(nobody, action), Decision::kSignIn);
    EXPECT_EQ(authorize(viewer, UserAction::kView), Decision::kAllowed);
    EXPECT_EQ(authorize(viewer, UserAction::kSeePaths), Decision::kForbidden);
    EXPECT_EQ(authorize(viewer, UserAction::kManage), Decision::kForbidden);
    for (const Principal& one : {owner, open, machine, token}) {
        for (const UserAction action : {UserAction::kView, UserAction::kSeePaths, UserAction::kManage})
            EXPECT_EQ(authorize(one, action), Decision::kAllowed);
    }
    for (const Principal& one : {open, machine, token})
        EXPECT_EQ(authorize(one, UserAction::kHoldTokens), Decision::kForbidden);
    EXPECT_EQ(authorize(viewer, UserAction::kHoldTokens, {2}), Decision::kAllowed);
    EXPECT_EQ(authorize(viewer, UserAction::kHoldTokens, {1}), Decision::kForbidden);
    EXPECT_EQ(authorize(owner, UserAction::kHoldTokens, {2}), Decision::kAllowed);
}

TEST_F(SignIn, ThisMachineIsOpenUntilThereIsAUser) {
    const auto door = authenticator();
    EXPECT_EQ(door->principal_of(request({}))->how, Principal::How::kOpen);
    EXPECT_EQ(door->principal_of(request({{"x-forwarded-for", "1.2.3.4"}}))->how, Principal::How::kUnknown);
    ASSERT_TRUE(users_->add("ada", kPassword, Role::kOwner));
    EXPECT_EQ(door->principal_of(request({}))->how, Principal::How::kUnknown);
    ASSERT_TRUE(users_->remove("ada"));
    EXPECT_EQ(door->principal_of(request({}))->how, Principal::How::kOpen);
    EXPECT_EQ(authenticator(sign_in("0.0.0.0"))->principal_of(request({}))->how, Principal::How::kUnknown);
    EXPECT_EQ(authenticator(sign_in("127.0.0.1", {"a.example"}))->principal_of(request({}))->how,
              Principal::How::kUnknown);
    EXPECT_EQ(authenticator(sign_in("127.0.0.1", {}, {"127.0.0.1"}))->principal_of(request({}))->how,
              Principal::How::kUnknown);
}

TEST_F(SignIn, SignsInAndOut) {
    ASSERT_TRUE(users_->add("Ada", kPassword, Role::kOwner));
    const auto door = authenticator();
    EXPECT_EQ(door->sign_in(signing_in("Ada", "wrong password")).status, 401);
    const HttpResponse in = door->sign_in(signing_in("ada", kPassword));
    ASSERT_EQ(in.status, 200) << in.body;
    const std::string cookie = header(in, "Set-Cookie");
    EXPECT_THAT(cookie, HasSubstr("; HttpOnly; SameSite=Strict"));
    EXPECT_THAT(cookie, Not(HasSubstr("Secure")));
    const std::string pair = cookie.substr(0, cookie.find(';'));
    EXPECT_THAT(in.body, Not(HasSubstr(pair.substr(pair.find('=') + 1))));
    const Principal principal = *door->principal_of(request({{"cookie", "a=b; " + pair + "; c=d"}}));
    EXPECT_EQ(principal.how, Principal::How::kSession);
    EXPECT_EQ(principal.name, "Ada");
    const auto watch = door->watch(request({{"cookie", pair}}), principal);
    EXPECT_TRUE(watch());
    const HttpResponse out = door->sign_out(request({{"cookie", pair}}, "DELETE"));
    EXPECT_EQ(out.status, 204);
    EXPECT_THAT(header(out, "Set-Cookie"), HasSubstr("Max-Age=0"));
    EXPECT_FALSE(door->principal_of(request({{"cookie", pair}}))->role);
    EXPECT_FALSE(watch());
}

TEST_F(SignIn, WhatIsNoSignInIsRefusedWithoutAGuess) {
    ASSERT_TRUE(users_->add("ada", kPassword, Role::kOwner));
    const auto door = authenticator();
    for (const char* body :
         {"", "[]", "{}", "null", "{\"name\": \"ada\"}", "{\"name\": 1, \"password\": \"x\"}",
          "{\"name\": \"ada\", \"password\": \"x\", \"more\": 1}", "\xff"})
        EXPECT_EQ(door->sign_in(request({}, "POST", body)).status, 400) << body;
    EXPECT_EQ(door->sign_in(signing_in("ada", kPassword)).status, 200);
}

TEST_F(SignIn, WrongGuessesAreThrottledWithAnAnswerThatSaysHowLong) {
    ASSERT_TRUE(users_->add("ada", kPassword, Role::kOwner));
    const auto door = authenticator();
    int refused = 0;
    HttpResponse last;
    for (int guess = 0; guess < Throttle::kFreePerAddress + 1; ++guess) {
        last = door->sign_in(signing_in("ada", "wrong password"));
        refused += last.status == 401;
    }
    EXPECT_EQ(refused, Throttle::kFreePerAddress);
    EXPECT_EQ(last.status, 429);
    EXPECT_EQ(header(last, "Retry-After"), "1");
    EXPECT_EQ(door->sign_in(signing_in("ada", kPassword)).status, 429) << "the right one must wait as well";
    EXPECT_EQ(door->sign_in(signing_in("ada", kPassword, "192.168.1.9")).status, 200) << "another address";
    now_ += 1;
    EXPECT_EQ(door->sign_in(signing_in("ada", kPassword)).status, 200);
}

TEST_F(SignIn, BadCredentialsAreNobody) {
    ASSERT_TRUE(users_->add("ada", kPassword, Role::kOwner));
    const auto door = authenticator();
    const std::string secret = session("ada");
    const NewToken token = *users_->make_token(user("ada"), "t", Role::kOwner, kDay);
    const std::string unknown(64, 'b');
    for (const std::string& cookie :
         {"hone_session=" + unknown, std::string("hone_session="), "hone_session=" + secret + "0",
          "other=" + secret, "hone_session=" + token.secret, "__Host-hone_session=" + secret,
          std::string("hone_session"), secret})
        EXPECT_FALSE(door->principal_of(request({{"cookie", cookie}}))->role) << cookie;
    for (const std::string& authorization :
         {"Bearer " + unknown, std::string("Bearer"), std::string("Bearer "), "Bearer " + token.secret + "0",
          "Basic " + token.secret, token.secret, "Bearer " + secret, std::string("Bearer \xff\xfe")})
        EXPECT_FALSE(door->principal_of(request({{"authorization", authorization}}))->role) << authorization;
    EXPECT_EQ(door->principal_of(request({{"authorization", "bearer  " + token.secret}}))->how,
              Principal::How::kToken);
    EXPECT_EQ(door->principal_of(request({{"authorization", "Bearer " + kMachineSecret}}))->how,
              Principal::How::kMachine);
}

TEST_F(SignIn, AChangeWithACookieNeedsOurOwnPage) {
    ASSERT_TRUE(users_->add("ada", kPassword, Role::kOwner));
    const auto door = authenticator();
    const std::string cookie = "hone_session=" + session("ada");
    const auto allowed = [&](const std::string& method,
                             std::map<std::string, std::string, std::less<>> headers) {
        headers["cookie"] = cookie;
        const HttpRequest made = request(std::move(headers), method);
        return door->check_site(made).has_value() &&
               Authenticator::check_own_page(made, *door->principal_of(made)).has_value();
    };
    EXPECT_TRUE(allowed("GET", {}));
    EXPECT_TRUE(allowed("HEAD", {}));
    for (const char* method : {"POST", "DELETE", "PUT", "PATCH"}) {
        EXPECT_FALSE(allowed(method, {})) << method;
        EXPECT_FALSE(allowed(method, {{"sec-fetch-site", "none"}})) << method;
        EXPECT_FALSE(allowed(method, {{"sec-fetch-site", "same-site"}})) << method;
        EXPECT_FALSE(allowed(method, {{"sec-fetch-site", "cross-site"}})) << method;
        EXPECT_TRUE(allowed(method, {{"sec-fetch-site", "same-origin"}})) << method;
        EXPECT_TRUE(allowed(method, {{"origin", "http://localhost:3000"}})) << method;
        EXPECT_FALSE(allowed(method, {{"origin", "http://localhost:3001"}}))
            << "another program of this machine";
        EXPECT_FALSE(allowed(method, {{"origin", "null"}})) << method;
        EXPECT_FALSE(allowed(method, {{"origin", "http://evil.example"}})) << method;
        EXPECT_FALSE(allowed(method, {{"origin", "http://localhost:3000.evil.example"}})) << method;
    }
    EXPECT_FALSE(allowed("GET", {{"origin", "http://evil.example"}}));
}

TEST_F(SignIn, OnlyKnownNamesAreAnswered) {
    const auto answers = [&](const AuthenticatorOptions& options, const std::string& host) {
        return authenticator(options)->check_site(request({{"host", host}})).has_value();
    };
    for (const char* host : {"localhost", "localhost:3000", "127.0.0.1:3000", "[::1]:3000", "LOCALHOST:3000"})
        EXPECT_TRUE(answers({}, host)) << host;
    for (const char* host :
         {"", "evil.example", "localhost.evil.example", "192.168.1.5", "127.0.0.1.evil.example", "[::2]"})
        EXPECT_FALSE(answers({}, host)) << host;
    const AuthenticatorOptions everywhere = sign_in("0.0.0.0", {"Photos.Example.org"});
    for (const char* host : {"192.168.1.5:3000", "[fe80::1]:3000", "localhost:3000", "photos.example.org",
                             "PHOTOS.example.org:3000"})
        EXPECT_TRUE(answers(everywhere, host)) << host;
    for (const char* host : {"evil.example", "example.org", "", "1.2.3"})
        EXPECT_FALSE(answers(everywhere, host)) << host;
    EXPECT_TRUE(answers(sign_in("192.168.1.5"), "192.168.1.5:3000"));
    EXPECT_FALSE(answers(sign_in("192.168.1.5"), "192.168.1.6:3000"));
    EXPECT_FALSE(answers(sign_in("192.168.1.5"), "localhost:3000"));
    EXPECT_THAT(authenticator()->check_site(request({{"host", "photos.example"}})).error().message,
                HasSubstr("--host-name"));
    for (const char* name : {"", "http://a", "a:3000", "a/b", "a b"})
        EXPECT_EQ(Authenticator::make(*users_, sign_in("127.0.0.1", {name}), "").error().kind,
                  ErrorKind::kUsage)
            << name;
}

TEST_F(SignIn, OnlyATrustedProxyIsBelieved) {
    const auto door = authenticator(sign_in("127.0.0.1", {}, {"10.0.0.0/8", "::1"}));
    const auto client = [&](const std::string& peer, const std::string& forwarded) {
        HttpRequest made = request({{"x-forwarded-for", forwarded}, {"x-forwarded-proto", "https"}});
        made.peer = peer;
        return std::pair(door->client_of(made), door->secure(made));
    };
    EXPECT_EQ(client("10.1.2.3", "9.9.9.9"), std::pair(std::string("9.9.9.9"), true));
    EXPECT_EQ(client("::ffff:10.1.2.3", "9.9.9.9"), std::pair(std::string("9.9.9.9"), true));
    EXPECT_EQ(client("11.1.2.3", "9.9.9.9"), std::pair(std::string("11.1.2.3"), false));
    // Values that the client wrote itself are to the left of the one added by the proxy.
    EXPECT_EQ(client("10.1.2.3", "1.1.1.1, 9.9.9.9").first, "9.9.9.9");
    EXPECT_EQ(client("10.1.2.3", "1.1.1.1, 9.9.9.9, 10.9.9.9").first, "9.9.9.9");
    EXPECT_EQ(client("10.1.2.3", "nonsense").first, "10.1.2.3");
    EXPECT_EQ(client("::1", "2001:db8:1:2:3:4:5:6").first, "2001:db8:1:2::/64");
    for (const char* proxy : {"", "proxy", "10.0.0.0/33", "10.0.0", "::1/129"})
        EXPECT_EQ(Authenticator::make(*users_, sign_in("127.0.0.1", {}, {proxy}), "").error().kind,
                  ErrorKind::kUsage)
            << proxy;
}

TEST_F(SignIn, BehindTlsTheCookieIsSecureAndAPlainPageForeign) {
    ASSERT_TRUE(users_->add("ada", kPassword, Role::kOwner));
    const auto door = authenticator(sign_in("0.0.0.0", {"photos.example"}));
    HttpRequest in = signing_in("ada", kPassword);
    in.tls = true;
    in.headers["host"] = "photos.example";
    in.headers["origin"] = "https://photos.example";
    EXPECT_TRUE(door->check_site(in));
    EXPECT_THAT(header(door->sign_in(in), "Set-Cookie"),
                testing::AllOf(testing::StartsWith("__Host-hone_session="), testing::EndsWith("; Secure")));
    in.headers["origin"] = "http://photos.example";
    EXPECT_FALSE(door->check_site(in));
}

TEST(MachineKeyTest, IsReadableByItsOwnerOnlyAndGoesAway) {
    const test::TemporaryFolder folder;
    EXPECT_EQ(read_machine_key(folder.path()).error().kind, ErrorKind::kNotFound);
    const fs::path victim = folder.write("victim", "unchanged");
    fs::create_symlink(victim, folder.path() / "serve.key");
    ASSERT_TRUE(write_machine_key(folder.path(), {"secret", "sha256//x"}));
    EXPECT_EQ(*read_text(victim), "unchanged");
    EXPECT_EQ(fs::status(folder.path() / "serve.key").permissions() & fs::perms::mask, fs::perms(0600));
    EXPECT_EQ(read_machine_key(folder.path())->secret, "secret");
    EXPECT_EQ(read_machine_key(folder.path())->public_key, "sha256//x");
    remove_machine_key(folder.path());
    EXPECT_FALSE(read_machine_key(folder.path()));
    folder.write("serve.key", "no json");
    EXPECT_FALSE(read_machine_key(folder.path()));
}

}  // namespace
}  // namespace hone
