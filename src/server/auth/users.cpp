// SPDX-License-Identifier: GPL-3.0-or-later
// The SQLite database of users, sessions and tokens, and the password hashing.
#include "server/auth/users.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <sodium.h>

#include <algorithm>
#include <array>

#include "base/file_system.hpp"
#include "base/sha256.hpp"
#include "base/time.hpp"

namespace hone {

namespace {

constexpr int kApplicationId = 0x484F4E55;  // "HONU"
constexpr int kUsersVersion = 1;            // PRAGMA user_version
constexpr int kBusyMilliseconds = 5000;
constexpr std::int64_t kUseUnit = 60;  // seconds; the time of use is written at most this often
constexpr int kMostWaiting = 3;

// hash: SHA-256 of the secret. Ids of tokens are never reused.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE user (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE COLLATE NOCASE, role TEXT NOT NULL CHECK (role IN ('viewer', 'owner')),
  password TEXT NOT NULL, created_at INTEGER NOT NULL);
CREATE TABLE session (hash BLOB PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES user(id) ON DELETE CASCADE, created_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX session_user ON session(user_id);
CREATE TABLE token (id INTEGER PRIMARY KEY AUTOINCREMENT, hash BLOB NOT NULL UNIQUE, user_id INTEGER NOT NULL REFERENCES user(id) ON DELETE CASCADE,
  name TEXT NOT NULL, role TEXT NOT NULL CHECK (role IN ('viewer', 'owner')), created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, used_at INTEGER);
CREATE INDEX token_user ON token(user_id);
)sql";

Result<> prepare(SQLite::Database& database) {
    database.exec("PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON;");
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    const int version = database.execAndGet("PRAGMA user_version").getInt();
    const int application = database.execAndGet("PRAGMA application_id").getInt();
    const bool empty = database.execAndGet("SELECT count(*) FROM sqlite_master").getInt() == 0;
    if (!empty && application != kApplicationId)
        return fail("{} is a database, but not one of Hone's users; move it away", database.getFilename());
    if (version > kUsersVersion)
        return fail("{} was made by a newer Hone (schema {}, this one knows {}); update Hone",
                    database.getFilename(), version, kUsersVersion);
    if (version < 1) database.exec(kVersion1);
    database.exec(
        fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};", kApplicationId, kUsersVersion));
    transaction.commit();
    return {};
}

void bind_hash(SQLite::Statement& statement, int at, std::string_view secret) {
    const Sha256 hash = sha256(secret);
    statement.bind(at, hash.data(), static_cast<int>(hash.size()));
}

Role role_of(const std::string& text) {
    return text == "owner" ? Role::kOwner : Role::kViewer;
}

// Names are shown, typed and compared: one line, trimmed.
Result<> check_name(const std::string& name, const char* whose) {
    const bool control =
        std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    const std::string bytes = utf8_path(name);
    if (name.empty() || name.size() > kLongestName || control || bytes != name || name.front() == ' ' ||
        name.back() == ' ')
        return fail(
            ErrorKind::kUsage,
            "the name of a {} has 1 to {} bytes of UTF-8, no control characters and no blank at either end",
            whose, kLongestName);
    return {};
}

Result<std::string> hash_password(std::string_view password) {
    if (password.size() < kShortestPassword)
        return fail(ErrorKind::kUsage, "the password is too short: it needs at least {} characters",
                    kShortestPassword);
    if (password.size() > kLongestPassword)
        return fail(ErrorKind::kUsage, "the password is too long: it may have {} bytes", kLongestPassword);
    std::array<char, crypto_pwhash_STRBYTES> text{};
    if (crypto_pwhash_str_alg(text.data(), password.data(), password.size(),
                              crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE,
                              crypto_pwhash_ALG_ARGON2ID13) != 0)
        return fail("no memory to hash a password");
    return std::string(text.data());
}

User read_user(SQLite::Statement& row) {
    return {row.getColumn(0).getInt64(), row.getColumn(1).getString(), role_of(row.getColumn(2).getString()),
            row.getColumn(3).getInt64()};
}
constexpr const char* kUserColumns = "SELECT id, name, role, created_at FROM user";

}  // namespace

std::string make_secret() {
    std::array<std::uint8_t, 32> bytes{};
    randombytes_buf(bytes.data(), bytes.size());
    return to_hex(bytes);
}

