#include "model/unicode.hpp"

#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uniset.h>
#include <unicode/unistr.h>

namespace hone {

namespace {

// The reference's normalisation tables are those of an older Unicode; characters that came later it leaves where they stand.
const char* const kKnownCharacters = getenv("AGE") ? getenv("AGE") : "[:age=9.0:]";

icu::UnicodeString to_icu(std::u32string_view text) {
    return icu::UnicodeString::fromUTF32(reinterpret_cast<const UChar32*>(text.data()), static_cast<int32_t>(text.size()));
}

std::u32string from_icu(const icu::UnicodeString& text) {
    std::u32string result;
    result.reserve(text.length());
    for (int32_t at = 0; at < text.length(); at = text.moveIndex32(at, 1)) result += static_cast<char32_t>(text.char32At(at));
    return result;
}

std::u32string normalize(const icu::Normalizer2* form, std::u32string_view text) {
    UErrorCode status = U_ZERO_ERROR;
    static const icu::UnicodeSet known(icu::UnicodeString(kKnownCharacters), status);
    const icu::FilteredNormalizer2 filtered(*form, known);
    const icu::UnicodeString result = static_cast<const icu::Normalizer2&>(filtered).normalize(to_icu(text), status);
    return U_FAILURE(status) ? std::u32string(text) : from_icu(result);
}

}  // namespace

std::u32string to_code_points(std::string_view utf8) {
    return from_icu(icu::UnicodeString::fromUTF8(icu::StringPiece(utf8.data(), static_cast<int32_t>(utf8.size()))));
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

bool is_whitespace(char32_t c) { return u_isUWhiteSpace(static_cast<UChar32>(c)); }
bool is_punctuation(char32_t c) { return (U_GET_GC_MASK(static_cast<UChar32>(c)) & U_GC_P_MASK) != 0; }
bool is_control(char32_t c) { return (U_GET_GC_MASK(static_cast<UChar32>(c)) & (U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK | U_GC_CS_MASK)) != 0; }
bool is_nonspacing_mark(char32_t c) { return u_charType(static_cast<UChar32>(c)) == U_NON_SPACING_MARK; }

}  // namespace hone
