// SPDX-License-Identifier: GPL-3.0-or-later
// Photos that the library has more than once.
#include "wire/duplicates.hpp"

#include "server/context.hpp"
#include "server/parameters.hpp"
#include "server/route.hpp"

namespace hone {

namespace {

Result<Answer> list_duplicates(ServerContext& context, const Call& call) {
    DuplicateKind kind = DuplicateKind::kNear;
    if (const auto wish = text_parameter(call.request, "kind")) {
        HONE_TRY(kind, parse_duplicate_kind(*wish));
    }
    HONE_TRY(const std::size_t limit, number_parameter(call.request, "limit", 60, 1000));
    HONE_TRY(const std::size_t offset, offset_parameter(call.request));
    HONE_TRY(const auto snapshot, context.library.snapshot());
    HONE_TRY(const DuplicatePage page,
             find_duplicates(context.library.catalog(), *snapshot, kind, offset, limit, call.request.gone));
    return Answer(200, to_document(page));
}

}  // namespace

std::span<const Route> duplicate_routes() {
    static constexpr Route kRoutes[] = {
        {"GET", "/api/v1/duplicates", UserAction::kView, list_duplicates},
    };
    return kRoutes;
}

}  // namespace hone
