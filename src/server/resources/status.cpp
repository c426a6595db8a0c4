// SPDX-License-Identifier: GPL-3.0-or-later
// The state of the library and of the server.
#include "wire/status.hpp"

#include "server/context.hpp"
#include "server/route.hpp"
#include "wire/folders.hpp"

namespace hone {

namespace {

Result<Answer> show_status(ServerContext& context, const Call&) {
    Catalog& catalog = context.library.catalog();
    const auto search = context.search.get();
    HONE_TRY(const auto snapshot, context.library.snapshot());
    LibraryStatus library{.version = context.version,
                          .library = context.library.directory(),
                          .counts = snapshot->counts(),
                          .searchable = search->engine ? search->engine->searchable() : 0,
                          .model = search->models.in_use.get(),
                          .next_model = search->models.next.get(),
                          .model_problem = context.no_model};
    HONE_TRY(library.missing, catalog.count_missing());
    HONE_TRY(library.folders, folders_json(context.library));
    ServerStatus server{.catalog = catalog.condition()};
    if (const auto& indexer = search->indexer) {
        server.unwatched = indexer->unwatched();
        server.indexing = indexer->progress();
        server.scans = indexer->finished();
        server.last_scan = indexer->last_summary();
        server.last_error = indexer->last_error();
    }
    return Answer(200, server_status(library, server));
}

}  // namespace

std::span<const Route> status_routes() {
    static constexpr Route kRoutes[] = {
        {"GET", "/api/v1/status", UserAction::kView, show_status},
    };
    return kRoutes;
}

}  // namespace hone
