// SPDX-License-Identifier: GPL-3.0-or-later
// Communicates with a running `hone serve` over HTTP. With serve.key, the server treats everyone who may read
// that file as its owner. Every call blocks; safe from any thread.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/context.hpp"

namespace hone {

// Adds the folders on the server, requests a scan, and waits for its end. on_status receives each status
// document on the calling thread. Returns the scan's summary. kFailed when the server does not answer or the
// scan fails.
Result<nlohmann::json> index_on_server(const RunningServer& server, const std::vector<fs::path>& folders,
                                       bool retry_failed,
                                       const std::function<void(const nlohmann::json&)>& on_status);

// Sends a POST of `body` and returns the response. A refused request is kUsage (400), kNotFound (404) or
// kConflict (409); any other failure is kFailed.
Result<nlohmann::json> post_to_server(const RunningServer& server, const std::string& path,
                                      const nlohmann::json& body);

// Returns the status document of the server; kFailed when it does not answer.
Result<nlohmann::json> status_of(const RunningServer& server);

// Succeeds when /healthz or /readyz of the server answers well; kFailed contains its answer.
Result<> ask_health(const std::string& url, const std::string& path);

}  // namespace hone
