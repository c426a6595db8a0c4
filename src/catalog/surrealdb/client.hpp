// SPDX-License-Identifier: GPL-3.0-or-later
// A signed-in connection that repairs itself: it reconnects with back-off and repeats requests when the
// server asks for that.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>

#include "catalog/surrealdb/connection.hpp"
#include "catalog/surrealdb/patience.hpp"

namespace hone::surreal {

// Safe from any thread; requests run one after the other. Errors: kUnavailable when the server does not
// answer, kUsage when it refuses the user or has an unsupported version, kFailed with the server's own
// message. No message contains the password.
class Client {
  public:
    Client(Address address, Patience patience) : address_(std::move(address)), patience_(patience) {}

    // Signs in and selects the database, in one attempt.
    Result<> connect();
    // Returns the result of every statement. A failed transaction returns the error of its failing statement.
    // Repeats the request after connection errors and conflicts until patience.outage is over, so use it only
    // for requests that may run twice.
    Result<Array> query(std::string_view statements, const Object& variables = {});
    // The same in one attempt.
    Result<Array> query_once(std::string_view statements, const Object& variables = {});

    [[nodiscard]] const Address& address() const { return address_; }
    // "2.6.1"; empty before connect().
    [[nodiscard]] std::string version();
    [[nodiscard]] int major_version();  // 2 or 3; 0 before connect()
    // Ends all waits for an unavailable server.
    void stop() { stopping_ = true; }

  private:
    Result<> connect_locked();
    Result<Array> ask_locked(std::string_view statements, const Object& variables);
    Result<Array> repeat(std::string_view statements, const Object& variables,
                         std::chrono::milliseconds outage);

    const Address address_;
    const Patience patience_;
    std::mutex mutex_;
    std::unique_ptr<Connection> connection_;
    std::string version_;
    std::atomic<bool> stopping_ = false;
};

// Returns true when the server rejected a transaction because a concurrent one won.
bool is_conflict(const Error& error);

}  // namespace hone::surreal
