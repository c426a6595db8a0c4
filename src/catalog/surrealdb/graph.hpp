// The original's graph of a photo, made from Hone's rows of it.
#pragma once

#include <set>

#include "catalog/sqlite/commit_hook.hpp"
#include "catalog/surrealdb/value.hpp"

namespace hone::surreal {

// Whose part of the graph a transaction changes: numbers of photos and faces.
struct GraphScope {
    std::set<std::int64_t> made, touched;  // photos
    std::set<std::int64_t> faces_made, faces_touched, faces_gone;
    std::set<std::int64_t> photos_of_faces;  // of the three

    [[nodiscard]] bool empty() const;
    // New photos and their faces: nothing of them is in the graph yet.
    [[nodiscard]] bool only_new() const;
    [[nodiscard]] Array photos() const;
};

// What a transaction does to the graph. Ids are made from the numbers of photos and faces.
struct GraphChange {
    Array gone;                                        // record ids, deleted first
    Array rows;                                        // records with their ids
    std::vector<std::pair<std::string, Array>> edges;  // by table
};

// database: in the transaction that made the changes.
GraphScope graph_scope(SQLite::Database& database, const std::vector<ChangedRow>& changes);
// whole_edges: also those that only servers of version 2 need to answer the original's query as it was
// written.
GraphChange graph_change(SQLite::Database& database, const GraphScope& scope, bool whole_edges);

// Statements that insert the edges; their variables are taken out of the change.
std::string insert_edges(GraphChange& change, Object& variables);

}  // namespace hone::surreal
