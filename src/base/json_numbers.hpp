// SPDX-License-Identifier: GPL-3.0-or-later
// Reads integers from untrusted JSON (manifests, tokenizers, replies of a hub). nlohmann::json's own
// get<int>() takes 1.5 as 1 and 300 as a byte of 44, and is undefined for 1e30. Pure functions.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

namespace hone {

// Throws nlohmann::json::type_error, which names the value, unless the value is an integer that Whole can
// hold.
template <std::integral Whole>
Whole whole_number(const nlohmann::json& value) {
    if (value.is_number_unsigned() && std::in_range<Whole>(value.get<std::uint64_t>()))
        return static_cast<Whole>(value.get<std::uint64_t>());
    if (value.is_number_integer() && !value.is_number_unsigned() &&
        std::in_range<Whole>(value.get<std::int64_t>()))
        return static_cast<Whole>(value.get<std::int64_t>());
    throw nlohmann::json::type_error::create(
        302, fmt::format("{} is not a whole number of the expected size", value.dump()), &value);
}

// The same for a field of an object. Returns `otherwise` when the field is missing.
template <std::integral Whole>
Whole whole_number(const nlohmann::json& object, const char* field, Whole otherwise) {
    const auto found = object.find(field);
    return found == object.end() ? otherwise : whole_number<Whole>(*found);
}

}  // namespace hone
