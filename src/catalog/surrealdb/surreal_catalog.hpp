// A catalogue whose truth lies on a SurrealDB server. Reads are answered from a SQLite mirror of it in the
// library folder; a change is made in the mirror's transaction, sent to the server in one transaction of its
// own, and committed here once the server has it. docs/surrealdb.md describes the tables.
#pragma once

#include "catalog/catalog.hpp"
#include "catalog/surrealdb/client.hpp"

namespace hone {

// folder: of the library; the mirror is made in it. While the server is away, reads go on from a mirror that
// is there; writes wait for patience.outage, then fail with kUnavailable.
Result<std::unique_ptr<Catalog>> open_surreal_catalog(const surreal::Address& address, const fs::path& folder,
                                                      bool writable, surreal::Patience patience = {});

}  // namespace hone
