// SPDX-License-Identifier: GPL-3.0-or-later
// The text of documents, and what each role sees of them.
#include "wire/document.hpp"

#include "wire/viewer_fields.hpp"

namespace hone {

using nlohmann::json;

std::optional<json> Document::for_role(Role role) const {
    if (role == Role::kOwner) return all_;
    const auto fields = viewer_fields().find(schema_);
    if (fields == viewer_fields().end()) return std::nullopt;
    return pick(all_, fields->second);
}

std::string dump(const json& value, int indent) {
    return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

std::string dump(const Document& document) {
    return dump(document.all(), 2);
}

}  // namespace hone
