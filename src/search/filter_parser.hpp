// SPDX-License-Identifier: GPL-3.0-or-later
// The filter language: parses text into catalog/filter.hpp. docs/filters.md describes it. Pure functions,
// safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "catalog/filter.hpp"

namespace hone {

inline constexpr std::size_t kLongestFilter = 4000;    // characters
inline constexpr int kDeepestFilter = 32;              // nested brackets and NOTs
inline constexpr std::size_t kMostFilterValues = 300;  // in all terms together

// A blank text is the filter that matches every photo. kUsage for a wrong filter; the message names the word
// and its position in characters from 1: "filter, column 15: there is no field 'raiting'; did you mean
// rating?".
Result<PhotoFilter> parse_filter(std::string_view text);

// Returns the filter's canonical form. For every filter from parse_filter(): parse_filter(to_string(filter))
// == filter.
std::string to_string(const PhotoFilter& filter);

std::string_view field_name(FilterField field);  // "rating"

}  // namespace hone
