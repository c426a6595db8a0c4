// The tables in the database: the original's graph, and what Hone adds under names of its own (hone_*).
#pragma once

#include "catalog/surrealdb/client.hpp"

namespace hone::surreal {

// hone_schema:version. 2: hone_due (graph_writer.hpp). 3: hone_bundle (rows.hpp), which the mirror brings
// about.
inline constexpr int kServerSchemaVersion = 3, kDocumentSchema = 3;

// Makes the tables on first use, when it may, and brings those of an older Hone up to date; refuses a
// database that holds something else. Gives the name that the library was given when its tables were made
// (random, so that another library under the same address is noticed). kNotFound: there is no library and it
// may not be made.
Result<std::string> prepare_server(Client& client, bool writable);

std::string random_name();  // 32 hexadecimal digits

}  // namespace hone::surreal
