// SPDX-License-Identifier: GPL-3.0-or-later
// Forgetting photos whose files are gone.
#include "wire/forget.hpp"

#include "server/context.hpp"
#include "server/parameters.hpp"
#include "server/route.hpp"

namespace hone {

namespace {

Result<Answer> forget(ServerContext& context, const Call& call) {
    HONE_TRY(const auto body, parse_body(call.request));
    HONE_TRY(const ForgetBody wish, parse_forget(body));
    HONE_TRY(const ForgetPlan plan, plan_forget(context.library.catalog(), wish.request));
    if (wish.dry_run) return Answer(200, to_document(plan, plan.photos.size(), false));
    HONE_TRY(const std::uint64_t gone, forget_photos(context.library, context.thumbnails, plan.photos));
    HONE_CHECK(context.people->update());
    return Answer(200, to_document(plan, gone, true));
}

}  // namespace

std::span<const Route> forget_routes() {
    static constexpr Route kRoutes[] = {
        {"POST", "/api/v1/forget", UserAction::kManage, forget},
    };
    return kRoutes;
}

}  // namespace hone
