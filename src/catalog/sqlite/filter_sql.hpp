// SPDX-License-Identifier: GPL-3.0-or-later
// Translates a filter into an SQL condition over the table photo (schema 2).
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "catalog/filter.hpp"

namespace hone {

struct SqlCondition {
    std::string where;  // never NULL for a row of photo; one ? per parameter, in order
    std::vector<std::variant<std::int64_t, double, std::string>> parameters;
};

// For SELECT ... FROM photo WHERE <where>, on a connection with register_filter_functions()
// (filter_functions.hpp). kUsage when a term's value does not fit its field. Pure function.
Result<SqlCondition> to_sql(const PhotoFilter& filter);

}  // namespace hone
