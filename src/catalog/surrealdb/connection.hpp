// One WebSocket to a SurrealDB server (/rpc, sub-protocol cbor): a request, its answer. It neither signs in
// again nor repeats anything: client.hpp does.
#pragma once

#include <chrono>
#include <memory>

#include "catalog/surrealdb/address.hpp"
#include "catalog/surrealdb/value.hpp"

namespace hone::surreal {

// One thread at a time.
class Connection {
  public:
    // kUnavailable when nobody answers in time.
    static Result<std::unique_ptr<Connection>> open(const Address& address,
                                                    std::chrono::milliseconds patience);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // kUnavailable when the connection broke or the answer did not come in time: whether the server did what
    // was asked is then not known, and the connection is of no more use. kFailed: what the server says.
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
