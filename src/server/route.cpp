// SPDX-License-Identifier: GPL-3.0-or-later
// Joins the rows of the resources, and finds a route.
#include "server/route.hpp"

#include <vector>

namespace hone {

namespace {

// Returns the part of the path that stands for {} ("" when the route has none); std::nullopt when the path
// does not match.
std::optional<std::string_view> match(std::string_view pattern, std::string_view path) {
    const std::size_t hole = pattern.find("{}");
    if (hole == std::string_view::npos)
        return path == pattern ? std::optional(std::string_view()) : std::nullopt;
    const std::string_view before = pattern.substr(0, hole), after = pattern.substr(hole + 2);
    if (!path.starts_with(before) || !path.ends_with(after) || path.size() <= before.size() + after.size())
        return std::nullopt;
    const std::string_view part = path.substr(before.size(), path.size() - before.size() - after.size());
    return part.find('/') == std::string_view::npos ? std::optional(part) : std::nullopt;
}

}  // namespace

std::span<const Route> all_routes() {
    static const std::vector<Route> kRoutes = [] {
        std::vector<Route> all;
        for (const auto& rows : {search_routes(), photo_routes(), people_routes(), duplicate_routes(),
                                 folder_routes(), scan_routes(), forget_routes(), model_routes(),
                                 status_routes(), event_routes(), account_routes(), operation_routes()})
            all.insert(all.end(), rows.begin(), rows.end());
        return all;
    }();
    return kRoutes;
}

FoundRoute find_route(std::string_view method, std::string_view path) {
    FoundRoute found;
    for (const Route& route : all_routes()) {
        const auto part = match(route.path, path);
        if (!part) continue;
        found.known_path = true;
        if (method != route.method && !(method == "HEAD" && route.method == "GET")) continue;
        found.route = &route;
        found.part = *part;
        break;
    }
    return found;
}

std::uint64_t body_limit(std::string_view method, std::string_view path) {
    const FoundRoute found = find_route(method, path);
    return found.route != nullptr ? found.route->body_bytes : Route::kJsonBytes;
}

}  // namespace hone
