// SPDX-License-Identifier: GPL-3.0-or-later
// A JSON document that leaves the program, whole for owners and in part for viewers. Safe from any thread.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <stop_token>
#include <string>

#include "wire/role.hpp"

namespace hone {

class Document {
  public:
    // schema: its name in docs/openapi.yaml, which decides what viewers see of it (wire/viewer_fields.hpp);
    // must outlive the document. all: an object.
    Document(std::string_view schema, nlohmann::json all) : schema_(schema), all_(std::move(all)) {}

    // Everything, which only owners and the command line see.
    [[nodiscard]] const nlohmann::json& all() const { return all_; }
    // std::nullopt when the role gets no document of this schema.
    [[nodiscard]] std::optional<nlohmann::json> for_role(Role role) const&;
    [[nodiscard]] std::optional<nlohmann::json> for_role(Role role) &&;

  private:
    std::string_view schema_;
    nlohmann::json all_;
};

// Returns the text of a JSON value. Always valid UTF-8: invalid bytes become U+FFFD. indent: spaces per
// level; -1: one line.
std::string dump(const nlohmann::json& value, int indent = -1);
// The same in one line. Ends with Stopped (base/stop.hpp) when a stop is requested.
std::string dump(const nlohmann::json& value, const std::stop_token& stop);
// The text for the command line: all fields, indented.
std::string dump(const Document& document);

}  // namespace hone
