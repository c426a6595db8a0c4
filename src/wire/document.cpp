// SPDX-License-Identifier: GPL-3.0-or-later
// The text of documents, and what each role sees of them.
#include "wire/document.hpp"

#include <utility>

#include "base/stop.hpp"
#include "wire/viewer_fields.hpp"

namespace hone {

using nlohmann::json;

std::optional<json> Document::for_role(Role role) && {
    if (role == Role::kOwner) return std::move(all_);
    return std::as_const(*this).for_role(role);
}

std::optional<json> Document::for_role(Role role) const& {
    if (role == Role::kOwner) return all_;
    const auto fields = viewer_fields().find(schema_);
    if (fields == viewer_fields().end()) return std::nullopt;
    return pick(all_, fields->second);
}

std::string dump(const json& value, int indent) {
    return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

namespace {

// Appends the text; looks for a stop before each value of the outer levels.
void append(const json& value, int levels, const std::stop_token& stop, std::string& text) {
    throw_if_stopped(stop);
    if (levels == 0 || !value.is_structured()) {
        text += dump(value);
        return;
    }
    text += value.is_object() ? '{' : '[';
    for (auto inner = value.begin(); inner != value.end(); ++inner) {
        if (inner != value.begin()) text += ',';
        if (value.is_object()) text += dump(json(inner.key())) + ':';
        append(*inner, levels - 1, stop, text);
    }
    text += value.is_object() ? '}' : ']';
}

}  // namespace

std::string dump(const json& value, const std::stop_token& stop) {
    constexpr int kLevels = 3;  // a document, its lists, their entries
    std::string text;
    append(value, kLevels, stop, text);
    return text;
}

std::string dump(const Document& document) {
    return dump(document.all(), 2);
}

}  // namespace hone
