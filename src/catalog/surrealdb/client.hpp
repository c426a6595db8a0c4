// A signed-in connection that mends itself: reconnects with back-off, repeats what the server asks to repeat.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>

#include "catalog/surrealdb/connection.hpp"

namespace hone::surreal {

struct Patience {
    std::chrono::milliseconds connect{5'000};  // for one attempt
    std::chrono::milliseconds answer{60'000};  // for one request
    std::chrono::milliseconds outage{30'000};  // until a request is given up while the server is away
    std::chrono::milliseconds lease{60'000};   // of a claim that is not renewed
};

// Errors: kUnavailable "the catalogue at HOST does not answer ..."; kUsage when the server refuses the user;
// kFailed what the server says. Never the password.
// Safe from any thread; requests go one after the other.
class Client {
  public:
    Client(Address address, Patience patience) : address_(std::move(address)), patience_(patience) {}

    // Signs in and chooses the database. Once: no waiting for a server that is away.
    Result<> connect();
    // Every statement's result. A failed transaction gives the error of the statement that failed.
    // Connection errors and conflicts are repeated until patience.outage is over: for requests that may run
    // twice only.
    Result<Array> query(std::string_view statements, const Object& variables = {});
    // Once: what is broken is said at once.
    Result<Array> query_once(std::string_view statements, const Object& variables = {});

    [[nodiscard]] const Address& address() const { return address_; }
    // "2.6.1"; empty before connect().
    [[nodiscard]] std::string version();
    [[nodiscard]] int major_version();
    // Makes whoever waits for a server that is away give up.
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

// What the server says of a transaction that another one got ahead of.
bool is_conflict(const Error& error);

}  // namespace hone::surreal
