// A filter as an SQL condition over the table photo (schema 2).
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "catalog/filter.hpp"

namespace SQLite {
class Database;
}

namespace hone {

struct SqlCondition {
    std::string where;  // never NULL for a row of photo; ? for each parameter, in order
    std::vector<std::variant<std::int64_t, double, std::string>> parameters;
};

// SELECT ... FROM photo WHERE <where>, on a connection with register_filter_functions. kUnavailable for a
// field that the catalogue cannot answer yet (people). Safe from any thread.
Result<SqlCondition> to_sql(const PhotoFilter& filter);

// Adds the SQL functions that the condition calls (hone_fold and others) to this connection.
void register_filter_functions(SQLite::Database& database);

}  // namespace hone