Users::Users(std::unique_ptr<SQLite::Database> database, Clock clock)
    : database_(std::move(database)), clock_(clock ? std::move(clock) : unix_seconds) {}

Users::~Users() = default;

template <typename Body>
auto Users::guarded(Body body) -> decltype(body()) {
    try {
        const std::lock_guard lock(mutex_);
        return body();
    } catch (const SQLite::Exception& error) {
        return fail("{}: {}", database_->getFilename(), error.what());
    }
}

Result<std::unique_ptr<Users>> Users::open(const fs::path& library, Clock clock) {
    if (sodium_init() < 0) return fail("libsodium cannot be used on this machine");
    HONE_CHECK(make_directories(library));
    const fs::path path = library / "users.db";
    {
        // SQLite gives its other files the mode of this one. Close it before SQLite opens it: closing any
        // descriptor of a file releases all locks of the process on it (POSIX), including SQLite's.
        const FileDescriptor made(file_system().open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
        if (!made) return fail("cannot open {}; check the permissions of its folder", printable(path));
    }
    try {
        auto database =
            std::make_unique<SQLite::Database>(path.string(), SQLite::OPEN_READWRITE, kBusyMilliseconds);
        HONE_CHECK(prepare(*database));
        return std::unique_ptr<Users>(new Users(std::move(database), std::move(clock)));
    } catch (const SQLite::Exception& error) {
        return fail("cannot open {}: {}", printable(path), error.what());
    }
}

Result<bool> Users::any() {
    return guarded([&]() -> Result<bool> {
        return database_->execAndGet("SELECT EXISTS (SELECT 1 FROM user)").getInt() != 0;
    });
}

Result<std::vector<User>> Users::list() {
    return guarded([&]() -> Result<std::vector<User>> {
        std::vector<User> users;
        SQLite::Statement row(*database_, std::string(kUserColumns) + " ORDER BY name");
        while (row.executeStep()) users.push_back(read_user(row));
        return users;
    });
}

Result<std::optional<User>> Users::find(const std::string& name) {
    return guarded([&]() -> Result<std::optional<User>> {
        SQLite::Statement row(*database_, std::string(kUserColumns) + " WHERE name = ?");
        row.bind(1, name);
        if (!row.executeStep()) return std::nullopt;
        return read_user(row);
    });
}

Result<std::optional<User>> Users::find(UserId id) {
    return guarded([&]() -> Result<std::optional<User>> {
        SQLite::Statement row(*database_, std::string(kUserColumns) + " WHERE id = ?");
        row.bind(1, static_cast<std::int64_t>(id));
        if (!row.executeStep()) return std::nullopt;
        return read_user(row);
    });
}

Result<UserId> Users::add(const std::string& name, std::string_view password, Role role) {
    HONE_CHECK(check_name(name, "user"));
    HONE_TRY(const std::string hash, hash_password(password));
    return guarded([&]() -> Result<UserId> {
        SQLite::Statement insert(*database_,
                                 "INSERT INTO user (name, role, password, created_at) VALUES (?, ?, ?, ?) "
                                 "ON CONFLICT DO NOTHING");
        insert.bind(1, name);
        insert.bind(2, std::string(role_name(role)));
        insert.bind(3, hash);
        insert.bind(4, clock_());
        if (insert.exec() == 0)
            return fail(ErrorKind::kConflict, "there is a user {} already; `hone users list` shows all",
                        name);
        return database_->getLastInsertRowid();
    });
}

namespace {

Error no_user(const std::string& name) {
    return {ErrorKind::kNotFound,
            fmt::format("there is no user '{}'; `hone users list` shows all", name.substr(0, 80))};
}

// The last owner must stay while there are other users: afterwards no user could add one over the network.
Result<> check_other_owner(SQLite::Database& database, const std::string& name) {
    SQLite::Statement others(database,
                             "SELECT count(*), coalesce(sum(role = 'owner'), 0) FROM user WHERE name <> ?");
    others.bind(1, name);
    others.executeStep();
    if (others.getColumn(0).getInt() > 0 && others.getColumn(1).getInt() == 0)
        return fail(ErrorKind::kConflict,
                    "{} is the only owner; make another with `hone users add NAME --role owner` first", name);
    return {};
}

}  // namespace

Result<> Users::set_password(const std::string& name, std::string_view password) {
    HONE_TRY(const std::string hash, hash_password(password));
    return guarded([&]() -> Result<> {
        SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
        SQLite::Statement update(*database_, "UPDATE user SET password = ? WHERE name = ?");
        update.bind(1, hash);
        update.bind(2, name);
        if (update.exec() == 0) return std::unexpected(no_user(name));
        SQLite::Statement end(*database_,
                              "DELETE FROM session WHERE user_id = (SELECT id FROM user WHERE name = ?)");
        end.bind(1, name);
        end.exec();
        transaction.commit();
        return {};
    });
}

Result<> Users::set_role(const std::string& name, Role role) {
    return guarded([&]() -> Result<> {
        SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
        if (role != Role::kOwner) HONE_CHECK(check_other_owner(*database_, name));
        SQLite::Statement update(*database_, "UPDATE user SET role = ? WHERE name = ?");
        update.bind(1, std::string(role_name(role)));
        update.bind(2, name);
        if (update.exec() == 0) return std::unexpected(no_user(name));
        transaction.commit();
        return {};
    });
}

Result<> Users::remove(const std::string& name) {
    return guarded([&]() -> Result<> {
        SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
        SQLite::Statement remove(*database_, "DELETE FROM user WHERE name = ?");
        remove.bind(1, name);
        if (remove.exec() == 0) return std::unexpected(no_user(name));
        HONE_CHECK(check_other_owner(*database_, name));
        transaction.commit();
        return {};
    });
}

Result<std::optional<User>> Users::check(const std::string& name, std::string_view password) {
    std::string hash;
    std::optional<User> user;
    HONE_CHECK(guarded([&]() -> Result<> {
        SQLite::Statement row(*database_,
                              "SELECT id, name, role, created_at, password FROM user WHERE name = ?");
        row.bind(1, name);
        if (!row.executeStep()) return {};
        user = read_user(row);
        hash = row.getColumn(4).getString();
        return {};
    }));
    if (password.size() > kLongestPassword) return std::nullopt;
    // A hash for unknown names, so that the time does not reveal which names exist.
    static const Result<std::string> kNobody = hash_password("nobody has this password");
    if (!kNobody) return std::unexpected(kNobody.error());
    if (++wait_for_hash_ > kMostWaiting) {
        --wait_for_hash_;
        return fail(ErrorKind::kUnavailable, "too many people sign in at this moment; try again");
    }
    const std::lock_guard lock(hashing_);
    const bool right =
        crypto_pwhash_str_verify((user ? hash : *kNobody).c_str(), password.data(), password.size()) == 0;
    --wait_for_hash_;
    return right ? user : std::nullopt;
}

Result<std::string> Users::begin_session(UserId user) {
    return guarded([&]() -> Result<std::string> {
        const std::int64_t now = clock_();
        SQLite::Statement old(*database_, "DELETE FROM session WHERE created_at <= ? OR used_at <= ?");
        old.bind(1, now - kSessionLongest);
        old.bind(2, now - kSessionIdle);
        old.exec();
        std::string secret = make_secret();
        SQLite::Statement insert(
            *database_, "INSERT INTO session (hash, user_id, created_at, used_at) VALUES (?, ?, ?, ?)");
        bind_hash(insert, 1, secret);
        insert.bind(2, static_cast<std::int64_t>(user));
        insert.bind(3, now);
        insert.bind(4, now);
        insert.exec();
        return secret;
    });
}

Result<> Users::end_session(std::string_view secret) {
    return guarded([&]() -> Result<> {
        SQLite::Statement end(*database_, "DELETE FROM session WHERE hash = ?");
        bind_hash(end, 1, secret);
        end.exec();
        return {};
    });
}

Result<std::optional<Principal>> Users::session(std::string_view secret, bool touch) {
    return guarded([&]() -> Result<std::optional<Principal>> {
        const std::int64_t now = clock_();
        SQLite::Statement row(*database_,
                              "SELECT user.id, user.name, user.role, session.used_at FROM session JOIN user "
                              "ON user.id = session.user_id WHERE hash = ? AND session.created_at > ? AND "
                              "session.used_at > ?");
        bind_hash(row, 1, secret);
        row.bind(2, now - kSessionLongest);
        row.bind(3, now - kSessionIdle);
        if (!row.executeStep()) return std::nullopt;
        Principal principal{Principal::How::kSession, role_of(row.getColumn(2).getString()),
                            row.getColumn(0).getInt64(), row.getColumn(1).getString()};
        if (touch && row.getColumn(3).getInt64() <= now - kUseUnit) {
            row.reset();
            SQLite::Statement use(*database_, "UPDATE session SET used_at = ? WHERE hash = ?");
            use.bind(1, now);
            bind_hash(use, 2, secret);
            use.exec();
        }
        return principal;
    });
}

Result<NewToken> Users::make_token(const User& maker, const std::string& name, Role role,
                                   std::int64_t seconds) {
    HONE_CHECK(check_name(name, "token"));
    if (seconds <= 0 || seconds > kLongestToken)
        return fail(ErrorKind::kUsage, "a token is good for 1 to {} days", kLongestToken / kDay);
    if (role > maker.role)
        return fail(ErrorKind::kConflict, "{} is a {} and cannot make a token for an {}", maker.name,
                    role_name(maker.role), role_name(role));
    return guarded([&]() -> Result<NewToken> {
        const std::int64_t now = clock_();
        NewToken made{0, make_secret()};
        SQLite::Statement insert(*database_,
                                 "INSERT INTO token (hash, user_id, name, role, created_at, expires_at) "
                                 "VALUES (?, ?, ?, ?, ?, ?)");
        bind_hash(insert, 1, made.secret);
        insert.bind(2, static_cast<std::int64_t>(maker.id));
        insert.bind(3, name);
        insert.bind(4, std::string(role_name(role)));
        insert.bind(5, now);
        insert.bind(6, now + seconds);
        insert.exec();
        made.id = database_->getLastInsertRowid();
        return made;
    });
}

Result<std::optional<Principal>> Users::token(std::string_view secret, bool touch) {
    return guarded([&]() -> Result<std::optional<Principal>> {
        const std::int64_t now = clock_();
        SQLite::Statement row(
            *database_,
            "SELECT user.id, user.name, user.role, token.role, token.id, token.used_at FROM "
            "token JOIN user ON user.id = token.user_id WHERE hash = ? AND expires_at > ?");
        bind_hash(row, 1, secret);
        row.bind(2, now);
        if (!row.executeStep()) return std::nullopt;
        const Role role =
            std::min(role_of(row.getColumn(2).getString()), role_of(row.getColumn(3).getString()));
        Principal principal{Principal::How::kToken, role, row.getColumn(0).getInt64(),
                            row.getColumn(1).getString()};
        const std::int64_t id = row.getColumn(4).getInt64();
        if (touch && (row.getColumn(5).isNull() || row.getColumn(5).getInt64() <= now - kUseUnit)) {
            row.reset();
            SQLite::Statement use(*database_, "UPDATE token SET used_at = ? WHERE id = ?");
            use.bind(1, now);
            use.bind(2, id);
            use.exec();
        }
        return principal;
    });
}

Result<std::vector<Token>> Users::tokens() {
    return guarded([&]() -> Result<std::vector<Token>> {
        std::vector<Token> tokens;
        SQLite::Statement row(
            *database_,
            "SELECT token.id, token.name, user.name, user.id, token.role, token.created_at, "
            "expires_at, used_at FROM token JOIN user ON user.id = user_id ORDER BY token.id");
        while (row.executeStep()) {
            tokens.push_back({row.getColumn(0).getInt64(), row.getColumn(1).getString(),
                              row.getColumn(2).getString(), row.getColumn(3).getInt64(),
                              role_of(row.getColumn(4).getString()), row.getColumn(5).getInt64(),
                              row.getColumn(6).getInt64(), std::nullopt});
            if (!row.getColumn(7).isNull()) tokens.back().used_at = row.getColumn(7).getInt64();
        }
        return tokens;
    });
}

Result<> Users::revoke_token(std::int64_t id) {
    return guarded([&]() -> Result<> {
        SQLite::Statement remove(*database_, "DELETE FROM token WHERE id = ?");
        remove.bind(1, id);
        if (remove.exec() == 0)
            return fail(ErrorKind::kNotFound, "no token has the number {}; `hone users tokens` lists them",
                        id);
        return {};
    });
}

}  // namespace hone
