// The tables in the database: the original's graph, and what Hone adds under names of its own (hone_*).
#pragma once

#include "catalog/surrealdb/client.hpp"

namespace hone::surreal {

inline constexpr int kServerSchemaVersion = 1;  // hone_schema:version

// Makes the tables on first use, when it may; refuses a database that holds something else. Gives the name
// that the library was given when its tables were made (random, so that another library under the same
// address is noticed). kNotFound: there is no library and it may not be made.
Result<std::string> prepare_server(Client& client, bool writable);

std::string random_name();  // 32 hexadecimal digits

}  // namespace hone::surreal
