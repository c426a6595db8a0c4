// Whole numbers of JSON documents that come from strangers (manifests, tokenizers, what a hub answers).
// nlohmann::json's own get<int>() takes 1.5 as 1, 300 as a byte of 44, and is undefined for 1e30.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

namespace hone {

// Throws nlohmann::json::type_error, which names the value, when it is no whole number that Whole can hold.
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

// The same of a field, which may be missing.
template <std::integral Whole>
Whole whole_number(const nlohmann::json& object, const char* field, Whole otherwise) {
    const auto found = object.find(field);
    return found == object.end() ? otherwise : whole_number<Whole>(*found);
}

}  // namespace hone
