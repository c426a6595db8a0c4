// Where a SurrealDB catalogue lies: surrealdb://user:password@host:port/namespace/database.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace hone::surreal {

struct Address {
    bool tls = false;
    std::string host;
    std::uint16_t port = 8000;
    std::string user, password;
    std::string name_space, database;

    // "host:port/namespace/database": for messages and logs, never with the password.
    [[nodiscard]] std::string shown() const;
};

// surrealdb:// or ws:// without TLS, surrealdbs:// or wss:// with it. %XX stands for a byte. The message of
// an error does not repeat the text: it may hold a password.
Result<Address> parse_address(std::string_view text);

}  // namespace hone::surreal
