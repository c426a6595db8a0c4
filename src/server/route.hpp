// SPDX-License-Identifier: GPL-3.0-or-later
// The table of all routes. It alone decides which addresses exist, who may use them and how large a body may
// be. A resource is a file in resources/ with its rows of the table. Safe from any thread.
#pragma once

#include <span>

#include "server/answer.hpp"

namespace hone {

struct ServerContext;

// A request that may call its route's handler.
struct Call {
    const HttpRequest& request;
    const std::string& part;  // of the path, for {}
    const Principal& principal;
};

// Where a handler runs.
enum class RunsOn {
    kConnection,  // a thread of the connections, even while all workers are busy: must not wait for anything
    kWorker,      // a worker: may wait for the catalogue and compute, but must not touch a photo's drive
    kDrive        // a worker, which leaves the rest to the threads of a drive (answer_from_drive)
};

struct Route {
    static constexpr std::uint64_t kJsonBytes = 4 << 20;  // enough for 30,000 seen photos

    std::string_view method, path;  // {} stands for one part of the path
    UserAction needs;
    Result<Answer> (*handler)(ServerContext& context, const Call& call);
    std::uint64_t body_bytes = kJsonBytes;  // the largest body of a request
    RunsOn runs_on = RunsOn::kWorker;
};

// The rows of each resource. A path without {} stands before those that would match it, too.
std::span<const Route> search_routes();
std::span<const Route> photo_routes();
std::span<const Route> people_routes();
std::span<const Route> duplicate_routes();
std::span<const Route> folder_routes();
std::span<const Route> scan_routes();
std::span<const Route> forget_routes();
std::span<const Route> model_routes();
std::span<const Route> status_routes();
std::span<const Route> event_routes();
std::span<const Route> account_routes();
std::span<const Route> operation_routes();

// The whole table.
std::span<const Route> all_routes();

struct FoundRoute {
    const Route* route = nullptr;  // null: there is none
    std::string part;              // of the path, for {}
    bool known_path = false;       // the path exists, for this or for another method
};
// method: HEAD finds the route of GET.
FoundRoute find_route(std::string_view method, std::string_view path);
// The largest body of a request in bytes.
std::uint64_t body_limit(std::string_view method, std::string_view path);

}  // namespace hone
