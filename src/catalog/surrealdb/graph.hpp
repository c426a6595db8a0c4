// SPDX-License-Identifier: GPL-3.0-or-later
// Builds the graph of a photo, in the original's schema, from Hone's rows. Not thread-safe; throws
// SQLite::Exception.
#pragma once

#include <set>

#include "catalog/sqlite/commit_hook.hpp"
#include "catalog/surrealdb/value.hpp"

namespace hone::surreal {

// The part of the graph that a transaction changes, as numbers of photos and faces.
struct GraphScope {
    std::set<std::int64_t> made, touched;  // photos
    std::set<std::int64_t> faces_made, faces_touched, faces_gone;
    std::set<std::int64_t> photos_of_faces;  // photos of the faces in the three sets above

    [[nodiscard]] bool empty() const;
    // True when it contains only new photos and their faces: none of them is in the graph yet.
    [[nodiscard]] bool only_new() const;
    [[nodiscard]] Array photos() const;
};

// A transaction's changes of the graph. Ids are derived from the numbers of photos and faces.
struct GraphChange {
    Array gone;                                        // record ids, to be deleted first
    Array rows;                                        // records with their ids
    std::vector<std::pair<std::string, Array>> edges;  // by table
};

// statements: of the connection, inside the transaction that made the changes.
GraphScope graph_scope(Statements& statements, const std::vector<ChangedRow>& changes);
// whole_edges: also make the edges that only servers of version 2 need for the original's query in its
// original form.
GraphChange graph_change(Statements& statements, const GraphScope& scope, bool whole_edges);

// Returns statements that insert the edges, and moves their variables out of the change.
std::string insert_edges(GraphChange& change, Object& variables);

}  // namespace hone::surreal
