// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the parameters and the body of a request. Pure functions; kUsage names the wrong parameter.
#pragma once

#include <nlohmann/json.hpp>

#include "server/http_server.hpp"

namespace hone {

// A whole number from 0 to `largest`.
Result<std::size_t> number_parameter(const HttpRequest& request, const std::string& name,
                                     std::size_t otherwise, std::size_t largest);
// True or false; false when it is missing.
Result<bool> flag_parameter(const HttpRequest& request, const std::string& name);
// std::nullopt when it is missing.
std::optional<std::string> text_parameter(const HttpRequest& request, const std::string& name);
// offset, 0 when it is missing.
Result<std::size_t> offset_parameter(const HttpRequest& request);
// The number in a path. kNotFound when it is not a number. what: "folder", for the message.
Result<std::int64_t> number_in_path(const std::string& text, const char* what);
// The body as JSON.
Result<nlohmann::json> parse_body(const HttpRequest& request);

}  // namespace hone
