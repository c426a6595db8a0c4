// Talks to a running `hone serve` over HTTP, for commands beside it: with its serve.key, so that it answers
// whoever may read the library folder as its owner.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/context.hpp"

namespace hone {

// Adds the folders there, has it scan, and waits for the end; on_status sees each status document. Gives the
// scan's summary.
Result<nlohmann::json> index_on_server(const RunningServer& server, const std::vector<fs::path>& folders,
                                       bool retry_failed,
                                       const std::function<void(const nlohmann::json&)>& on_status);

// The answer to a POST of `body`.
Result<nlohmann::json> post_to_server(const RunningServer& server, const std::string& path,
                                      const nlohmann::json& body);

// Whether /healthz or /readyz of that server answers well; the error says what it said instead.
Result<> ask_health(const std::string& url, const std::string& path);

}  // namespace hone
