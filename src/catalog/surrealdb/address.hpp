// SPDX-License-Identifier: GPL-3.0-or-later
// The address of a SurrealDB catalogue: surrealdb://user:password@host:port/namespace/database.
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

    // "host:port/namespace/database" for messages and logs; never contains the password.
    [[nodiscard]] std::string shown() const;
};

// surrealdb:// and ws:// without TLS, surrealdbs:// and wss:// with TLS. %XX encodes a byte. kUsage for other
// texts; the message does not repeat the text, because it may contain a password. Pure function.
Result<Address> parse_address(std::string_view text);

}  // namespace hone::surreal
