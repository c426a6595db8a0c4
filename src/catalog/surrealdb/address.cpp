// SPDX-License-Identifier: GPL-3.0-or-later
// Parses the address of a server catalogue.
#include "catalog/surrealdb/address.hpp"

#include <charconv>

namespace hone::surreal {

namespace {

Result<std::string> decoded(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            out += text[at];
            continue;
        }
        unsigned byte = 0;
        const char* end = text.data() + std::min(at + 3, text.size());
        const auto read = std::from_chars(text.data() + at + 1, end, byte, 16);
        if (read.ec != std::errc() || read.ptr != text.data() + at + 3)
            return fail(ErrorKind::kUsage, "a % in the catalogue's address needs two hexadecimal digits");
        out += static_cast<char>(byte);
        at += 2;
    }
    return out;
}

constexpr const char* kForm = "surrealdb://USER:PASSWORD@HOST:PORT/NAMESPACE/DATABASE";

}  // namespace

std::string Address::shown() const {
    return fmt::format("{}:{}/{}/{}", host, port, name_space, database);
}

Result<Address> parse_address(std::string_view text) {
    Address address;
    const std::size_t scheme = text.find("://");
    const std::string_view kind = text.substr(0, scheme == std::string_view::npos ? 0 : scheme);
    if (kind == "surrealdbs" || kind == "wss")
        address.tls = true;
    else if (kind != "surrealdb" && kind != "ws")
        return fail(ErrorKind::kUsage, "the catalogue's address has to be {}", kForm);
    std::string_view rest = text.substr(scheme + 3);
    const std::size_t path = rest.find('/');
    std::string_view place = rest.substr(0, path),
                     names = path == std::string_view::npos ? "" : rest.substr(path + 1);
    if (const std::size_t at = place.rfind('@'); at != std::string_view::npos) {
        const std::string_view who = place.substr(0, at);
        const std::size_t colon = who.find(':');
        HONE_TRY(address.user, decoded(who.substr(0, colon)));
        if (colon != std::string_view::npos) {
            HONE_TRY(address.password, decoded(who.substr(colon + 1)));
        }
        place.remove_prefix(at + 1);
    }
    const std::size_t bracket = place.find(']'), colon = place.rfind(':');
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
        const std::string_view digits = place.substr(colon + 1);
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
        if (read.ec != std::errc() || read.ptr != digits.data() + digits.size() || address.port == 0)
            return fail(ErrorKind::kUsage,
                        "the port in the catalogue's address is not a number from 1 to 65535");
        place = place.substr(0, colon);
    }
    if (place.starts_with('[') && place.ends_with(']')) place = place.substr(1, place.size() - 2);
    address.host = place;
    while (names.ends_with('/')) names.remove_suffix(1);
    const std::size_t slash = names.find('/');
    if (address.host.empty() || slash == std::string_view::npos || slash == 0 ||
        names.find('/', slash + 1) != std::string_view::npos)
        return fail(ErrorKind::kUsage,
                    "the catalogue's address names no host, namespace and database; it has to be {}", kForm);
    HONE_TRY(address.name_space, decoded(names.substr(0, slash)));
    HONE_TRY(address.database, decoded(names.substr(slash + 1)));
    return address;
}

}  // namespace hone::surreal
