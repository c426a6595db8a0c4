// SPDX-License-Identifier: GPL-3.0-or-later
// The stream of server-sent events.
#include "server/context.hpp"
#include "server/route.hpp"
#include "wire/scan.hpp"

namespace hone {

namespace {

Result<Answer> open_stream(ServerContext& context, const Call& call) {
    HttpResponse response;
    response.events = [&context, role = visible_role(call.principal),
                       allowed = context.authenticator.watch(call.request, call.principal)](
                          std::shared_ptr<EventStream> stream) {
        const EventHub::Listener listener{role, allowed};
        if (const auto indexer = context.search.get()->indexer)
            EventHub::send(*stream, listener, "progress", progress_event(indexer->progress()));
        context.events.add(std::move(stream), listener);
    };
    return response;
}

}  // namespace

std::span<const Route> event_routes() {
    static constexpr Route kRoutes[] = {
        {"GET", "/api/v1/events", UserAction::kView, open_stream},
    };
    return kRoutes;
}

}  // namespace hone
