// Unicode steps of the tokenizers, on ICU's data. Strings of code points (char32_t) in between; UTF-8 at the
// borders.
#pragma once

#include <string>
#include <string_view>

namespace hone {

std::u32string to_code_points(std::string_view utf8);  // bytes that are no UTF-8 become U+FFFD
std::string to_utf8(std::u32string_view code_points);

std::u32string to_nfc(std::u32string_view text);
std::u32string to_nfd(std::u32string_view text);
// Each code point by itself, full mapping (no final-sigma rule): what the reference tokenizers do.
std::u32string to_lower(std::u32string_view text);

// Categories as the reference tokenizers know them (Unicode 8.0; characters that came later have none).
bool is_whitespace(char32_t c);       // property White_Space
bool is_punctuation(char32_t c);      // categories P*
bool is_control(char32_t c);          // categories Cc, Cf, Co, Cs (not the unassigned Cn)
bool is_nonspacing_mark(char32_t c);  // category Mn

}  // namespace hone
