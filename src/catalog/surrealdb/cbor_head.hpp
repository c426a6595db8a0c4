// SPDX-License-Identifier: GPL-3.0-or-later
// Writes heads of CBOR items; for src/catalog/surrealdb only. Pure functions.
#pragma once

#include <cbor.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <vector>

namespace hone::surreal {

inline constexpr std::size_t kLongestHead = 9;  // bytes
inline constexpr std::uint8_t kCborNull = 0xF6;

// write: one of libcbor's cbor_encode_* functions.
template <typename Number>
void append_head(std::vector<std::uint8_t>& out, std::size_t (*write)(Number, unsigned char*, std::size_t),
                 std::type_identity_t<Number> value) {
    const std::size_t before = out.size();
    out.resize(before + kLongestHead);
    out.resize(before + write(value, out.data() + before, kLongestHead));
}

inline void append_integer(std::vector<std::uint8_t>& out, std::int64_t number) {
    if (number >= 0)
        append_head(out, cbor_encode_uint, static_cast<std::uint64_t>(number));
    else
        append_head(out, cbor_encode_negint, static_cast<std::uint64_t>(-1 - number));
}

// text: UTF-8.
inline void append_text(std::vector<std::uint8_t>& out, std::string_view text) {
    append_head(out, cbor_encode_string_start, text.size());
    out.insert(out.end(), text.begin(), text.end());
}

}  // namespace hone::surreal
