// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as the body of POST /api/v1/search.
#include <nlohmann/json.hpp>

#include "search/query.hpp"
#include "wire/search.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const nlohmann::json body = nlohmann::json::parse(data, data + size, nullptr, false);
    const auto query = hone::parse_search(body);
    if (!query) return 0;
    const auto valid = hone::validate(*query);
    if (!valid && valid.error().message.empty()) __builtin_trap();
    return 0;
}
