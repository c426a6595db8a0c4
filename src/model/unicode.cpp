// SPDX-License-Identifier: GPL-3.0-or-later
// Unicode steps with ICU, restricted to the Unicode versions of the reference tokenizers.
#include "model/unicode.hpp"

#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uniset.h>
#include <unicode/unistr.h>

#include <algorithm>

namespace hone {

namespace {

// The reference normalises with tables of an older Unicode and leaves later characters unchanged.
constexpr const char* kNormalized = "[:age=9.0:]";
// Its table of categories is older still: Unicode 8.0. (Both were found by comparison on the strings of
// tests/reference/tokenizer_golden.py.)
constexpr UVersionInfo kCategorized = {8, 0, 0, 0};

uint32_t category_mask(char32_t c) {
    switch (c) {  // characters whose category Unicode has changed since
        case 0x166D:
            return U_GC_PO_MASK;
        case 0x1734:
            return U_GC_MN_MASK;
        case 0x1885:
        case 0x1886:
            return U_GC_LO_MASK;
        case 0xA9BD:
            return U_GC_MC_MASK;
        default:
            break;
    }
    UVersionInfo age;
    u_charAge(static_cast<UChar32>(c), age);
    return std::lexicographical_compare(kCategorized, kCategorized + 4, age, age + 4)
               ? 0
               : U_GET_GC_MASK(static_cast<UChar32>(c));
}

icu::UnicodeString to_icu(std::u32string_view text) {
    return icu::UnicodeString::fromUTF32(reinterpret_cast<const UChar32*>(text.data()),
                                         static_cast<int32_t>(text.size()));
}

std::u32string from_icu(const icu::UnicodeString& text) {
    std::u32string result;
    result.reserve(text.length());
    for (int32_t at = 0; at < text.length(); at = text.moveIndex32(at, 1))
        result += static_cast<char32_t>(text.char32At(at));
    return result;
}

std::u32string normalize(const icu::Normalizer2* form, std::u32string_view text) {
    UErrorCode status = U_ZERO_ERROR;
    static const icu::UnicodeSet known(icu::UnicodeString(kNormalized), status);
    const icu::FilteredNormalizer2 filtered(*form, known);
    const icu::UnicodeString result =
        static_cast<const icu::Normalizer2&>(filtered).normalize(to_icu(text), status);
    return U_FAILURE(status) ? std::u32string(text) : from_icu(result);
}

}  // namespace

std::u32string to_code_points(std::string_view utf8) {
    return from_icu(
        icu::UnicodeString::fromUTF8(icu::StringPiece(utf8.data(), static_cast<int32_t>(utf8.size()))));
}

std::string to_utf8(std::u32string_view code_points) {
    std::string result;
    to_icu(code_points).toUTF8String(result);
    return result;
}

std::u32string to_nfc(std::u32string_view text) {
    UErrorCode status = U_ZERO_ERROR;
    return normalize(icu::Normalizer2::getNFCInstance(status), text);
}

std::u32string to_nfd(std::u32string_view text) {
    UErrorCode status = U_ZERO_ERROR;
    return normalize(icu::Normalizer2::getNFDInstance(status), text);
}

std::u32string to_lower(std::u32string_view text) {
    std::u32string result;
    result.reserve(text.size());
    for (const char32_t c : text) {
        if (c < 0x80) {
            result += c >= U'A' && c <= U'Z' ? c + 32 : c;
        } else if (u_tolower(static_cast<UChar32>(c)) == static_cast<UChar32>(c) && c != 0x130) {
            result += c;
        } else {
            icu::UnicodeString one(static_cast<UChar32>(c));
            result += from_icu(one.toLower(icu::Locale::getRoot()));
        }
    }
    return result;
}

bool is_whitespace(char32_t c) {
    return u_isUWhiteSpace(static_cast<UChar32>(c));
}
bool is_punctuation(char32_t c) {
    return (category_mask(c) & U_GC_P_MASK) != 0;
}
bool is_control(char32_t c) {
    return (category_mask(c) & (U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK | U_GC_CS_MASK)) != 0;
}
bool is_nonspacing_mark(char32_t c) {
    return (category_mask(c) & U_GC_MN_MASK) != 0;
}

}  // namespace hone
