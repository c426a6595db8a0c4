// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a filter: an error with its position, or a filter that equals its canonical form and that the
// SQL writer accepts.
#include "catalog/sqlite/filter_sql.hpp"
#include "search/filter_parser.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto filter = hone::parse_filter({reinterpret_cast<const char*>(data), size});
    if (!filter) {
        if (!filter.error().message.starts_with("filter")) __builtin_trap();
        return 0;
    }
    const std::string text = hone::to_string(*filter);
    const auto again = hone::parse_filter(text);
    // The canonical form may exceed the longest filter.
    if (!again && text.size() <= hone::kLongestFilter) __builtin_trap();
    if (again && !(*again == *filter)) __builtin_trap();
    const auto sql = hone::to_sql(*filter);
    if (!sql && sql.error().kind != hone::ErrorKind::kUnavailable) __builtin_trap();
    return 0;
}
