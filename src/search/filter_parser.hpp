// The filter language: text -> catalog/filter.hpp. docs/filters.md describes it. Pure functions, safe from
// any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "catalog/filter.hpp"

namespace hone {

inline constexpr std::size_t kLongestFilter = 4000;    // characters
inline constexpr int kDeepestFilter = 32;              // brackets and NOTs within each other
inline constexpr std::size_t kMostFilterValues = 300;  // of all terms together

// Nothing but blanks is the filter that lets every photo through. kUsage for a wrong filter, with the word
// and its place: "filter, column 15: 'raiting' is no field; did you mean rating?" (columns in characters,
// from 1).
Result<PhotoFilter> parse_filter(std::string_view text);

// The same filter in its canonical form: parse_filter(to_string(filter)) == filter for what parse_filter
// gave.
std::string to_string(const PhotoFilter& filter);

std::string_view field_name(FilterField field);  // "rating"

}  // namespace hone
