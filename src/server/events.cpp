// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps the streams of all listeners and sends events to them.
#include "server/events.hpp"

#include <algorithm>
#include <map>

namespace hone {

namespace {

// Returns "" when the role gets nothing of the document.
std::string event_text(std::string_view event, const Document& data, Role role) {
    const auto visible = data.for_role(role);
    return visible ? fmt::format("event: {}\ndata: {}\n\n", event, dump(*visible)) : "";
}

}  // namespace

void EventHub::add(std::shared_ptr<EventStream> stream, Listener listener) {
    const std::lock_guard lock(mutex_);
    streams_.emplace_back(std::move(stream), std::move(listener));
}

void EventHub::send(EventStream& stream, const Listener& listener, std::string_view event,
                    const Document& data) {
    if (std::string text = event_text(event, data, listener.role); !text.empty())
        stream.send(std::move(text));
}

void EventHub::publish(std::string_view event, const Document& data) {
    const std::map<Role, std::string> texts = {{Role::kOwner, event_text(event, data, Role::kOwner)},
                                               {Role::kViewer, event_text(event, data, Role::kViewer)}};
    const std::lock_guard lock(mutex_);
    std::erase_if(streams_, [](const auto& entry) { return entry.first->closed(); });
    for (const auto& [stream, listener] : streams_) {
        if (const std::string& text = texts.at(listener.role); !text.empty()) stream->send(text);
    }
}

void EventHub::check() {
    const std::lock_guard lock(mutex_);
    std::erase_if(streams_, [](const auto& entry) {
        if (entry.second.allowed && !entry.second.allowed()) entry.first->close();
        return entry.first->closed();
    });
}

std::size_t EventHub::listeners() {
    const std::lock_guard lock(mutex_);
    std::erase_if(streams_, [](const auto& entry) { return entry.first->closed(); });
    return streams_.size();
}

void EventHub::clear() {
    const std::lock_guard lock(mutex_);
    streams_.clear();
}

}  // namespace hone
