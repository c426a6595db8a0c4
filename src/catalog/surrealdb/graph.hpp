// The original's graph of a photo, made from Hone's rows of it.
#pragma once

#include <set>

#include "catalog/sqlite/commit_hook.hpp"
#include "catalog/surrealdb/value.hpp"

namespace hone::surreal {

// What a transaction does to the graph. Ids are made from the numbers of photos and faces.
struct GraphChange {
    Array gone;                                        // record ids, deleted first
    Array rows;                                        // records with their ids
    std::vector<std::pair<std::string, Array>> edges;  // by table
};

// database: in the transaction that made the changes. whole_edges: also those that only servers of version 2
// need to answer the original's query as it was written.
GraphChange graph_change(SQLite::Database& database, const std::vector<ChangedRow>& changes,
                         bool whole_edges);

}  // namespace hone::surreal
