// SPDX-License-Identifier: GPL-3.0-or-later
// Unicode steps of the tokenizers, on ICU's data: code points (char32_t) inside, UTF-8 at the borders. Pure
// functions.
#pragma once

#include <string>
#include <string_view>

namespace hone {

std::u32string to_code_points(std::string_view utf8);  // invalid bytes become U+FFFD
std::string to_utf8(std::u32string_view code_points);

std::u32string to_nfc(std::u32string_view text);
std::u32string to_nfd(std::u32string_view text);
// Maps each code point separately with the full mapping (no final-sigma rule), like the reference tokenizers.
std::u32string to_lower(std::u32string_view text);

// Categories as in the reference tokenizers (Unicode 8.0; later characters have none).
bool is_whitespace(char32_t c);       // property White_Space
bool is_punctuation(char32_t c);      // categories P*
bool is_control(char32_t c);          // categories Cc, Cf, Co, Cs (not the unassigned Cn)
bool is_nonspacing_mark(char32_t c);  // category Mn

}  // namespace hone
