// SPDX-License-Identifier: GPL-3.0-or-later
// For those who operate the server: probes, metrics, and the description of the interface.
#include "server/context.hpp"
#include "server/openapi.hpp"
#include "server/route.hpp"

namespace hone {

namespace {

Result<Answer> openapi(ServerContext&, const Call&) {
    return HttpResponse{200,
                        {{"Content-Type", "application/json"}, {"Cache-Control", "no-cache"}},
                        std::string(openapi_document()),
                        {},
                        {}};
}

Result<Answer> health(ServerContext&, const Call&) {
    return HttpResponse{200, {{"Content-Type", "text/plain"}}, "ok\n", {}, {}};
}

Result<Answer> readiness(ServerContext& context, const Call&) {
    HONE_CHECK(context.check_ready());
    return HttpResponse{
        200, {{"Content-Type", "text/plain"}, {"Cache-Control", "no-store"}}, "ready\n", {}, {}};
}

Result<Answer> metrics(ServerContext& context, const Call&) {
    MetricsState state;
    HONE_TRY(const auto snapshot, context.library.snapshot());
    state.counts = snapshot->counts();
    const auto search = context.search.get();
    if (search->engine) state.searchable = search->engine->searchable();
    if (const auto& indexer = search->indexer) {
        state.progress = indexer->progress();
        state.scans = indexer->finished();
    }
    state.event_listeners = context.events.listeners();
    if (context.connections) state.connections = context.connections();
    state.ready = context.check_ready().has_value();
    return HttpResponse{
        200, {{"Content-Type", "text/plain; version=0.0.4"}}, context.metrics.text(state), {}, {}};
}

}  // namespace

std::span<const Route> operation_routes() {
    static constexpr Route kRoutes[] = {
        {"GET", "/api/v1/openapi.json", UserAction::kAnybody, openapi},
        {"GET", "/healthz", UserAction::kAnybody, health, Route::kJsonBytes, RunsOn::kConnection},
        {"GET", "/readyz", UserAction::kAnybody, readiness},
        {"GET", "/metrics", UserAction::kManage, metrics},
    };
    return kRoutes;
}

}  // namespace hone
