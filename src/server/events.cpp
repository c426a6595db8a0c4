// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps the streams of all listeners and sends events to them.
#include "server/events.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace hone {

namespace {

std::string event_text(std::string_view event, const nlohmann::json& data) {
    return fmt::format("event: {}\ndata: {}\n\n", event,
                       data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace

void EventHub::add(std::shared_ptr<EventStream> stream, Listener listener) {
    const std::lock_guard lock(mutex_);
    streams_.emplace_back(std::move(stream), std::move(listener));
}

void EventHub::publish(std::string_view event, const nlohmann::json& data, const nlohmann::json& for_all) {
    const std::string whole = event_text(event, data);
    const std::string part = for_all.is_null() ? "" : event_text(event, for_all);
    const std::lock_guard lock(mutex_);
    std::erase_if(streams_, [](const auto& entry) { return entry.first->closed(); });
    for (const auto& [stream, listener] : streams_) {
        if (listener.sees_paths)
            stream->send(whole);
        else if (!part.empty())
            stream->send(part);
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
