// Users, their sessions and API tokens: users.db in the library folder (docs/sign-in.md), whatever the
// catalogue is. Passwords lie there as Argon2id, secrets of sessions and tokens as SHA-256 only.
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

struct User {
    UserId id = 0;
    std::string name;
    Role role = Role::kViewer;
    std::int64_t created_at = 0;  // seconds since 1970, as all times here
};

struct Token {
    std::int64_t id = 0;
    std::string name, user_name;
    UserId user = 0;
    Role role = Role::kViewer;  // as made; it grants no more than its user's present role
    std::int64_t created_at = 0, expires_at = 0;
    std::optional<std::int64_t> used_at;  // to the minute
};

struct NewToken {
    std::int64_t id = 0;
    std::string secret;  // never again
};

inline constexpr std::int64_t kDay = 24 * 60 * 60;
inline constexpr std::int64_t kSessionIdle = 14 * kDay, kSessionLongest = 90 * kDay;
inline constexpr std::int64_t kLongestToken = 3650 * kDay;
inline constexpr std::size_t kShortestPassword = 8, kLongestPassword = 1024;  // bytes
inline constexpr std::size_t kLongestName = 64;                               // bytes

// 256 random bits as 64 hex digits.
std::string make_secret();

// Safe from any thread, and beside other processes that use the same file.
class Users {
  public:
    using Clock = std::function<std::int64_t()>;

    // Makes the file, for its owner's eyes only (0600), and its folder when they are not there.
    static Result<std::unique_ptr<Users>> open(const fs::path& library, Clock clock = {});
    ~Users();

    Result<bool> any();
    Result<std::vector<User>> list();
    // kConflict when the name is taken (case does not count); kUsage for a bad name or password.
    Result<UserId> add(const std::string& name, std::string_view password, Role role);
    // Ends all sessions of the user. kNotFound.
    Result<> set_password(const std::string& name, std::string_view password);
    Result<> set_role(const std::string& name, Role role);
    // With their sessions and tokens. The last owner stays as long as there is anybody else (kConflict).
    Result<> remove(const std::string& name);
    // The user when the password is right. Takes as long for a name that is not there. One at a time:
    // kUnavailable when others wait already.
    Result<std::optional<User>> check(const std::string& name, std::string_view password);

    // Gives the session's secret.
    Result<std::string> begin_session(UserId user);
    Result<> end_session(std::string_view secret);
    // touch: counts as use. Nothing when there is none, or it is over.
    Result<std::optional<Principal>> session(std::string_view secret, bool touch = true);

    // kUsage: bad name or days. kConflict: more than the maker holds.
    Result<NewToken> make_token(const User& maker, const std::string& name, Role role, std::int64_t seconds);
    Result<std::optional<Principal>> token(std::string_view secret, bool touch = true);
    Result<std::vector<Token>> tokens();
    Result<> revoke_token(std::int64_t id);  // kNotFound
    Result<std::optional<User>> find(const std::string& name);
    Result<std::optional<User>> find(UserId id);

  private:
    Users(std::unique_ptr<SQLite::Database> database, Clock clock);
    template <typename Body>
    auto guarded(Body body) -> decltype(body());

    std::mutex mutex_;  // of database_
    std::unique_ptr<SQLite::Database> database_;
    Clock clock_;
    std::mutex hashing_;  // Argon2id takes 64 MiB
    std::atomic<int> wait_for_hash_ = 0;
};

}  // namespace hone
