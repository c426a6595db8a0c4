// SPDX-License-Identifier: GPL-3.0-or-later
// Searches, photos like one photo, and example photos to search with.
#include "wire/search.hpp"

#include "photo/sandbox/decoder_pool.hpp"
#include "server/context.hpp"
#include "server/parameters.hpp"
#include "server/path_filter.hpp"
#include "server/route.hpp"

namespace hone {

namespace {

constexpr std::uint64_t kExampleBytes = 64ULL << 20;

Result<Answer> run_search(ServerContext& context, const Call& call, SearchQuery query) {
    // A viewer could otherwise spell out names of files and folders, word by word.
    query.paths = sees_paths(call.principal);
    const auto parts = context.search.get();
    if (!parts->engine) return std::unexpected(context.missing_model());
    HONE_TRY(const PhotoFilter filter, parse_filter_of(call.principal, query.filter));
    std::vector<std::string> names = query.like;
    names.insert(names.end(), query.unlike.begin(), query.unlike.end());
    names.push_back(query.from);
    HONE_TRY(const SearchPage page,
             parts->engine->search(query, context.examples.pick(names), call.request.gone));
    context.metrics.searched(page.took_ms / 1000);
    return Answer(200, to_document(page, call.request.gone));
}

Result<Answer> search(ServerContext& context, const Call& call) {
    HONE_TRY(const auto body, parse_body(call.request));
    HONE_TRY(const SearchQuery query, parse_search(body));
    return run_search(context, call, query);
}

Result<Answer> similar(ServerContext& context, const Call& call) {
    HONE_TRY(const Photo photo, context.find_photo(call.part));
    SearchQuery query;
    query.from = to_hex(photo.id);
    if (const auto space = text_parameter(call.request, "space")) HONE_CHECK(rank_by_space(query, *space));
    HONE_TRY(query.limit, number_parameter(call.request, "limit", query.limit, SearchQuery::kLargestLimit));
    HONE_TRY(query.offset, offset_parameter(call.request));
    return run_search(context, call, query);
}

Result<Answer> add_example(ServerContext& context, const Call& call) {
    const auto model = context.search.get()->models.in_use;
    if (!model) return std::unexpected(context.missing_model());
    const std::string& body = call.request.body;
    const std::span bytes(reinterpret_cast<const std::uint8_t*>(body.data()), body.size());
    PhotoWork work;
    work.network_side = model->wanted_side();
    work.thumbnails = true;  // the style is computed from the image behind the thumbnails
    const auto decoded = context.decoders.prepare(bytes, work);
    if (!decoded) {
        if (decoded.error().kind == ErrorKind::kUnavailable) return std::unexpected(decoded.error());
        return fail(ErrorKind::kUsage, "Hone cannot read this file: {}", decoded.error().message);
    }
    Example example;
    HONE_TRY(example.content, model->embed_image(decoded->network));
    example.style = StyleSpace::vector_of(decoded->small);
    const std::string id = to_hex(sha256(bytes));
    context.examples.add(id, std::move(example));
    return Answer(200, example_document(id, decoded->width, decoded->height, decoded->color));
}

}  // namespace

std::span<const Route> search_routes() {
    static constexpr Route kRoutes[] = {
        {"POST", "/api/v1/search", UserAction::kView, search},
        {"GET", "/api/v1/photos/{}/similar", UserAction::kView, similar},
        {"POST", "/api/v1/examples", UserAction::kView, add_example, kExampleBytes},
    };
    return kRoutes;
}

}  // namespace hone
