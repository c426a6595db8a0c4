// SPDX-License-Identifier: GPL-3.0-or-later
// Users, their sessions and API tokens: users.db in the library folder (docs/sign-in.md), independent of the
// kind of catalogue. It contains passwords as Argon2id hashes and secrets of sessions and tokens as SHA-256.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/file.hpp"
#include "server/auth/access.hpp"

namespace SQLite {
class Database;
}

namespace hone {

// Seconds.
inline constexpr std::int64_t kSessionIdle = 14 * kDay, kSessionLongest = 90 * kDay;
inline constexpr std::size_t kShortestPassword = 8, kLongestPassword = 1024;  // bytes
inline constexpr std::size_t kLongestName = 64;                               // bytes

// Returns 256 random bits as 64 hexadecimal digits.
std::string make_secret();

// Safe from any thread, and alongside other processes with the same file. Every call may fail with kFailed
// (the database); further errors are named at the call.
class Users {
  public:
    using Clock = std::function<std::int64_t()>;

    // Creates a missing file, readable only by its owner (0600), and a missing folder. clock: seconds since
    // 1970; empty: the system's.
    static Result<std::unique_ptr<Users>> open(const fs::path& library, Clock clock = {});
    ~Users();

    // True when there is at least one user.
    Result<bool> any();
    // By name.
    Result<std::vector<User>> list();
    // kConflict when the name is taken (ignoring case); kUsage for an invalid name or password.
    Result<UserId> add(const std::string& name, std::string_view password, Role role);
    // Also ends all sessions of the user. kNotFound for an unknown user, kUsage for an invalid password.
    Result<> set_password(const std::string& name, std::string_view password);
    // kNotFound for an unknown user; kConflict for the last owner while there are other users.
    Result<> set_role(const std::string& name, Role role);
    // Also removes the user's sessions and tokens. kNotFound for an unknown user; kConflict for the last
    // owner while there are other users.
    Result<> remove(const std::string& name);
    // Returns the user when the password is right, else std::nullopt. Takes as long for an unknown name.
    // Checks one password at a time; kUnavailable when too many calls wait.
    Result<std::optional<User>> check(const std::string& name, std::string_view password);

    // Returns the session's secret.
    Result<std::string> begin_session(UserId user);
    // Not an error for an unknown session.
    Result<> end_session(std::string_view secret);
    // touch: counts as use. Returns std::nullopt for an unknown or expired session.
    Result<std::optional<Principal>> session(std::string_view secret, bool touch = true);

    // kUsage for an invalid name or duration; kConflict when the role exceeds the maker's. seconds: validity,
    // 1 day to kLongestToken.
    Result<NewToken> make_token(const User& maker, const std::string& name, Role role, std::int64_t seconds);
    // Returns std::nullopt for an unknown or expired token.
    Result<std::optional<Principal>> token(std::string_view secret, bool touch = true);
    // By id, including expired ones.
    Result<std::vector<Token>> tokens();
    Result<> revoke_token(std::int64_t id);  // kNotFound for an unknown id
    // Both return std::nullopt for an unknown user.
    Result<std::optional<User>> find(const std::string& name);
    Result<std::optional<User>> find(UserId id);

  private:
    Users(std::unique_ptr<SQLite::Database> database, Clock clock);
    template <typename Body>
    auto guarded(Body body) -> decltype(body());

    std::mutex mutex_;  // guards database_
    std::unique_ptr<SQLite::Database> database_;
    Clock clock_;
    std::mutex hashing_;  // Argon2id needs 64 MiB, so only one runs at a time
    std::atomic<int> wait_for_hash_ = 0;
};

}  // namespace hone
