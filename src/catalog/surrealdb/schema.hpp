// SPDX-License-Identifier: GPL-3.0-or-later
// The tables in the server's database: the original's graph, and Hone's own tables (hone_*). Safe from any
// thread.
#pragma once

#include "catalog/surrealdb/client.hpp"

namespace hone::surreal {

// The value in hone_schema:version. 2 added the outbox (graph_writer.hpp). 3 added photo documents
// (rows.hpp); the replica performs that conversion.
inline constexpr int kServerSchemaVersion = 3, kDocumentSchema = 3;

// Creates the tables on first use, if `writable`, and upgrades those of an older Hone. Returns the random
// name that the library got at its creation, which reveals another library under the same address. kNotFound
// when there is no library and not `writable`. kUsage for a database with other content or of a newer Hone,
// and for a user without rights.
Result<std::string> prepare_server(Client& client, bool writable);

std::string random_name();  // 32 hexadecimal digits

}  // namespace hone::surreal
