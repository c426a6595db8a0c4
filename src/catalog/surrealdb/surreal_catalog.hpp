// SPDX-License-Identifier: GPL-3.0-or-later
// A catalogue whose source of truth is a SurrealDB server. A SQLite replica in the library folder answers
// reads. A write runs in the replica's transaction, is sent to the server in one transaction, and is
// committed locally once the server has it. docs/surrealdb.md describes the tables. Safe from any thread.
#pragma once

#include "catalog/catalog.hpp"
#include "catalog/surrealdb/client.hpp"

namespace hone {

// folder: of the library; contains the replica. While the server is unavailable, an existing replica still
// answers reads; writes wait for patience.outage, then fail with kUnavailable.
Result<std::unique_ptr<Catalog>> open_surreal_catalog(const surreal::Address& address, const fs::path& folder,
                                                      bool writable, surreal::Patience patience = {});

}  // namespace hone
