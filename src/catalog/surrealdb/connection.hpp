// SPDX-License-Identifier: GPL-3.0-or-later
// One WebSocket to a SurrealDB server (/rpc, sub-protocol cbor): sends a request, receives its answer. It
// neither reconnects nor repeats; client.hpp does.
#pragma once

#include <chrono>
#include <memory>

#include "catalog/surrealdb/address.hpp"
#include "catalog/surrealdb/value.hpp"

namespace hone::surreal {

// Not thread-safe.
class Connection {
  public:
    // kUnavailable when the server does not answer in time. patience: for the whole attempt.
    static Result<std::unique_ptr<Connection>> open(const Address& address,
                                                    std::chrono::milliseconds patience);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Calls a method. kUnavailable when the connection broke or the answer did not arrive in time; the server
    // may or may not have executed the request, and the connection is unusable. kTooLarge when the request
    // exceeds the server's limit. kFailed with the server's own message.
    Result<Value> call(std::string_view method, Array parameters, std::chrono::milliseconds patience);
    [[nodiscard]] bool usable() const { return usable_; }

    class Socket;

  private:
    explicit Connection(std::unique_ptr<Socket> socket);
    std::unique_ptr<Socket> socket_;
    std::int64_t last_request_ = 0;
    bool usable_ = true;
};

}  // namespace hone::surreal
