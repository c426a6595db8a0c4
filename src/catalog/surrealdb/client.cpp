// SPDX-License-Identifier: GPL-3.0-or-later
// Signing in, reconnecting and repeating requests.
#include "catalog/surrealdb/client.hpp"

#include <algorithm>
#include <charconv>
#include <thread>

namespace hone::surreal {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

namespace {

constexpr milliseconds kFirstPause{20}, kLongestPause{1'000};

// Keeps the server's text on one line.
std::string one_line(std::string text) {
    std::ranges::replace(text, '\n', ' ');
    if (text.size() > 300) text.resize(300);
    return text;
}

}  // namespace

bool is_conflict(const Error& error) {
    // The texts of SurrealDB 1 to 3: "This transaction can be retried", "read or write conflict",
    // "Transaction conflict", "Write conflict". Other messages may hold the word, for example in a name.
    for (const char* text :
         {"can be retried", "read or write conflict", "ransaction conflict", "rite conflict"}) {
        if (error.message.contains(text)) return true;
    }
    return false;
}

Result<> Client::connect() {
    const std::lock_guard lock(mutex_);
    return connect_locked();
}

std::string Client::version() {
    const std::lock_guard lock(mutex_);
    return version_;
}

int Client::major_version() {
    const std::string text = version();
    int major = 0;
    std::from_chars(text.data(), text.data() + text.size(), major);
    return major;
}

Result<> Client::connect_locked() {
    if (connection_ && connection_->usable()) return {};
    connection_.reset();
    const auto unavailable = [&](const Error& error) {
        return fail(ErrorKind::kUnavailable, "the catalogue at {} does not answer ({}); trying again",
                    address_.shown(), error.message);
    };
    auto opened = Connection::open(address_, patience_.connect);
    if (!opened) return unavailable(opened.error());
    Connection& connection = **opened;
    auto version = connection.call("version", {}, patience_.answer);
    if (!version) {
        if (version.error().kind == ErrorKind::kUnavailable) return unavailable(version.error());
        return fail("{} is not a SurrealDB server ({})", address_.shown(), one_line(version.error().message));
    }
    version_ = version->text((*version)["version"].text());
    if (version_.starts_with("surrealdb-")) version_.erase(0, 10);
    if (!version_.starts_with("2.") && !version_.starts_with("3."))
        return fail(ErrorKind::kUsage, "{} runs SurrealDB {}; Hone supports 2.x and 3.x", address_.shown(),
                    one_line(version_));
    if (!address_.user.empty()) {
        // A user belongs to the whole server, to a namespace or to a database; the name does not reveal
        // which.
        const Value user = address_.user, password = address_.password, space = address_.name_space,
                    database = address_.database;
        const Object ways[] = {
            {{"user", user}, {"pass", password}},
            {{"user", user}, {"pass", password}, {"ns", space}},
            {{"user", user}, {"pass", password}, {"ns", space}, {"db", database}},
        };
        bool signed_in = false;
        for (const Object& way : ways) {
            const auto token = connection.call("signin", {way}, patience_.answer);
            if (!token && token.error().kind == ErrorKind::kUnavailable) return unavailable(token.error());
            if ((signed_in = token.has_value())) break;
        }
        if (!signed_in)
            return fail(ErrorKind::kUsage,
                        "the catalogue at {} refuses the user {}: wrong name or password, or no user of this "
                        "namespace and database",
                        address_.shown(), address_.user);
    }
    if (auto used = connection.call("use", {address_.name_space, address_.database}, patience_.answer);
        !used) {
        if (used.error().kind == ErrorKind::kUnavailable) return unavailable(used.error());
        return fail(ErrorKind::kUsage, "the catalogue at {} cannot be used: {}", address_.shown(),
                    one_line(used.error().message));
    }
    connection_ = std::move(*opened);
    return {};
}

Result<Array> Client::ask_locked(std::string_view statements, const Object& variables) {
    HONE_CHECK(connect_locked());
    auto answer = connection_->call("query", {statements, variables}, patience_.answer);
    if (!answer) {
        if (answer.error().kind == ErrorKind::kUnavailable) {
            return fail(ErrorKind::kUnavailable, "the catalogue at {} does not answer ({}); trying again",
                        address_.shown(), answer.error().message);
        }
        return fail(answer.error().kind, "the catalogue at {} says: {}", address_.shown(),
                    one_line(answer.error().message));
    }
    Array results;
    std::string wrong;
    for (const Value& statement : answer->items()) {
        if (statement["status"].text() != "ERR") {
            results.push_back(statement["result"]);
            continue;
        }
        const std::string says = statement["result"].text("an error without a message");
        const bool follows = says.contains("not executed due to a");
        if (wrong.empty() || (!follows && wrong.contains("not executed due to a"))) wrong = says;
    }
    if (!wrong.empty()) return fail("the catalogue at {} says: {}", address_.shown(), one_line(wrong));
    return results;
}

Result<Array> Client::query(std::string_view statements, const Object& variables) {
    return repeat(statements, variables, patience_.outage);
}

Result<Array> Client::query_once(std::string_view statements, const Object& variables) {
    return repeat(statements, variables, milliseconds(0));
}

Result<Array> Client::repeat(std::string_view statements, const Object& variables, milliseconds outage) {
    const auto until = Clock::now() + outage;
    for (milliseconds pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
        Result<Array> results = [&] {
            const std::lock_guard lock(mutex_);
            return ask_locked(statements, variables);
        }();
        if (results) return results;
        const bool passing = results.error().kind == ErrorKind::kUnavailable || is_conflict(results.error());
        const bool given_up = stopping_ && results.error().kind == ErrorKind::kUnavailable;
        if (!passing || given_up || Clock::now() + pause >= until) return results;
        std::this_thread::sleep_for(pause);
    }
}

}  // namespace hone::surreal
