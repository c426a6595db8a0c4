// SPDX-License-Identifier: GPL-3.0-or-later
// Parameters, numbers in paths, and bodies.
#include "server/parameters.hpp"

#include <charconv>

namespace hone {

using nlohmann::json;

Result<std::size_t> number_parameter(const HttpRequest& request, const std::string& name,
                                     std::size_t otherwise, std::size_t largest) {
    const auto found = request.query.find(name);
    if (found == request.query.end()) return otherwise;
    std::size_t value = 0;
    const char* end = found->second.data() + found->second.size();
    const auto [stopped, error] = std::from_chars(found->second.data(), end, value);
    if (error != std::errc{} || stopped != end || value > largest) {
        return fail(ErrorKind::kUsage, "{}={} must be a whole number up to {}", name,
                    found->second.substr(0, 40), largest);
    }
    return value;
}

Result<bool> flag_parameter(const HttpRequest& request, const std::string& name) {
    const auto found = request.query.find(name);
    if (found == request.query.end() || found->second == "false") return false;
    if (found->second == "true") return true;
    return fail(ErrorKind::kUsage, "{} is true or false, not '{}'", name, found->second.substr(0, 40));
}

std::optional<std::string> text_parameter(const HttpRequest& request, const std::string& name) {
    const auto found = request.query.find(name);
    return found == request.query.end() ? std::nullopt : std::optional(found->second);
}

Result<std::size_t> offset_parameter(const HttpRequest& request) {
    return number_parameter(request, "offset", 0, UINT32_MAX);
}

Result<std::int64_t> number_in_path(const std::string& text, const char* what) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size())
        return fail(ErrorKind::kNotFound, "no {} has the number '{}'", what, text.substr(0, 40));
    return number;
}

Result<json> parse_body(const HttpRequest& request) {
    json body = json::parse(request.body, nullptr, false);
    if (body.is_discarded()) return fail(ErrorKind::kUsage, "the body is not valid JSON");
    return body;
}

}  // namespace hone
